/** Tracks what one subscriber receives of one track, and whether it could be played. */
import { checkAudioPayload, checkVideoPayload, isFrameEnd, isFrameStart } from '@causeway/loadtest';
import type { MediaKind, StreamFigures } from './audience-verbs.ts';
import { WatchRecord } from './watch-record.ts';

/** The interval at which browsers repeat keyframe requests. */
const KEYFRAME_REQUEST_INTERVAL_MS = 500;
const MAX_PAYLOAD_BYTES = 2048;
const scratch = new Uint8Array(MAX_PAYLOAD_BYTES);

export class WatchedStream {
  readonly #trackId: string;
  readonly #kind: MediaKind;
  readonly #record = new WatchRecord();
  #next = 0;
  /** The number of the first packet received; earlier ones do not count as lost. */
  #first: number | undefined;
  #isIntact: boolean;
  #movementAwaitedFromMs = 0;
  #movingAtMs: number | undefined;
  #requestedAtMs = Number.NEGATIVE_INFINITY;

  constructor(trackId: string, kind: MediaKind) {
    this.#trackId = trackId;
    this.#kind = kind;
    this.#isIntact = kind === 'audio';
  }

  beginWindow(nowMs: number): void {
    this.#record.beginWindow();
    this.awaitMovement(nowMs);
  }

  awaitMovement(nowMs: number): void {
    this.#movementAwaitedFromMs = nowMs;
    this.#movingAtMs = undefined;
  }

  figures(nowMs: number): StreamFigures {
    const { windowFrom, received, duplicates, longestGapMs, silentMs } = this.#record.figures(nowMs);
    return {
      trackId: this.#trackId,
      kind: this.#kind,
      windowFrom: Math.max(windowFrom, this.#first ?? 0),
      received,
      duplicates,
      longestGapMs: Math.max(longestGapMs, silentMs),
      movingAfterMs: this.#movingAtMs === undefined ? null : this.#movingAtMs - this.#movementAwaitedFromMs,
    };
  }

  /** @returns whether the payload is as it was sent */
  take(payload: Uint8Array, nowMs: number): boolean {
    return this.#kind === 'audio' ? this.#takeAudio(payload, nowMs) : this.#takeVideo(payload, nowMs);
  }

  /** Whether to request a keyframe now; false for a while after it was true. */
  takeKeyframeWish(nowMs: number): boolean {
    if (this.#isIntact || nowMs - this.#requestedAtMs < KEYFRAME_REQUEST_INTERVAL_MS) return false;
    this.#requestedAtMs = nowMs;
    return true;
  }

  #note(counter: number, nowMs: number): void {
    this.#first ??= counter;
    this.#record.add(counter, nowMs);
  }

  #takeAudio(payload: Uint8Array, nowMs: number): boolean {
    const counter = checkAudioPayload(payload);
    if (counter === undefined) return false;
    this.#note(counter, nowMs);
    this.#movingAtMs ??= nowMs;
    return true;
  }

  #takeVideo(received: Uint8Array, nowMs: number): boolean {
    const payload = checkVideoPayload(received, scratch, 'renumbered');
    if (payload === undefined) return false;
    const { counter, isKeyframe } = payload;
    this.#note(counter, nowMs);
    if (isKeyframe && isFrameStart(counter)) this.#isIntact = true;
    else if (counter !== this.#next) this.#isIntact = false;
    this.#next = counter + 1;
    if (this.#isIntact && isFrameEnd(counter)) this.#movingAtMs ??= nowMs;
    return true;
  }
}
