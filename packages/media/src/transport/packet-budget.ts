/**
 * How many packets one peer may make us authenticate. A packet over its budget is dropped before any cryptography, so that a
 * peer with valid keys cannot take the node's time from the others.
 */

/** The handshake, RTCP, data channels. */
const BASE_PACKETS_PER_SECOND = 2000;
/** 8 Mbit/s, the most one publication may send, in packets of 500 bytes. */
const PACKETS_PER_SECOND_OF_PUBLICATION = 2000;
/** Feedback twenty times a second, and as many NACKs again. */
const PACKETS_PER_SECOND_OF_SUBSCRIPTION = 50;
/** A fifth of a core, whatever a peer has published. */
const MAX_PACKETS_PER_SECOND = 20_000;
/** What a client that was held up may send at once. */
const BURST_MS = 500;

export class PacketBudget {
  #packetsPerSecond = BASE_PACKETS_PER_SECOND;
  #tokens = (BASE_PACKETS_PER_SECOND * BURST_MS) / 1000;
  #refilledAtMs = Number.NaN;

  /** Sets the rate by what the peer has in hand; what was saved up stays. */
  scaleTo(publications: number, subscriptions: number): void {
    const wanted =
      BASE_PACKETS_PER_SECOND + publications * PACKETS_PER_SECOND_OF_PUBLICATION + subscriptions * PACKETS_PER_SECOND_OF_SUBSCRIPTION;
    this.#packetsPerSecond = Math.min(wanted, MAX_PACKETS_PER_SECOND);
  }

  /**
   * Takes a packet from the budget.
   *
   * @param weight how many ordinary packets it counts for
   * @returns false if the budget is used up; the packet must be dropped then
   */
  admit(nowMs: number, weight: number): boolean {
    if (nowMs !== this.#refilledAtMs) this.#refill(nowMs);
    if (this.#tokens < weight) return false;
    this.#tokens -= weight;
    return true;
  }

  #refill(nowMs: number): void {
    // The first packet finds the bucket as it was made.
    const elapsedMs = nowMs - (Number.isNaN(this.#refilledAtMs) ? nowMs : this.#refilledAtMs);
    const capacity = (this.#packetsPerSecond * BURST_MS) / 1000;
    this.#tokens = Math.min(capacity, this.#tokens + (this.#packetsPerSecond * elapsedMs) / 1000);
    this.#refilledAtMs = nowMs;
  }
}
