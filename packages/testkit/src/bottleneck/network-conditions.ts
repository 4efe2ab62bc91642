/** The properties of one direction of a network path. They are plain data, so that processes can exchange them. */
export interface NetworkConditions {
  /** The propagation delay, one way. */
  readonly delayMs: number;
  /** Added to the delay, uniform in 0 … jitterMs. Jitter alone never changes the order. */
  readonly jitterMs: number;
  /** How often the receiving machine stalls, each time for up to `maxStallMs`. It sees what arrives during a stall only afterwards. */
  readonly stallsPerSecond: number;
  readonly maxStallMs: number;
  /** The share of datagrams lost at random, regardless of the queue. */
  readonly lossRatio: number;
  /** The number of consecutive datagrams in each random loss; it does not change the share. */
  readonly lossBurst: number;
  /** Share of datagrams that are held back by `HELD_BACK_MS`, so that later ones overtake them. */
  readonly reorderRatio: number;
  /** Share of datagrams that arrive twice. */
  readonly duplicateRatio: number;
  /** The rate of the narrowest link; Infinity for no limit. */
  readonly rateBps: number;
  /** A datagram that would wait longer than this is dropped (drop-tail). */
  readonly queueMs: number;
  /** A datagram that would exceed this queue length is dropped (drop-tail). */
  readonly queueBytes: number;
  /** An ECN-capable datagram that would wait longer than this is marked. */
  readonly markedMs: number;
  /** The rate of a policer. It has no queue, so datagrams beyond its rate and burst are dropped at once. */
  readonly policedBps: number;
  readonly policerBurstBytes: number;
  /** Whether nothing arrives. */
  readonly isCut: boolean;
}

/** A path that delivers everything at once. If its rate is limited, it has a queue of 200 ms, like a well-configured router. */
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
  markedMs: Number.POSITIVE_INFINITY,
  policedBps: Number.POSITIVE_INFINITY,
  policerBurstBytes: 15_000,
  isCut: false,
};

/** Longer than the interval between packets of any camera, and shorter than the time after which receivers repeat a NACK. */
export const HELD_BACK_MS = 12;
