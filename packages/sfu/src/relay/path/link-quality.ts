/** What a link costs a relay, as one number, so that ways can be compared. */

/** What a side tells that has not measured the round trip yet: the other one has, or will have soon. */
export const UNMEASURED_RTT_MS = 0;
/** Until either side has: a link across an ocean. */
const UNKNOWN_RTT_MS = 100;

/** One direction of a link. */
export interface LinkQuality {
  /** At least 1, or `UNMEASURED_RTT_MS`. */
  readonly rttMs: number;
  /** Share of packets lost at the first try, 0 to 1. */
  readonly lossRatio: number;
  /** What the sending side pays for a gigabyte, in whatever currency the operator configured all prices. */
  readonly pricePerGb: number;
}

/**
 * So that a way with one hop more must be better by something real: a node between receives and sends every packet once more, and can fail. Well
 * above what measured round trips of near links vary by.
 */
export const HOP_COST = 20;
/** Every lost packet comes a round trip later at the best: 1% of loss is worth 10 ms of round trip. */
const COST_OF_TOTAL_LOSS = 1000;
/** 0.01 a gigabyte, a common difference between regions, is worth 10 ms of round trip. */
const COST_OF_PRICE = 1000;

/** In milliseconds of round trip, or what is worth as much; more than 0. */
export function linkCost({ rttMs, lossRatio, pricePerGb }: LinkQuality): number {
  return HOP_COST + rttMs + lossRatio * COST_OF_TOTAL_LOSS + pricePerGb * COST_OF_PRICE;
}

/** Both ends of a link measure the same round trip, and the losses of what they receive: the worse one is to be reckoned with. */
export function joinQualities(there: LinkQuality, back: LinkQuality): LinkQuality {
  const rttMs = Math.max(there.rttMs, back.rttMs);
  return {
    rttMs: rttMs === UNMEASURED_RTT_MS ? UNKNOWN_RTT_MS : rttMs,
    lossRatio: Math.max(there.lossRatio, back.lossRatio),
    pricePerGb: there.pricePerGb,
  };
}
