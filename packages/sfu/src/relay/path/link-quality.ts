/** The cost of a link for a relay as a single number, so that routes can be compared. */

/** Reported by a side that has not measured the round trip yet; the other side has, or soon will. */
export const UNMEASURED_RTT_MS = 0;
/** Assumed until either side has measured it; typical of a link across an ocean. */
const UNKNOWN_RTT_MS = 100;

/** One direction of a link. */
export interface LinkQuality {
  /** At least 1; `UNMEASURED_RTT_MS` until it is measured. */
  readonly rttMs: number;
  /** Share of packets lost at the first try, 0 to 1. */
  readonly lossRatio: number;
  /** What the sending side pays per gigabyte, in the currency in which the operator configured all prices. */
  readonly pricePerGb: number;
}

/**
 * A route with one more hop must be better by a real difference: an intermediate node receives and sends every packet
 * once more, and can fail. This is well above the variation of measured round trips on short links.
 */
export const HOP_COST = 20;
/** Every lost packet arrives at least a round trip later, so 1% of loss counts as 10 ms of round trip. */
const COST_OF_TOTAL_LOSS = 1000;
/** 0.01 per gigabyte, a common difference between regions, counts as 10 ms of round trip. */
const COST_OF_PRICE = 1000;

/** Returns the cost in milliseconds of round trip or their equivalent; above 0. */
export function linkCost({ rttMs, lossRatio, pricePerGb }: LinkQuality): number {
  return HOP_COST + rttMs + lossRatio * COST_OF_TOTAL_LOSS + pricePerGb * COST_OF_PRICE;
}

/** Both ends of a link measure the same round trip, and each end the losses in its direction; the worse value counts. */
export function joinQualities(there: LinkQuality, back: LinkQuality): LinkQuality {
  const rttMs = Math.max(there.rttMs, back.rttMs);
  return {
    rttMs: rttMs === UNMEASURED_RTT_MS ? UNKNOWN_RTT_MS : rttMs,
    lossRatio: Math.max(there.lossRatio, back.lossRatio),
    pricePerGb: there.pricePerGb,
  };
}

export function isSameQuality(one: LinkQuality | undefined, other: LinkQuality): boolean {
  return one === other || (one?.rttMs === other.rttMs && one.lossRatio === other.lossRatio && one.pricePerGb === other.pricePerGb);
}
