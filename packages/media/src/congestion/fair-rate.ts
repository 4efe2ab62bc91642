/**
 * The rate that a TCP connection would have on the path, according to the losses that are seen there. It is our share of a queue that a
 * download keeps full, where delay says nothing.
 *
 * @see RFC 5348 §5 (loss event rate); RFC 9438 §5.1 (CUBIC's throughput); RFC 4828 (small packets)
 */
import { clampRate, MAX_LINK_RATE_BPS } from './rate-bounds.ts';

/** TCP's packets are full, whatever the size of ours. */
const PACKET_BITS = 8 * 1200;
/** How much the intervals between loss events count, the newest first. */
const WEIGHTS = [1, 1, 1, 1, 0.8, 0.6, 0.4, 0.2];
/** If the present interval is this many times the mean, the older ones count less, but at least by half. */
const LONG_INTERVAL = 2;
const MIN_DISCOUNT = 0.5;
/** Average windows, in packets, of Reno by the packets per loss, and of CUBIC also by the seconds of a round trip. */
const RENO_FACTOR = Math.sqrt(3 / 2);
const CUBIC_FACTOR = 1.054;
/**
 * What a download does about a full queue shows a round trip later, plus the time of a report; all losses until then are one event. TCP
 * counts in round trips, too.
 */
const EVENT_ROUND_TRIPS = 1.5;
/** The rate must not follow the length of the queue, which varies with the window of the download. */
const RTT_TIME_CONSTANT_MS = 4000;
const MIN_RTT_MS = 20;
/**
 * A source can only send one layer or the next, which takes up to four times the bitrate, and must fit with room to spare. Every flow meets
 * the same overflows, so that what is not sent up to this multiple counts as sent and received: by its own packets, a flow of few packets
 * would never seem to have a fair share.
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

  /** Starts from the loss at which the given rate would be the fair one. */
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
