/**
 * The rate that receiver reports allow, where a peer says nothing better of its path: up while little is lost, down when much is. It cannot see a
 * queue, and takes what the publisher's path has lost for loss of this one: hence cautious.
 *
 * @see draft-ietf-rmcat-gcc-02 §6
 */
import { clampRate } from './rate-bounds.ts';

const LITTLE_LOSS = 0.02;
const MUCH_LOSS = 0.1;
/** A second. */
const INCREASE = 0.08;
/** Nothing is learned from sending less: the rate stays within reach of what is sent. */
const MAX_OF_SENT = 1.5;
const LEEWAY_BPS = 10_000;
const MIN_INTERVAL_MS = 200;
const MAX_INTERVAL_MS = 5000;

export class ReportedLoss {
  #rateBps: number;
  #packets = 0;
  #lost = 0;
  #bytesSent = Number.NaN;
  #decidedAtMs = Number.NaN;

  constructor(startBps: number) {
    this.#rateBps = startBps;
  }

  get rateBps(): number {
    return this.#rateBps;
  }

  /**
   * Takes what a report says of one stream.
   *
   * @param bytesSent to the peer in all so far
   */
  update(nowMs: number, packets: number, lossRatio: number, bytesSent: number): void {
    this.#packets += packets;
    this.#lost += packets * lossRatio;
    const elapsedMs = nowMs - this.#decidedAtMs;
    if (Number.isNaN(elapsedMs)) this.#begin(nowMs, bytesSent);
    if (!(elapsedMs >= MIN_INTERVAL_MS) || this.#packets === 0) return;
    const sentBps = (8000 * (bytesSent - this.#bytesSent)) / elapsedMs;
    this.#decide(Math.min(elapsedMs, MAX_INTERVAL_MS), this.#lost / this.#packets, sentBps);
    this.#begin(nowMs, bytesSent);
  }

  #decide(elapsedMs: number, loss: number, sentBps: number): void {
    if (loss > MUCH_LOSS) this.#rateBps = clampRate(this.#rateBps * (1 - loss / 2));
    if (loss >= LITTLE_LOSS) return;
    const grown = this.#rateBps * (1 + INCREASE) ** (elapsedMs / 1000);
    this.#rateBps = clampRate(Math.max(this.#rateBps, Math.min(grown, MAX_OF_SENT * sentBps + LEEWAY_BPS)));
  }

  #begin(nowMs: number, bytesSent: number): void {
    this.#decidedAtMs = nowMs;
    this.#bytesSent = bytesSent;
    this.#packets = 0;
    this.#lost = 0;
  }
}
