/**
 * One probe under way: how much padding is due, so that it and the media among it leave at the rate
 * of the probe. The engine's timers are a few milliseconds late, so it goes in bursts, by what should
 * have left until now.
 */
import type { ProbeOrder } from './probe-plan.ts';

/** How often the sender looks what is due. */
export const PROBE_BURST_MS = 5;
/** A probe that could not be sent in such a time is given up: the process was held up, or the path is gone. */
const MAX_DURATION_MS = 200;

export class ProbeRun {
  readonly order: ProbeOrder;
  readonly #startedAtMs: number;
  readonly #bytesSentBefore: number;

  /** @param bytesSent to the peer in all so far */
  constructor(nowMs: number, order: ProbeOrder, bytesSent: number) {
    this.order = order;
    this.#startedAtMs = nowMs;
    this.#bytesSentBefore = bytesSent;
  }

  /**
   * As much was sent as was ordered, media included, or there is no time left for it.
   *
   * @param bytesSent to the peer in all so far
   */
  isOver(nowMs: number, bytesSent: number): boolean {
    return nowMs - this.#startedAtMs > MAX_DURATION_MS || bytesSent - this.#bytesSentBefore >= this.order.bytes;
  }

  /**
   * Whether the next packet of the probe is due.
   *
   * @param bytesSent to the peer in all so far
   */
  isDue(nowMs: number, bytesSent: number): boolean {
    const dueBytes = (this.order.rateBps * (nowMs - this.#startedAtMs + PROBE_BURST_MS)) / 8000;
    return bytesSent - this.#bytesSentBefore < dueBytes;
  }
}
