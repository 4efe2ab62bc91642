/**
 * How long a receiver should delay pictures before it shows them: not at all on a path with little loss, and on a lossy one long enough to
 * request a lost packet twice. By default a browser shows a frame as soon as it can, so the picture freezes when a request or its answer is
 * lost too.
 *
 * @see http://www.webrtc.org/experiments/rtp-hdrext/playout-delay
 */
/** At this loss, one packet in ten thousand stays missing after two requests and causes a freeze. */
const LOSSY_SHARE = 0.04;
const SOUND_SHARE = 0.02;
/** How long loss must stay low before the delay is removed. Every change is visible: the picture runs slower or faster for a moment. */
const SOUND_FOR_MS = 10_000;
/** Weight of a new report; reports arrive about once a second. */
const REPORT_GAIN = 0.3;
const REQUESTS = 2;
/** How long libwebrtc waits for an answer while it has no round-trip time, which it never has if it only receives. */
const BLIND_RETRY_MS = 100;
/** libwebrtc's requests are at least this far apart. */
const LEAST_RETRY_MS = 20;
const LONGEST_DELAY_MS = 500;
/** The largest value that libwebrtc accepts, and also its default. */
const MAX_DELAY_MS = 10_000;
const UNIT_MS = 10;

/** The path to a receiver. */
export interface ReceiverPath {
  readonly rttMs: number;
  /** A receiver that also publishes knows its round-trip time. */
  readonly receive: { readonly trackCount: number };
}

export class PlayoutDelay {
  #lostShare = 0;
  #lossyUntilMs = Number.NEGATIVE_INFINITY;
  #leastMs = 0;
  #value: Uint8Array | undefined = undefined;

  /**
   * Called about once a second, with each receiver report.
   *
   * @param lossRatio of the last second, 0 to 1
   * @returns the value of the header extension from now on; replaced, never changed in place, and undefined until a delay has been needed
   */
  afterReport(nowMs: number, lossRatio: number, path: ReceiverPath): Uint8Array | undefined {
    this.#lostShare += (lossRatio - this.#lostShare) * REPORT_GAIN;
    const isLossy = nowMs < this.#lossyUntilMs;
    if (this.#lostShare >= (isLossy ? SOUND_SHARE : LOSSY_SHARE)) this.#lossyUntilMs = nowMs + SOUND_FOR_MS;
    this.#holdBack(nowMs < this.#lossyUntilMs ? leastDelayMs(path) : 0);
    return this.#value;
  }

  #holdBack(leastMs: number): void {
    // A delay of up to twice what is needed is kept, since a visible change costs more.
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

/** Encodes the two delays in twelve bits each, in units of 10 ms. */
function playoutDelayValue(leastMs: number, mostMs: number): Uint8Array {
  const [least, most] = [leastMs / UNIT_MS, mostMs / UNIT_MS];
  return Uint8Array.of(least >> 4, ((least & 0xf) << 4) | (most >> 8), most & 0xff);
}
