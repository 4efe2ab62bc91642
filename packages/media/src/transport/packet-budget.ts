/**
 * How many packets one peer may make us authenticate. A packet over its budget is dropped before any cryptography, so that a
 * peer with valid keys cannot take the node's time from the others.
 */

/** In packets per second. */
export interface PacketRates {
  /** The handshake and RTCP. */
  readonly base: number;
  readonly ofPublication: number;
  readonly ofSubscription: number;
  readonly max: number;
}

export const CLIENT_PACKET_RATES: PacketRates = {
  base: 2000,
  // 8 Mbit/s, the most one publication may send, in packets of 500 bytes.
  ofPublication: 2000,
  // Feedback twenty times a second, and as many NACKs again.
  ofSubscription: 50,
  // A fifth of a core, whatever a peer has published.
  max: 20_000,
};

/** Many clients stand behind a node, and their number is bounded where they come in: what it may send grows with what it carries. */
export const LINK_PACKET_RATES: PacketRates = {
  base: 4000,
  // Retransmissions come on top.
  ofPublication: 3000,
  // NACKs of a lossy link go out with every other frame, and each RTCP packet has the weight of four.
  ofSubscription: 400,
  max: Number.POSITIVE_INFINITY,
};

/** What a client that was held up may send at once. */
const BURST_MS = 500;
/** As many packets as are prepared at once, of the greatest weight. */
const NEARLY_USED_UP = 16;

export class PacketBudget {
  readonly #rates: PacketRates;
  #packetsPerSecond: number;
  #tokens: number;
  #refilledAtMs = Number.NaN;

  constructor(rates: PacketRates) {
    this.#rates = rates;
    this.#packetsPerSecond = rates.base;
    this.#tokens = (rates.base * BURST_MS) / 1000;
  }

  /** Whether one of the next few packets may be refused. */
  get isNearlyUsedUp(): boolean {
    return this.#tokens < NEARLY_USED_UP;
  }

  /** Sets the rate by what the peer has in hand; what was saved up stays. */
  scaleTo(publications: number, subscriptions: number): void {
    const { base, ofPublication, ofSubscription, max } = this.#rates;
    this.#packetsPerSecond = Math.min(base + publications * ofPublication + subscriptions * ofSubscription, max);
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
