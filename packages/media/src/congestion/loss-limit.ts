/**
 * The rate that loss allows: none while little is lost, since radios lose a little at any rate; less when much is, as behind a policer or a
 * short queue, where no delay shows.
 *
 * @see draft-ietf-rmcat-gcc-02 §6 (loss-based control)
 */
import { clampRate } from './rate-bounds.ts';

const LITTLE_LOSS = 0.02;
const MUCH_LOSS = 0.1;
/** Fewer packets say nothing about a share; more of them say it more surely. */
const MIN_PACKETS = 20;
/** Where there is no queue, what arrives is what fits. */
const BELOW_ARRIVING = 0.95;
/** Effects of a decrease show after a round trip and this. */
const SPACING_MS = 300;
/** A second. */
const INCREASE = 0.08;
/** Where some is lost, which may be the path's own doing. */
const CAREFUL_INCREASE = 0.04;
/** Less is lost after a decrease if sending has caused the loss. Otherwise it belongs to the path. */
const ANSWERED = 0.75;
/** Loss beside a queue like this is what does not fit into it. */
const FULL_QUEUE_MS = 80;
/** Share of what arrives that is sent, so that the queue empties. */
const DRAIN = 0.8;
const MAX_INHERENT_LOSS = 0.5;
/** So many standard deviations above `MUCH_LOSS`, lest chance decides where few packets are sent. */
const SIGMAS = 2.5;
/** Beside a full queue less proof will do. */
const SIGMAS_IN_QUEUE = 1;
/** As long as it takes to tell much loss from chance, but no longer than this. */
const MAX_WINDOW_MS = 2000;
const INHERENT_FOR_MS = 20_000;

export class LossLimit {
  #limitBps = Number.POSITIVE_INFINITY;
  #received = 0;
  #lost = 0;
  #windowFromMs = Number.NaN;
  #lossBefore = Number.NaN;
  /** The limit before the decrease that `#lossBefore` has led to. */
  #limitBeforeBps = Number.POSITIVE_INFINITY;
  #settledAtMs = Number.NEGATIVE_INFINITY;
  /** What the path loses at any rate, as far as is known. */
  #inherentLoss = 0;
  #inherentUntilMs = Number.NEGATIVE_INFINITY;
  rttMs = 100;
  readonly #maxBps: number | undefined;

  /** @param maxBps never more than this. Default: what one peer may watch */
  constructor(maxBps?: number) {
    this.#maxBps = maxBps;
  }

  /** Infinity while nothing suggests a limit. */
  get limitBps(): number {
    return this.#limitBps;
  }

  /** A probe has shown that more fits. */
  raiseTo(rateBps: number): void {
    if (rateBps > this.#limitBps) this.#limitBps = rateBps;
  }

  /**
   * Takes what a report has decided.
   *
   * @param arrivingBps what arrives, or as long as that is not known what was aimed at
   * @param queueDelayMs how long packets wait
   * @returns whether the limit falls
   */
  update(nowMs: number, received: number, lost: number, arrivingBps: number, queueDelayMs: number): boolean {
    if (Number.isNaN(this.#windowFromMs)) this.#windowFromMs = nowMs;
    // What was on its way when the limit fell says nothing of it.
    if (nowMs < this.#settledAtMs) {
      this.#windowFromMs = nowMs;
      return false;
    }
    this.#received += received;
    this.#lost += lost;
    const elapsedMs = nowMs - this.#windowFromMs;
    const packets = this.#received + this.#lost;
    if (packets < MIN_PACKETS || elapsedMs < SPACING_MS + this.rttMs) return false;
    if (nowMs > this.#inherentUntilMs) this.#inherentLoss = 0;
    const loss = this.#lost / packets;
    const excess = Math.max(0, loss - this.#inherentLoss);
    const sigmas = queueDelayMs > FULL_QUEUE_MS ? SIGMAS_IN_QUEUE : SIGMAS;
    const isMuch = excess - sigmas * Math.sqrt((loss * (1 - loss)) / packets) > MUCH_LOSS;
    if (!isMuch && excess > MUCH_LOSS && elapsedMs < MAX_WINDOW_MS) return false;
    const hasFallen = isMuch ? this.#handleMuch(nowMs, loss, arrivingBps, queueDelayMs) : this.#handleLittle(nowMs, loss, excess);
    this.#received = 0;
    this.#lost = 0;
    this.#windowFromMs = nowMs;
    return hasFallen;
  }

  #handleMuch(nowMs: number, loss: number, arrivingBps: number, queueDelayMs: number): boolean {
    if (queueDelayMs <= FULL_QUEUE_MS) return this.#answer(nowMs, loss, arrivingBps);
    this.#limitBps = clampRate(DRAIN * arrivingBps, this.#maxBps);
    return true;
  }

  #handleLittle(nowMs: number, loss: number, excess: number): boolean {
    if (this.#isUnanswered(loss)) this.#acceptLoss(nowMs, loss);
    this.#lossBefore = Number.NaN;
    const increase = excess < LITTLE_LOSS ? INCREASE : CAREFUL_INCREASE;
    this.#limitBps *= (1 + increase) ** ((nowMs - this.#windowFromMs) / 1000);
    return false;
  }

  #answer(nowMs: number, loss: number, arrivingBps: number): boolean {
    if (this.#isUnanswered(loss)) {
      this.#acceptLoss(nowMs, loss);
      return false;
    }
    this.#lossBefore = loss;
    this.#limitBeforeBps = this.#limitBps;
    this.#settledAtMs = nowMs + SPACING_MS + this.rttMs;
    this.#limitBps = clampRate(Math.min(this.#limitBps, BELOW_ARRIVING * arrivingBps), this.#maxBps);
    return true;
  }

  /** Less was sent, and as much is lost. */
  #isUnanswered(loss: number): boolean {
    return loss > ANSWERED * this.#lossBefore && loss < MAX_INHERENT_LOSS;
  }

  /** The loss is the path's own: the decrease that it has led to was for nothing. */
  #acceptLoss(nowMs: number, loss: number): void {
    this.#inherentLoss = loss;
    this.#inherentUntilMs = nowMs + INHERENT_FOR_MS;
    this.#limitBps = this.#limitBeforeBps;
    this.#lossBefore = Number.NaN;
  }
}
