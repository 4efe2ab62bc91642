/**
 * Limits how many packets one peer can make the SFU authenticate. A packet over the limit is dropped before any cryptography, so a peer
 * with valid keys cannot take the node's processor time from the others.
 */

/** In packets per second. */
export interface PacketRates {
  /** For the handshake and RTCP. */
  readonly base: number;
  readonly ofPublication: number;
  readonly ofSubscription: number;
  readonly max: number;
}

export const CLIENT_PACKET_RATES: PacketRates = {
  base: 2000,
  // One publication may send 8 Mbit/s, here in packets of 500 bytes.
  ofPublication: 2000,
  // Feedback twenty times per second, and about as many NACKs.
  ofSubscription: 50,
  // About a fifth of a core, however much a peer has published.
  max: 20_000,
};

/**
 * A node carries the traffic of many clients, whose number is limited where they connect. Its limit therefore grows with what it carries.
 */
export const LINK_PACKET_RATES: PacketRates = {
  base: 4000,
  // Includes retransmissions.
  ofPublication: 3000,
  // On a lossy link, NACKs are sent for every other frame, and each RTCP packet counts as four.
  ofSubscription: 400,
  max: Number.POSITIVE_INFINITY,
};

/** How much a client may send at once after it was held up. */
const BURST_MS = 500;
/** The number of packets that are prepared together, at their greatest weight. */
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

  /** Sets the rate for the peer's publications and subscriptions. Saved-up budget is kept. */
  scaleTo(publications: number, subscriptions: number): void {
    const { base, ofPublication, ofSubscription, max } = this.#rates;
    this.#packetsPerSecond = Math.min(base + publications * ofPublication + subscriptions * ofSubscription, max);
  }

  /**
   * Takes a packet from the budget.
   *
   * @param weight number of ordinary packets that it counts as
   * @returns false if the budget is used up; the packet must then be dropped
   */
  admit(nowMs: number, weight: number): boolean {
    if (nowMs !== this.#refilledAtMs) this.#refill(nowMs);
    if (this.#tokens < weight) return false;
    this.#tokens -= weight;
    return true;
  }

  #refill(nowMs: number): void {
    // No time has passed for the first packet: it finds the initial budget.
    const elapsedMs = nowMs - (Number.isNaN(this.#refilledAtMs) ? nowMs : this.#refilledAtMs);
    const capacity = (this.#packetsPerSecond * BURST_MS) / 1000;
    this.#tokens = Math.min(capacity, this.#tokens + (this.#packetsPerSecond * elapsedMs) / 1000);
    this.#refilledAtMs = nowMs;
  }
}
