/**
 * The loss-based rate. There is no limit while little is lost, since radio links lose a little at any rate. The rate is reduced if much is
 * lost, as happens behind a policer or a short queue, where the delay hardly rises.
 *
 * @see draft-ietf-rmcat-gcc-02 §6 (loss-based control)
 */
import { clampRate } from './rate-bounds.ts';

const LITTLE_LOSS = 0.02;
const MUCH_LOSS = 0.1;
/** With fewer packets, the share lost is meaningless; with more, it is more certain. */
const MIN_PACKETS = 20;
/** Without a queue, the path carries what arrives. */
const BELOW_ARRIVING = 0.95;
/** The effect of a decrease is visible after a round trip plus this. */
const SPACING_MS = 300;
/** Relative growth per second. */
const INCREASE = 0.08;
/** Used if some packets are lost, which may be due to the path itself. */
const CAREFUL_INCREASE = 0.04;
/** If sending caused the loss, a decrease reduces it to less than this share. Otherwise the loss is inherent to the path. */
const ANSWERED = 0.75;
/** With a queue this long, packets are lost because they do not fit into it. */
const FULL_QUEUE_MS = 80;
/** The share of the arriving bitrate that is sent, so that the queue drains. */
const DRAIN = 0.8;
const MAX_INHERENT_LOSS = 0.5;
/** The loss must exceed `MUCH_LOSS` by this many standard deviations, so that chance does not decide if few packets are sent. */
const SIGMAS = 2.5;
/** With a full queue, less proof is enough. */
const SIGMAS_IN_QUEUE = 1;
/** A window lasts until much loss can be told from chance, but no longer than this. */
const MAX_WINDOW_MS = 2000;
const INHERENT_FOR_MS = 20_000;

/** What a report shows. */
export interface LossInput {
  readonly received: number;
  readonly lost: number;
  /** The bitrate that arrives, or the target if that is not known yet. */
  readonly arrivingBps: number;
  /** How long packets wait. */
  readonly queueDelayMs: number;
  /** Whether as much is sent as the estimate allows. */
  readonly isUsed: boolean;
}

export class LossLimit {
  #limitBps = Number.POSITIVE_INFINITY;
  #received = 0;
  #lost = 0;
  #windowFromMs = Number.NaN;
  #lossBefore = Number.NaN;
  /** The limit before the decrease that `#lossBefore` led to. */
  #limitBeforeBps = Number.POSITIVE_INFINITY;
  #settledAtMs = Number.NEGATIVE_INFINITY;
  /** The share that the path loses at any rate, as far as is known. */
  #inherentLoss = 0;
  #inherentUntilMs = Number.NEGATIVE_INFINITY;
  rttMs = 100;
  readonly #maxBps: number | undefined;

  /** @param maxBps upper bound of the limit. Default: `MAX_RATE_BPS` */
  constructor(maxBps?: number) {
    this.#maxBps = maxBps;
  }

  /** Infinity while nothing indicates a limit. */
  get limitBps(): number {
    return this.#limitBps;
  }

  /** Raises the limit after a probe has shown that more fits. */
  raiseTo(rateBps: number): void {
    if (rateBps > this.#limitBps) this.#limitBps = rateBps;
  }

  /**
   * Takes the result of a report.
   *
   * @returns whether the limit was reduced
   */
  update(nowMs: number, { received, lost, arrivingBps, queueDelayMs, isUsed }: LossInput): boolean {
    if (Number.isNaN(this.#windowFromMs)) this.#windowFromMs = nowMs;
    // Packets that were in flight when the limit was reduced say nothing about it.
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
    const hasFallen = isMuch ? this.#handleMuch(nowMs, loss, arrivingBps, queueDelayMs) : this.#handleLittle(nowMs, loss, excess, isUsed);
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

  #handleLittle(nowMs: number, loss: number, excess: number, isUsed: boolean): boolean {
    if (this.#isUnanswered(loss)) this.#acceptLoss(nowMs, loss);
    this.#lossBefore = Number.NaN;
    const increase = excess < LITTLE_LOSS ? INCREASE : CAREFUL_INCREASE;
    // A pause within the window proves nothing.
    const seconds = Math.min(nowMs - this.#windowFromMs, MAX_WINDOW_MS) / 1000;
    // A limit that is not used is not known to fit, so only probes raise it.
    if (isUsed) this.#limitBps *= (1 + increase) ** seconds;
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

  /** Whether as much is lost as before, although less was sent. */
  #isUnanswered(loss: number): boolean {
    return loss > ANSWERED * this.#lossBefore && loss < MAX_INHERENT_LOSS;
  }

  /** Accepts the loss as inherent to the path, and takes back the decrease that it led to. */
  #acceptLoss(nowMs: number, loss: number): void {
    this.#inherentLoss = loss;
    this.#inherentUntilMs = nowMs + INHERENT_FOR_MS;
    this.#limitBps = this.#limitBeforeBps;
    this.#lossBefore = Number.NaN;
  }
}
