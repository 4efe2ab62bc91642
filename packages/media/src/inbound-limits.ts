/**
 * Limits what one peer can make the SFU do: packets to authenticate, data to decrypt, media to forward, streams to start. What is over a
 * limit is dropped before it costs more, so a peer with valid keys cannot take the node's processor time from the others.
 */

/** The packets per second that a peer may send, which depend on what it publishes and receives. */
export interface PacketRates {
  /** Covers the handshake and RTCP. */
  readonly base: number;
  readonly ofPublication: number;
  readonly ofSubscription: number;
  readonly max: number;
}

export const CLIENT_PACKET_RATES: PacketRates = {
  base: 2000,
  // One publication may send 8 Mbit/s, here in packets of 500 bytes.
  ofPublication: 2000,
  // A receiver sends feedback twenty times per second, and about as many NACKs.
  ofSubscription: 50,
  // About a fifth of a core, however much a peer has published.
  max: 20_000,
};

/**
 * A node carries the traffic of many clients, whose number is limited where they connect. Its limit therefore grows with what it carries.
 */
export const LINK_PACKET_RATES: PacketRates = {
  base: 4000,
  // This includes retransmissions.
  ofPublication: 3000,
  // On a lossy link, NACKs are sent for every other frame, and each RTCP packet counts as four.
  ofSubscription: 400,
  max: Number.POSITIVE_INFINITY,
};

/** How much a client may send at once after it was held up. */
const BURST_MS = 500;
/** The number of packets that are prepared together, at their greatest weight. */
const NEARLY_USED_UP = 16;

/** Limits how many packets one peer can make the SFU authenticate. A packet over the limit is dropped before any cryptography. */
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

/** 2 Gbit/s, more than one thread can carry. */
export const LINK_DATA_BYTES_PER_SECOND = 250_000_000;
/** A short record takes nearly as long to decrypt as one of this size, so there can be 40,000 records per second at most. */
const MIN_COST_BYTES = 1_000;

/**
 * Limits how many bytes of data channels one peer can make the SFU decrypt. Packets over the limit are dropped before any cryptography.
 * SCTP then retransmits them and slows down, as it would on a narrower path.
 */
export class DataBudget {
  readonly #bytes: TokenBucket;

  constructor(bytesPerSecond: number) {
    this.#bytes = new TokenBucket(bytesPerSecond, BURST_MS);
  }

  /** Takes a datagram from the budget. @returns false if it must be dropped */
  admit(nowMs: number, sizeBytes: number): boolean {
    const cost = Math.max(sizeBytes, MIN_COST_BYTES);
    if (!this.#bytes.has(nowMs, cost)) return false;
    this.#bytes.spend(cost);
    return true;
  }
}

/**
 * The most that one publication may send, all layers and retransmissions together. REMB tells publishers, so the congestion control of
 * well-behaved ones stays below. Packets over the limit are dropped before they cost anything more.
 */
export const MAX_TRACK_BITRATE_BPS = 8_000_000;
/** On a link, this covers what the publisher's node has admitted plus retransmissions. */
export const MAX_LINK_TRACK_BITRATE_BPS = 1.5 * MAX_TRACK_BITRATE_BPS;

/** Limits the bitrate of one publication, or of all that a peer publishes. */
export class UploadLimit {
  readonly #maxBitrateBps: number;
  /** Allows a keyframe of one second's worth at once. */
  readonly #burstBytes: number;
  #tokensBytes: number;
  #refilledAtMs = Number.NEGATIVE_INFINITY;

  constructor(maxBitrateBps = MAX_TRACK_BITRATE_BPS) {
    this.#maxBitrateBps = maxBitrateBps;
    this.#burstBytes = maxBitrateBps / 8;
    this.#tokensBytes = this.#burstBytes;
  }

  /** @returns false if the packet is over the limit and must be dropped */
  admit(nowMs: number, sizeBytes: number): boolean {
    const earnedBytes = ((nowMs - this.#refilledAtMs) * this.#maxBitrateBps) / 8000;
    this.#tokensBytes = Math.min(this.#burstBytes, this.#tokensBytes + earnedBytes);
    this.#refilledAtMs = nowMs;
    if (this.#tokensBytes < sizeBytes) return false;
    this.#tokensBytes -= sizeBytes;
    return true;
  }
}

/** Allows a page to restart three layers several times in a row. */
const MAX_SAVED_UP = 16;
const REFILL_INTERVAL_MS = 1000;

/** Limits how often one publication may start a stream under a new SSRC. */
export class NewStreamLimit {
  #saved = MAX_SAVED_UP;
  #refilledAtMs = Number.NEGATIVE_INFINITY;

  /** @returns false if too many streams were started recently; the packet that would start another must be dropped */
  admit(nowMs: number): boolean {
    this.#saved = Math.min(MAX_SAVED_UP, this.#saved + (nowMs - this.#refilledAtMs) / REFILL_INTERVAL_MS);
    this.#refilledAtMs = nowMs;
    if (this.#saved < 1) return false;
    this.#saved--;
    return true;
  }
}

/**
 * Limits a rate. Tokens accrue up to a maximum; after spending more than there are, the caller has to wait until they have accrued again.
 */
export class TokenBucket {
  readonly #perSecond: number;
  readonly #capacity: number;
  #tokens: number;
  #refilledAtMs = Number.NaN;

  /** @param burstMs for how long tokens accrue at most; the bucket is full at first */
  constructor(perSecond: number, burstMs: number) {
    this.#perSecond = perSecond;
    this.#capacity = (perSecond * burstMs) / 1_000;
    this.#tokens = this.#capacity;
  }

  /** Whether the bucket has this many tokens. */
  has(nowMs: number, tokens: number): boolean {
    if (nowMs !== this.#refilledAtMs) this.#refill(nowMs);
    return this.#tokens >= tokens;
  }

  /** Takes tokens, even more than there are, because what they pay for has already happened. */
  spend(tokens: number): void {
    this.#tokens -= tokens;
  }

  #refill(nowMs: number): void {
    // The bucket is full for the first caller.
    const elapsedMs = Number.isNaN(this.#refilledAtMs) ? 0 : nowMs - this.#refilledAtMs;
    this.#tokens = Math.min(this.#capacity, this.#tokens + (this.#perSecond * elapsedMs) / 1_000);
    this.#refilledAtMs = nowMs;
  }
}
