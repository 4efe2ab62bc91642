/** The keyframes of one stream: when one is requested from the publisher, and where the last one started. */
import type { ExtendedSeq } from '@causeway/wire';

/** A keyframe is many times larger than an ordinary frame, and is sent to all subscribers. */
const MIN_INTERVAL_MS = 500;
/** A publisher that has not answered for five seconds has stopped its encoder. Subscribers that still need a keyframe will ask again. */
const MAX_REQUESTS = 10;
/**
 * libwebrtc answers one request per track in 300 ms, whichever layer it is for, and silently ignores the rest
 * (`kMinKeyframeSendIntervalMs`). The margin is for requests that arrive closer together than they were sent.
 */
const MIN_TRACK_INTERVAL_MS = 320;
/** Sending more at once would be a burst. A camera at 1.5 Mbit/s has sent no more than this after 250 ms, including its keyframe. */
const RECENT_PACKETS = 64;

/** When any layer of a track was last asked for a keyframe. Shared by the requesters of its layers. */
export class KeyframePace {
  requestedAtMs = Number.NEGATIVE_INFINITY;
}

/**
 * Combines requests for a keyframe of one encoding into few requests to its publisher. The first is sent at once and stands for those that
 * follow. It is repeated until the keyframe arrives.
 *
 * @see RFC 4585 §6.3.1 (picture loss indication)
 */
export class KeyframeRequester {
  readonly #pace: KeyframePace | undefined;
  #requestedAtMs = Number.NEGATIVE_INFINITY;
  /** Infinity while no keyframe is awaited. */
  #dueAtMs = Number.POSITIVE_INFINITY;
  #requestsLeft = 0;
  #awaitedSinceMs = 0;

  /** @param pace of the track; undefined if requests for its layers are independent */
  constructor(pace?: KeyframePace) {
    this.#pace = pace;
  }

  /** @returns true if a request is to be sent now; otherwise one is pending, or `dueAt` returns when it may be sent */
  request(nowMs: number): boolean {
    this.#requestsLeft = MAX_REQUESTS;
    if (!this.isAwaited) this.#awaitedSinceMs = nowMs;
    this.#dueAtMs = this.#requestedAtMs + MIN_INTERVAL_MS;
    return this.takeDue(nowMs);
  }

  /** Ends the requests, because a keyframe has begun to arrive. */
  keyframeReceived(_nowMs: number): void {
    this.#dueAtMs = Number.POSITIVE_INFINITY;
  }

  /** Whether a keyframe has been requested that has not arrived yet. */
  get isAwaited(): boolean {
    return this.#dueAtMs !== Number.POSITIVE_INFINITY;
  }

  /** How long a keyframe has been awaited; undefined if none is. */
  awaitedMs(nowMs: number): number | undefined {
    return this.isAwaited ? nowMs - this.#awaitedSinceMs : undefined;
  }

  /** When `takeDue` is to be called; Infinity if no keyframe is awaited. */
  dueAt(): number {
    return this.#dueAtMs;
  }

  /** @returns true if a request is to be sent now */
  takeDue(nowMs: number): boolean {
    if (nowMs < this.#dueAtMs) return false;
    if (this.#requestsLeft === 0) {
      this.#dueAtMs = Number.POSITIVE_INFINITY;
      return false;
    }
    const heededFromMs = (this.#pace?.requestedAtMs ?? Number.NEGATIVE_INFINITY) + MIN_TRACK_INTERVAL_MS;
    if (nowMs < heededFromMs) {
      this.#dueAtMs = heededFromMs;
      return false;
    }
    if (this.#pace !== undefined) this.#pace.requestedAtMs = nowMs;
    this.#requestsLeft--;
    this.#requestedAtMs = nowMs;
    this.#dueAtMs = nowMs + MIN_INTERVAL_MS;
    return true;
  }
}

/** Remembers where a stream's last keyframe started, so that a subscriber that joins a moment later can still start with it. */
export class RecentKeyframe {
  #first: ExtendedSeq | undefined = undefined;
  #timestamp = 0;
  #atMs = Number.NEGATIVE_INFINITY;

  /**
   * Records a packet that a keyframe starts with. In some codecs one keyframe has several such packets, and they may arrive in any order.
   */
  note(nowMs: number, sequence: ExtendedSeq, timestamp: number): void {
    const isSame = this.#first !== undefined && timestamp === this.#timestamp;
    if (this.#first !== undefined && sequence < this.#first && !isSame) return;
    if (isSame && this.#first !== undefined && sequence > this.#first) return;
    this.#first = sequence;
    this.#timestamp = timestamp;
    if (!isSame) this.#atMs = nowMs;
  }

  /**
   * @param newest the newest packet of the stream
   * @param withinMs how long ago the keyframe may have arrived
   * @returns the keyframe's first packet; undefined if it arrived too long ago, or too many packets have followed
   */
  find(nowMs: number, newest: number, withinMs: number): ExtendedSeq | undefined {
    if (this.#first === undefined || nowMs - this.#atMs > withinMs) return undefined;
    return newest - this.#first < RECENT_PACKETS ? this.#first : undefined;
  }
}
