/**
 * How long a receiver is to hold pictures back before it shows them: not at all while its path is sound, long enough to ask twice for
 * what was lost while it is not. Left alone, a browser shows a frame as soon as it can, and when a request or its answer is lost
 * too, the picture stands still.
 *
 * @see http://www.webrtc.org/experiments/rtp-hdrext/playout-delay
 */
/** Loss from which on one lost packet in ten thousand costs a freeze, two requests allowed. */
const LOSSY_SHARE = 0.04;
const SOUND_SHARE = 0.02;
/** How long the path must have been sound: every change shows as a picture that runs slower or faster for a moment. */
const SOUND_FOR_MS = 10_000;
/** Weight of a new report; they come about once a second. */
const REPORT_GAIN = 0.3;
const REQUESTS = 2;
/** What libwebrtc waits for an answer as long as it knows no round-trip time, which one that sends nothing never does. */
const BLIND_RETRY_MS = 100;
/** Its requests go out at this pace at most. */
const LEAST_RETRY_MS = 20;
const LONGEST_DELAY_MS = 500;
/** As much as libwebrtc takes, and what it does unless told. */
const MAX_DELAY_MS = 10_000;
const UNIT_MS = 10;

/** The way to a receiver. */
export interface ReceiverPath {
  readonly rttMs: number;
  /** A receiver that publishes something knows its round-trip time, too. */
  readonly receive: { readonly trackCount: number };
}

export class PlayoutDelay {
  #lostShare = 0;
  #lossyUntilMs = Number.NEGATIVE_INFINITY;
  #leastMs = 0;
  #value: Uint8Array | undefined = undefined;

  /**
   * Once a second or so.
   *
   * @param lossRatio of the last second, 0 to 1
   * @returns the value of the header extension from now on, replaced and never changed; undefined as long as there has been no need for one
   */
  afterReport(nowMs: number, lossRatio: number, path: ReceiverPath): Uint8Array | undefined {
    this.#lostShare += (lossRatio - this.#lostShare) * REPORT_GAIN;
    const isLossy = nowMs < this.#lossyUntilMs;
    if (this.#lostShare >= (isLossy ? SOUND_SHARE : LOSSY_SHARE)) this.#lossyUntilMs = nowMs + SOUND_FOR_MS;
    this.#holdBack(nowMs < this.#lossyUntilMs ? leastDelayMs(path) : 0);
    return this.#value;
  }

  #holdBack(leastMs: number): void {
    // Half more or less is not worth the hitch.
    const isMuchTheSame = leastMs > 0 && leastMs <= this.#leastMs && leastMs > this.#leastMs / 2;
    if (leastMs === this.#leastMs || isMuchTheSame) return;
    this.#leastMs = leastMs;
    this.#value = playoutDelayValue(leastMs, MAX_DELAY_MS);
  }
}

function leastDelayMs({ rttMs, receive }: ReceiverPath): number {
  const retryMs = Math.max(rttMs, receive.trackCount > 0 ? LEAST_RETRY_MS : BLIND_RETRY_MS);
  return Math.min(LONGEST_DELAY_MS, Math.ceil((REQUESTS * retryMs) / UNIT_MS) * UNIT_MS);
}

/** Twelve bits each, in hundredths of a second. */
function playoutDelayValue(leastMs: number, mostMs: number): Uint8Array {
  const [least, most] = [leastMs / UNIT_MS, mostMs / UNIT_MS];
  return Uint8Array.of(least >> 4, ((least & 0xf) << 4) | (most >> 8), most & 0xff);
}
