/**
 * Whether the peer is still there: the side that never checks learns it from what it hears.
 *
 * @see RFC 7675 §5.1 (consent): an authenticated check or an authenticated packet counts
 */
import { onGrid, type Timer } from '../timers.ts';
import type { PeerTransport } from './peer-transport.ts';

const SETUP_TIMEOUT_MS = 30_000;
const DISCONNECTED_AFTER_MS = 5_000;
/** Nothing is sent for longer than this to a peer that gives no sign of life (RFC 7675 §5.1). */
const CONSENT_EXPIRES_MS = 30_000;
const LOST_AFTER_DISCONNECT_MS = 30_000;
const LOOK_EVERY_MS = 500;
const GRID_MS = 100;
/** So late that it was not another timer's work: the process, or the whole machine, did not run. */
const STOOD_STILL_MS = 1_000;

export class Liveness implements Timer {
  readonly #transport: PeerTransport;
  /** Later by as long as we did not run. */
  #openedMs: number;
  #heardMs: number;
  #lookAtMs = 0;
  /** How long nobody could be heard because we did not run, since the peer was heard last. */
  #stoodStillMs = 0;
  deadlineMs = Number.POSITIVE_INFINITY;
  heapIndex = -1;

  constructor(nowMs: number, transport: PeerTransport) {
    this.#transport = transport;
    this.#openedMs = nowMs;
    this.#heardMs = nowMs;
    this.#lookLater(nowMs);
  }

  heard(nowMs: number): void {
    this.#heardMs = nowMs;
    this.#stoodStillMs = 0;
    if (this.#transport.state !== 'disconnected') return;
    this.#transport.setState('connected');
    this.#transport.regainConsent();
  }

  fire(nowMs: number): void {
    const lateMs = nowMs - this.#lookAtMs;
    if (lateMs >= STOOD_STILL_MS) {
      this.#stoodStillMs += lateMs;
      this.#openedMs += lateMs;
    }
    this.#lookLater(nowMs);
    if (!this.#transport.isSecure) {
      if (nowMs - this.#openedMs >= SETUP_TIMEOUT_MS) this.#transport.expire(nowMs, 'setup_timeout');
      return;
    }
    const silentMs = nowMs - this.#heardMs;
    const silentWhileListeningMs = silentMs - this.#stoodStillMs;
    if (silentWhileListeningMs >= DISCONNECTED_AFTER_MS + LOST_AFTER_DISCONNECT_MS) this.#transport.expire(nowMs, 'connection_lost');
    else if (silentMs >= DISCONNECTED_AFTER_MS) this.#transport.setState('disconnected');
    if (silentMs >= CONSENT_EXPIRES_MS) this.#transport.loseConsent();
  }

  fail(error: unknown): void {
    this.#transport.reportDefect(error);
  }

  #lookLater(nowMs: number): void {
    this.#lookAtMs = onGrid(nowMs + LOOK_EVERY_MS, GRID_MS);
    this.#transport.context.timers.schedule(this.#lookAtMs, this);
  }

  close(): void {
    this.#transport.context.timers.cancel(this);
  }
}
