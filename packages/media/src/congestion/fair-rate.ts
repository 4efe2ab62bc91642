/**
 * The throughput that a TCP connection would have on the path, given its losses. It is our fair share of a queue that a download keeps
 * full, where delay says nothing.
 *
 * @see RFC 5348 §5 (loss event rate); RFC 9438 §5.1 (CUBIC's throughput); RFC 4828 (small packets)
 */
import { clampRate, MAX_LINK_RATE_BPS } from './rate-bounds.ts';

/** TCP sends full-sized segments, whatever the size of our packets. */
const PACKET_BITS = 8 * 1200;
/** Weights of the loss intervals, the newest first. */
const WEIGHTS = [1, 1, 1, 1, 0.8, 0.6, 0.4, 0.2];
/** If the present interval is more than this many times the mean, the older ones are discounted, by at most half. */
const LONG_INTERVAL = 2;
const MIN_DISCOUNT = 0.5;
/**
 * Factors of the average window in packets: Reno's follows from the packets per loss event, CUBIC's from that and the round trip in
 * seconds.
 */
const RENO_FACTOR = Math.sqrt(3 / 2);
const CUBIC_FACTOR = 1.054;
/**
 * A download's reaction to a full queue shows after a round trip plus the time of a report, and all losses until then are one loss event.
 * TCP counts them per round trip, too.
 */
const EVENT_ROUND_TRIPS = 1.5;
/** The round trip is smoothed, so that the rate does not follow the queue, whose length varies with the download's window. */
const RTT_TIME_CONSTANT_MS = 4000;
const MIN_RTT_MS = 20;
/**
 * Loss intervals are counted as if the fair rate were sent, up to this multiple of what arrives. Every flow meets the same overflows of the
 * queue, so by its own packets alone, a flow that sends few of them would never learn that its fair share is higher. The multiple is this
 * large because the next layer takes up to four times the bitrate, and must fit with room to spare.
 */
const NEXT_LAYER = 6;
const MAX_STEP_MS = 1000;

export class FairRate {
  /** Packets between the beginnings of loss events, the newest first. */
  readonly #intervals: number[];
  /** Packets since the last loss event. */
  #packets = 0;
  #updatedAtMs: number;
  #eventUntilMs = Number.NEGATIVE_INFINITY;
  #rttMs: number;

  /** Starts from the loss rate at which the given bitrate would be the fair one. */
  constructor(nowMs: number, rateBps: number, rttMs: number) {
    this.#updatedAtMs = nowMs;
    this.#rttMs = Math.max(rttMs, MIN_RTT_MS);
    this.#intervals = [intervalAt((rateBps * this.#rttMs) / 1000 / PACKET_BITS, this.#rttMs)];
  }

  get bps(): number {
    return clampRate((windowAt(this.#meanInterval, this.#rttMs) * PACKET_BITS * 1000) / this.#rttMs, MAX_LINK_RATE_BPS);
  }

  /** Takes the result of a report, with the bitrate that arrives and the present round trip, including the queue. */
  update(nowMs: number, arrivingBps: number, lost: number, rttMs: number): void {
    const elapsedMs = Math.min(Math.max(nowMs - this.#updatedAtMs, 0), MAX_STEP_MS);
    this.#updatedAtMs = nowMs;
    this.#rttMs += (Math.max(rttMs, MIN_RTT_MS) - this.#rttMs) * Math.min(1, elapsedMs / RTT_TIME_CONSTANT_MS);
    const countedBps = Math.max(arrivingBps, Math.min(this.bps, NEXT_LAYER * arrivingBps));
    this.#packets += (countedBps * elapsedMs) / 1000 / PACKET_BITS;
    if (lost === 0 || nowMs < this.#eventUntilMs) return;
    this.#eventUntilMs = nowMs + EVENT_ROUND_TRIPS * Math.max(rttMs, this.#rttMs);
    this.#intervals.unshift(this.#packets);
    this.#packets = 0;
    if (this.#intervals.length > WEIGHTS.length) this.#intervals.pop();
  }

  /** The present interval counts only if it makes the mean larger, because its end has not been seen. */
  get #meanInterval(): number {
    const past = weightedMean(this.#intervals, 1);
    const discount = Math.max(MIN_DISCOUNT, Math.min(1, (LONG_INTERVAL * past) / Math.max(this.#packets, 1)));
    return Math.max(past, weightedMean([this.#packets, ...this.#intervals].slice(0, WEIGHTS.length), discount));
  }
}

/** @param discount factor of all weights but the first */
function weightedMean(values: readonly number[], discount: number): number {
  let sum = 0;
  let weights = 0;
  for (let age = 0; age < values.length; age++) {
    const weight = age === 0 ? WEIGHTS[0] : discount * WEIGHTS[age];
    sum += weight * values[age];
    weights += weight;
  }
  return sum / weights;
}

/** Returns how many packets a TCP connection has in flight on average if one in `interval` begins a loss event. */
function windowAt(interval: number, rttMs: number): number {
  return Math.max(RENO_FACTOR * Math.sqrt(interval), CUBIC_FACTOR * (interval * (rttMs / 1000)) ** 0.75);
}

/** The inverse of `windowAt`. */
function intervalAt(window: number, rttMs: number): number {
  return Math.min((window / RENO_FACTOR) ** 2, (window / CUBIC_FACTOR) ** (4 / 3) / (rttMs / 1000));
}
