/** A monotonic clock that all processes of one machine share; it stamps send times. */
export function monotonicMs(): number {
  return Number(process.hrtime.bigint()) / 1e6;
}

/** No camera sends more than a large frame at once, so after a longer stall the schedule skips packets instead of catching up. */
const MAX_CATCH_UP_PACKETS = 25;

/**
 * The due times of packets of a constant-rate source. Each is computed from the start, not from the previous packet, so a late timer delays
 * one packet and not all later ones.
 */
export class Pacing {
  #startMs: number;
  readonly #intervalMs: number;
  #taken = 0;

  constructor(startMs: number, packetsPerSecond: number) {
    this.#startMs = startMs;
    this.#intervalMs = 1000 / packetsPerSecond;
  }

  /** How many packets fell due since the last call; after a stall that is more than one. */
  takeDue(nowMs: number): number {
    let due = 0;
    while (due < MAX_CATCH_UP_PACKETS && this.#dueAtMs(this.#taken) <= nowMs) {
      this.#taken++;
      due++;
    }
    const behindMs = nowMs - this.#dueAtMs(this.#taken);
    if (behindMs > 0) this.#startMs += behindMs;
    return due;
  }

  /** How long to sleep until the next packet is due, in whole milliseconds, as timers need; at least 1. */
  sleepMs(nowMs: number): number {
    return Math.max(1, Math.ceil(this.#dueAtMs(this.#taken) - nowMs));
  }

  #dueAtMs(packet: number): number {
    return this.#startMs + packet * this.#intervalMs;
  }
}
