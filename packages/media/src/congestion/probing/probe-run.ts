/**
 * One probe under way: how much padding is due, so that it and the media among it leave at the rate
 * of the probe. The engine's timers are a few milliseconds late, so it goes in bursts, by what should
 * have left until now.
 */
import type { ProbeOrder } from './probe-plan.ts';

/** How often the sender looks what is due. */
export const PROBE_BURST_MS = 5;
/** Fewer packets of a probe measure nothing. */
const MIN_PACKETS = 6;
/** A probe that could not be sent in such a time is given up: the process was held up, or the path is gone. */
const MAX_DURATION_MS = 200;

export class ProbeRun {
  readonly order: ProbeOrder;
  readonly #startedAtMs: number;
  readonly #bytesSentBefore: number;
  #bytes = 0;
  #packets = 0;

  /** @param bytesSent to the peer in all so far */
  constructor(nowMs: number, order: ProbeOrder, bytesSent: number) {
    this.order = order;
    this.#startedAtMs = nowMs;
    this.#bytesSentBefore = bytesSent;
  }

  /** As much was sent as was ordered, or there is no time left for it. */
  isOver(nowMs: number): boolean {
    if (nowMs - this.#startedAtMs > MAX_DURATION_MS) return true;
    return this.#bytes >= this.order.bytes && this.#packets >= MIN_PACKETS;
  }

  /**
   * Whether the next packet of the probe is due.
   *
   * @param bytesSent to the peer in all so far, among them what was sent of the probe before this burst
   * @param bytesInBurst of the probe in this burst, which do not count as sent yet
   */
  isDue(nowMs: number, bytesSent: number, bytesInBurst: number): boolean {
    const dueBytes = (this.order.rateBps * (nowMs - this.#startedAtMs + PROBE_BURST_MS)) / 8000;
    return bytesSent - this.#bytesSentBefore + bytesInBurst < dueBytes;
  }

  note(sizeBytes: number): void {
    this.#bytes += sizeBytes;
    this.#packets++;
  }
}
