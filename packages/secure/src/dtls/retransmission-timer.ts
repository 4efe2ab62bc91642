/** Decides when a flight is sent again, and when the handshake is given up. @see RFC 6347 §4.2.4 */
import type { Timer, Timers } from '@causeway/media';

export interface RetransmissionTimerListener {
  onRetransmit(nowMs: number): void;
  onDeadline(): void;
  /** One of the other callbacks has thrown, and the timer is stopped. */
  onDefect(error: unknown): void;
}

/** Much shorter than RFC 6347 proposes, because media waits for the handshake and a repeated flight is small. */
const FIRST_DELAY_MS = 250;
const MAX_DELAY_MS = 1_000;
const HANDSHAKE_TIMEOUT_MS = 30_000;
/** The flight that ends the handshake is not answered, so it is repeated a few times in case it was lost: after 200, 600 and 1,400 ms. */
const FIRST_LAST_DELAY_MS = 200;
const MAX_LAST_REPETITIONS = 3;

export class RetransmissionTimer implements Timer {
  deadlineMs = Number.POSITIVE_INFINITY;
  heapIndex = -1;
  readonly #timers: Timers;
  readonly #listener: RetransmissionTimerListener;
  #repeatAtMs = Number.POSITIVE_INFINITY;
  #giveUpAtMs = Number.POSITIVE_INFINITY;
  /** How long to wait after the next repetition. */
  #delayMs = FIRST_DELAY_MS;
  /** Infinity during the handshake, which is limited by its deadline instead. */
  #repetitionsLeft = Number.POSITIVE_INFINITY;

  constructor(timers: Timers, listener: RetransmissionTimerListener) {
    this.#timers = timers;
    this.#listener = listener;
  }

  /** Whether it will fire again. */
  get isRunning(): boolean {
    return this.heapIndex >= 0;
  }

  /** Schedules the first flight for the next run of the timers, which is after the caller has returned. */
  begin(): void {
    this.#repeatAtMs = 0;
    this.#arm();
  }

  /** Starts the deadline of the whole handshake, if it is not running. */
  startDeadline(nowMs: number): void {
    if (this.#giveUpAtMs < Number.POSITIVE_INFINITY) return;
    this.#giveUpAtMs = nowMs + HANDSHAKE_TIMEOUT_MS;
    this.#arm();
  }

  /** Called when a new flight was sent. */
  start(nowMs: number): void {
    this.startDeadline(nowMs);
    this.#delayMs = FIRST_DELAY_MS;
    this.#waitForNext(nowMs);
  }

  /** Called when the flight was sent that ends the handshake on our side. */
  startLast(nowMs: number): void {
    this.#giveUpAtMs = Number.POSITIVE_INFINITY;
    this.#repetitionsLeft = MAX_LAST_REPETITIONS;
    this.#delayMs = FIRST_LAST_DELAY_MS;
    this.#waitForNext(nowMs);
  }

  stop(): void {
    this.#timers.cancel(this);
  }

  fire(nowMs: number): void {
    if (nowMs >= this.#giveUpAtMs) {
      this.#listener.onDeadline();
      return;
    }
    if (this.#repetitionsLeft === Number.POSITIVE_INFINITY) this.startDeadline(nowMs);
    if (--this.#repetitionsLeft > 0) this.#waitForNext(nowMs);
    this.#listener.onRetransmit(nowMs);
  }

  fail(error: unknown): void {
    this.stop();
    this.#listener.onDefect(error);
  }

  #waitForNext(nowMs: number): void {
    this.#repeatAtMs = nowMs + this.#delayMs;
    this.#delayMs = Math.min(2 * this.#delayMs, MAX_DELAY_MS);
    this.#arm();
  }

  #arm(): void {
    this.#timers.schedule(Math.min(this.#repeatAtMs, this.#giveUpAtMs), this);
  }
}
