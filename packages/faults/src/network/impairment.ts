/** What a line between two regions does to datagrams, in one direction. */
export interface Impairment {
  /** One way: a round trip takes twice as long. */
  readonly delayMs: number;
  /** Up to so much more, evenly spread; by itself it changes no order. */
  readonly jitterMs: number;
  /** Share of datagrams that never arrive. */
  readonly lossRatio: number;
  /** How many are lost in a row each time; the share stays what it is. */
  readonly lossBurst: number;
  /** Share of datagrams that are held back, so that later ones overtake them. */
  readonly reorderRatio: number;
  /** Share of datagrams that arrive twice. */
  readonly duplicateRatio: number;
  /** What the line carries; more waits in front of it, and what would wait too long is lost. Infinity is any. */
  readonly rateBps: number;
  /** Nothing arrives. */
  readonly isCut: boolean;
}

/** A wire that does nothing but carry. */
export const UNIMPAIRED: Impairment = {
  delayMs: 0,
  jitterMs: 0,
  lossRatio: 0,
  lossBurst: 1,
  reorderRatio: 0,
  duplicateRatio: 0,
  rateBps: Number.POSITIVE_INFINITY,
  isCut: false,
};

/** Longer than the packets of any camera are apart, shorter than receivers wait before they ask again. */
export const HELD_BACK_MS = 12;
/** As long as the queue of a router that was set up with care. */
export const MAX_QUEUE_MS = 200;
