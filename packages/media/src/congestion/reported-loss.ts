/**
 * The rate that receiver reports allow, for a peer that sends no better information about its path. It rises while little is lost, and
 * falls when much is. It is cautious, because the reports do not show queues and include losses on the publisher's path.
 *
 * @see draft-ietf-rmcat-gcc-02 §6
 */
import { clampRate } from './rate-bounds.ts';

const LITTLE_LOSS = 0.02;
const MUCH_LOSS = 0.1;
/**
 * Among fewer packets, chance can make a loss of 5% look like more than 10%, so the loss must exceed 10% by `SIGNIFICANT` standard
 * deviations.
 */
const ENOUGH_PACKETS = 200;
const SIGNIFICANT = 2.5;
/** Relative growth per second. */
const INCREASE = 0.08;
/** Only a rate that is used is known to fit, so the rate stays close to what is sent. */
const MAX_OF_SENT = 1.5;
const LEEWAY_BPS = 10_000;
const MAX_OF_DEMAND = 1.1;
const MIN_INTERVAL_MS = 200;
const MAX_INTERVAL_MS = 5000;

export class ReportedLoss {
  #rateBps: number;
  #isLimiting = false;
  /** The most that would be sent. There is no need to go beyond it. */
  demandBps = 0;
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

  /** Whether the reports have shown a limit. Before that, nothing is known about the path. */
  get isLimiting(): boolean {
    return this.#isLimiting;
  }

  /**
   * Takes the contents of a report for one stream.
   *
   * @param bytesSent total sent to the peer so far
   */
  update(nowMs: number, packets: number, lossRatio: number, bytesSent: number): void {
    this.#packets += packets;
    this.#lost += packets * lossRatio;
    const elapsedMs = nowMs - this.#decidedAtMs;
    if (Number.isNaN(elapsedMs)) this.#begin(nowMs, bytesSent);
    if (!(elapsedMs >= MIN_INTERVAL_MS) || this.#packets === 0) return;
    if (this.#mayBeChance) return;
    const sentBps = (8000 * (bytesSent - this.#bytesSent)) / elapsedMs;
    this.#decide(Math.min(elapsedMs, MAX_INTERVAL_MS), this.#lost / this.#packets, sentBps);
    this.#begin(nowMs, bytesSent);
  }

  /** Whether the loss seems high, but over so few packets that more of them should be seen first. Audio alone is fifty a second. */
  get #mayBeChance(): boolean {
    if (this.#packets >= ENOUGH_PACKETS || this.#lost <= MUCH_LOSS * this.#packets) return false;
    const deviation = Math.sqrt(this.#packets * MUCH_LOSS * (1 - MUCH_LOSS));
    return this.#lost < MUCH_LOSS * this.#packets + SIGNIFICANT * deviation;
  }

  #decide(elapsedMs: number, loss: number, sentBps: number): void {
    if (loss > MUCH_LOSS) this.#decrease(loss, sentBps);
    if (loss >= LITTLE_LOSS) return;
    const grown = this.#rateBps * (1 + INCREASE) ** (elapsedMs / 1000);
    // Without probes, the only way to find out whether the next layer fits is to start it.
    const mostBps = Math.max(MAX_OF_SENT * sentBps + LEEWAY_BPS, MAX_OF_DEMAND * this.demandBps);
    this.#rateBps = clampRate(Math.max(this.#rateBps, Math.min(grown, mostBps)));
  }

  #decrease(loss: number, sentBps: number): void {
    const rateBps = this.#isLimiting ? this.#rateBps : sentBps;
    this.#isLimiting = true;
    this.#rateBps = clampRate(rateBps * (1 - loss / 2));
  }

  #begin(nowMs: number, bytesSent: number): void {
    this.#decidedAtMs = nowMs;
    this.#bytesSent = bytesSent;
    this.#packets = 0;
    this.#lost = 0;
  }
}
