/**
 * Whether the peer is still there: the side that never checks learns it from what it hears.
 *
 * @see RFC 7675 §5.1 (consent): an authenticated check or an authenticated packet counts
 */

import type { EngineContext } from '../engine-context.ts';
import type { ConnectionState, TransportCloseReason } from '../plan.ts';
import { onGrid, type Timer } from '../timers.ts';

export interface LivenessTimes {
  /** From opening until there are keys. */
  readonly setupTimeoutMs: number;
  /** All the others count from when the peer was heard last. */
  readonly disconnectedAfterMs: number;
  /** Nothing is sent for longer than this to a peer that gives no sign of life (RFC 7675 §5.1). */
  readonly consentExpiresMs: number;
  readonly lostAfterMs: number;
  readonly lookEveryMs: number;
}

export const CLIENT_LIVENESS: LivenessTimes = {
  setupTimeoutMs: 30_000,
  disconnectedAfterMs: 5_000,
  consentExpiresMs: 30_000,
  lostAfterMs: 35_000,
  lookEveryMs: 500,
};

/** Nodes check twice a second at least, both of them, and whoever relays wants to try another way soon. */
export const LINK_LIVENESS: LivenessTimes = {
  setupTimeoutMs: 15_000,
  disconnectedAfterMs: 1_500,
  // What is sent into an outage shorter than this finds the link up again at once.
  consentExpiresMs: 15_000,
  lostAfterMs: 15_000,
  lookEveryMs: 200,
};

/** Within a process nobody falls silent without being seen to. */
export const IN_PROCESS_LIVENESS: LivenessTimes = {
  setupTimeoutMs: Number.POSITIVE_INFINITY,
  disconnectedAfterMs: Number.POSITIVE_INFINITY,
  consentExpiresMs: Number.POSITIVE_INFINITY,
  lostAfterMs: Number.POSITIVE_INFINITY,
  lookEveryMs: Number.POSITIVE_INFINITY,
};

const GRID_MS = 100;
/** So late that it was not another timer's work: the process, or the whole machine, did not run. */
const STOOD_STILL_MS = 1_000;

/** The transport whose peer is watched. */
export interface WatchedTransport {
  readonly context: Pick<EngineContext, 'timers'>;
  readonly state: ConnectionState;
  readonly isSecure: boolean;
  setState(state: ConnectionState): void;
  loseConsent(): void;
  regainConsent(): void;
  expire(nowMs: number, reason: TransportCloseReason): void;
  reportDefect(error: unknown): void;
}

export class Liveness implements Timer {
  readonly #transport: WatchedTransport;
  readonly #times: LivenessTimes;
  /** Later by as long as we did not run. */
  #openedMs: number;
  #heardMs: number;
  #lookAtMs = 0;
  /** How long nobody could be heard because we did not run, since the peer was heard last. */
  #stoodStillMs = 0;
  deadlineMs = Number.POSITIVE_INFINITY;
  heapIndex = -1;

  constructor(nowMs: number, transport: WatchedTransport, times: LivenessTimes) {
    this.#transport = transport;
    this.#times = times;
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

  /** For how long the transport has been open, and for how long the peer has been silent. */
  times(nowMs: number): { readonly openMs: number; readonly silentMs: number } {
    return { openMs: nowMs - this.#openedMs, silentMs: nowMs - this.#heardMs };
  }

  fire(nowMs: number): void {
    const lateMs = nowMs - this.#lookAtMs;
    if (lateMs >= STOOD_STILL_MS) {
      this.#stoodStillMs += lateMs;
      this.#openedMs += lateMs;
    }
    this.#lookLater(nowMs);
    if (!this.#transport.isSecure) {
      if (nowMs - this.#openedMs >= this.#times.setupTimeoutMs) this.#transport.expire(nowMs, 'setup_timeout');
      return;
    }
    const silentMs = nowMs - this.#heardMs;
    const silentWhileListeningMs = silentMs - this.#stoodStillMs;
    if (silentWhileListeningMs >= this.#times.lostAfterMs) this.#transport.expire(nowMs, 'connection_lost');
    else if (silentMs >= this.#times.disconnectedAfterMs) this.#transport.setState('disconnected');
    if (silentMs >= this.#times.consentExpiresMs) this.#transport.loseConsent();
  }

  fail(error: unknown): void {
    this.#transport.reportDefect(error);
  }

  #lookLater(nowMs: number): void {
    this.#lookAtMs = onGrid(nowMs + this.#times.lookEveryMs, GRID_MS);
    this.#transport.context.timers.schedule(this.#lookAtMs, this);
  }

  close(): void {
    this.#transport.context.timers.cancel(this);
  }
}
