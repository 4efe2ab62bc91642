/**
 * What one direction of a network path does to datagrams. It is plain data, so that one process can tell another.
 */
export interface NetworkConditions {
  /** Propagation, one way: a round trip takes twice as long. */
  readonly delayMs: number;
  /** Added to the delay, uniform in 0 … jitterMs. Jitter alone never changes the order. */
  readonly jitterMs: number;
  /** How often the receiving machine is held up, each time for up to `maxStallMs`: what comes then is only seen when it is over. */
  readonly stallsPerSecond: number;
  readonly maxStallMs: number;
  /** Share of datagrams that are lost at random, whatever waits in the queue. */
  readonly lossRatio: number;
  /** How many datagrams in a row each random loss takes; the share stays what it is. */
  readonly lossBurst: number;
  /** Share of datagrams that are held back by `HELD_BACK_MS`, so that later ones overtake them. */
  readonly reorderRatio: number;
  /** Share of datagrams that arrive twice. */
  readonly duplicateRatio: number;
  /** What the narrowest link carries; Infinity for any amount. */
  readonly rateBps: number;
  /** Drop-tail: a datagram that would wait longer than this in front of the link is lost. */
  readonly queueMs: number;
  /** Drop-tail: a datagram for which this many bytes leave no room in the queue is lost. */
  readonly queueBytes: number;
  /** What a policer lets through. It has no queue: what comes in excess of rate and burst is lost at once. */
  readonly policedBps: number;
  readonly policerBurstBytes: number;
  /** Nothing arrives. */
  readonly isCut: boolean;
}

/** A path that delivers everything at once. A limited rate has a queue of 200 ms, as in a router that was set up with care. */
export const PERFECT_CONDITIONS: NetworkConditions = {
  delayMs: 0,
  jitterMs: 0,
  stallsPerSecond: 0,
  maxStallMs: 100,
  lossRatio: 0,
  lossBurst: 1,
  reorderRatio: 0,
  duplicateRatio: 0,
  rateBps: Number.POSITIVE_INFINITY,
  queueMs: 200,
  queueBytes: Number.POSITIVE_INFINITY,
  policedBps: Number.POSITIVE_INFINITY,
  policerBurstBytes: 15_000,
  isCut: false,
};

/** Longer than the packets of any camera are apart, and shorter than receivers wait before they ask again. */
export const HELD_BACK_MS = 12;
