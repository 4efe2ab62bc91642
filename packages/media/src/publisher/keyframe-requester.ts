/**
 * Turns any number of wishes for a keyframe of one encoding into few requests to its publisher: the first goes out at once,
 * the rest ride on it, and it is repeated until the keyframe comes.
 *
 * @see RFC 4585 §6.3.1 (picture loss indication)
 */

/** A keyframe costs the publisher many times an ordinary frame, and all subscribers pay for it. */
const MIN_INTERVAL_MS = 500;
/** A publisher that has not answered five seconds of requests has stopped its encoder; subscribers still wanting one ask again. */
const MAX_REQUESTS = 10;
/**
 * libwebrtc takes one request for a track in 300 ms, whichever layer it is for, and drops the rest without
 * a word (`kMinKeyframeSendIntervalMs`). Two requests may come closer together than they were sent.
 */
const MIN_TRACK_INTERVAL_MS = 320;

/** When any layer of a track was last asked for a keyframe. The requesters of the layers share one. */
export class KeyframePace {
  requestedAtMs = Number.NEGATIVE_INFINITY;
}

export class KeyframeRequester {
  readonly #pace: KeyframePace | undefined;
  #requestedAtMs = Number.NEGATIVE_INFINITY;
  /** Infinity while no keyframe is awaited. */
  #dueAtMs = Number.POSITIVE_INFINITY;
  #requestsLeft = 0;
  #awaitedSinceMs = 0;

  /** @param pace of the track; undefined where requests for its layers do not hinder each other */
  constructor(pace?: KeyframePace) {
    this.#pace = pace;
  }

  /** @returns true if a request is to be sent now; otherwise one is under way, or `dueAt` says when it may go */
  request(nowMs: number): boolean {
    this.#requestsLeft = MAX_REQUESTS;
    if (!this.isAwaited) this.#awaitedSinceMs = nowMs;
    this.#dueAtMs = this.#requestedAtMs + MIN_INTERVAL_MS;
    return this.takeDue(nowMs);
  }

  /** A keyframe has begun to arrive, so all requests are answered. */
  keyframeReceived(_nowMs: number): void {
    this.#dueAtMs = Number.POSITIVE_INFINITY;
  }

  /** Whether the publisher has been asked for a keyframe that has not come yet. */
  get isAwaited(): boolean {
    return this.#dueAtMs !== Number.POSITIVE_INFINITY;
  }

  /** For how long the publisher has been asked in vain; undefined while no keyframe is awaited. */
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
