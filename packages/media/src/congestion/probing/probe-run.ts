/**
 * The current probe. It decides when padding is due, so that the padding and the media in between are sent at the rate of the probe. The
 * engine's timers are a few milliseconds late, so packets are sent in bursts, according to what should have been sent so far.
 */
import type { ProbeOrder } from './probe-plan.ts';

/** How often the sender checks what is due. */
export const PROBE_BURST_MS = 5;
/** A probe that takes longer is given up, because the process was held up or the path is gone. */
const MAX_DURATION_MS = 200;

export class ProbeRun {
  readonly order: ProbeOrder;
  readonly #startedAtMs: number;
  readonly #bytesSentBefore: number;

  /** @param bytesSent total sent to the peer so far */
  constructor(nowMs: number, order: ProbeOrder, bytesSent: number) {
    this.order = order;
    this.#startedAtMs = nowMs;
    this.#bytesSentBefore = bytesSent;
  }

  /**
   * Whether as much was sent as ordered, including media, or the time is up.
   *
   * @param bytesSent total sent to the peer so far
   */
  isOver(nowMs: number, bytesSent: number): boolean {
    return nowMs - this.#startedAtMs > MAX_DURATION_MS || bytesSent - this.#bytesSentBefore >= this.order.bytes;
  }

  /**
   * Whether the next packet of the probe is due.
   *
   * @param bytesSent total sent to the peer so far
   */
  isDue(nowMs: number, bytesSent: number): boolean {
    const dueBytes = (this.order.rateBps * (nowMs - this.#startedAtMs + PROBE_BURST_MS)) / 8000;
    return bytesSent - this.#bytesSentBefore < dueBytes;
  }
}
