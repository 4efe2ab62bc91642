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

export class Liveness implements Timer {
  readonly #transport: PeerTransport;
  readonly #openedMs: number;
  #heardMs: number;
  deadlineMs = Number.POSITIVE_INFINITY;
  heapIndex = -1;

  constructor(nowMs: number, transport: PeerTransport) {
    this.#transport = transport;
    this.#openedMs = nowMs;
    this.#heardMs = nowMs;
    transport.context.timers.schedule(onGrid(nowMs + LOOK_EVERY_MS, GRID_MS), this);
  }

  heard(nowMs: number): void {
    this.#heardMs = nowMs;
    if (this.#transport.state !== 'disconnected') return;
    this.#transport.setState('connected');
    this.#transport.regainConsent();
  }

  fire(nowMs: number): void {
    this.#transport.context.timers.schedule(onGrid(nowMs + LOOK_EVERY_MS, GRID_MS), this);
    if (!this.#transport.isSecure) {
      if (nowMs - this.#openedMs >= SETUP_TIMEOUT_MS) this.#transport.expire(nowMs, 'setup_timeout');
      return;
    }
    const silentMs = nowMs - this.#heardMs;
    if (silentMs >= DISCONNECTED_AFTER_MS + LOST_AFTER_DISCONNECT_MS) this.#transport.expire(nowMs, 'connection_lost');
    else if (silentMs >= DISCONNECTED_AFTER_MS) this.#transport.setState('disconnected');
    if (silentMs >= CONSENT_EXPIRES_MS) this.#transport.loseConsent();
  }

  fail(error: unknown): void {
    this.#transport.reportDefect(error);
  }

  close(): void {
    this.#transport.context.timers.cancel(this);
  }
}
