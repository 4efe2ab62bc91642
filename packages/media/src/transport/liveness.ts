/**
 * Whether the peer is still there: the side that never checks learns it from what it hears.
 *
 * @see RFC 7675 §5.1 (consent): an authenticated check or an authenticated packet counts
 */

import type { EngineContext } from '../engine-context.ts';
import type { ConnectionState, TransportCloseReason } from '../plan.ts';
import { onGrid, type Timer } from '../timers.ts';
import type { Standstill } from './standstill.ts';

export interface LivenessTimes {
  /** From opening until there are keys. */
  readonly setupTimeoutMs: number;
  /** All the others count from when the peer was heard last. */
  readonly disconnectedAfterMs: number;
  /** Nothing is sent for longer than this to a peer that gives no sign of life (RFC 7675 §5.1). */
  readonly consentExpiresMs: number;
  readonly lostAfterMs: number;
  /** While it connects, and when nothing else is to be waited for. */
  readonly lookEveryMs: number;
}

export const CLIENT_LIVENESS: LivenessTimes = {
  setupTimeoutMs: 30_000,
  disconnectedAfterMs: 5_000,
  consentExpiresMs: 30_000,
  lostAfterMs: 35_000,
  lookEveryMs: 500,
};

/** Nodes check twice a second at least, both of them, and a relay wants to try another route soon. */
export const LINK_LIVENESS: LivenessTimes = {
  setupTimeoutMs: 15_000,
  disconnectedAfterMs: 1_500,
  // What is sent into an outage shorter than this finds the link up again at once.
  consentExpiresMs: 15_000,
  lostAfterMs: 15_000,
  lookEveryMs: 200,
};

/** Within a process silence is not a sign of failure: a shard that ends is noticed directly. */
export const IN_PROCESS_LIVENESS: LivenessTimes = {
  setupTimeoutMs: Number.POSITIVE_INFINITY,
  disconnectedAfterMs: Number.POSITIVE_INFINITY,
  consentExpiresMs: Number.POSITIVE_INFINITY,
  lostAfterMs: Number.POSITIVE_INFINITY,
  lookEveryMs: Number.POSITIVE_INFINITY,
};

/** What is due for many peers wakes the process a few times a second only. */
const GRID_MS = 250;

/** The transport whose peer is watched. */
export interface WatchedTransport {
  readonly context: Pick<EngineContext, 'timers' | 'standstill'>;
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
  readonly #standstill: Standstill;
  readonly #openedMs: number;
  #heardMs: number;
  /** How long we had stood still by then. */
  readonly #stillWhenOpenedMs: number;
  #stillWhenHeardMs: number;
  deadlineMs = Number.POSITIVE_INFINITY;
  heapIndex = -1;

  constructor(nowMs: number, transport: WatchedTransport, times: LivenessTimes) {
    this.#transport = transport;
    this.#times = times;
    this.#standstill = transport.context.standstill;
    this.#standstill.watch(nowMs);
    this.#openedMs = nowMs;
    this.#heardMs = nowMs;
    this.#stillWhenOpenedMs = this.#standstill.totalMs(nowMs);
    this.#stillWhenHeardMs = this.#stillWhenOpenedMs;
    this.#lookAfter(nowMs, times.lookEveryMs);
  }

  heard(nowMs: number): void {
    this.#heardMs = nowMs;
    this.#stillWhenHeardMs = this.#standstill.knownMs;
    if (this.#transport.state !== 'disconnected') return;
    this.#lookAfter(nowMs, this.#times.disconnectedAfterMs);
    this.#transport.setState('connected');
    this.#transport.regainConsent();
  }

  /** For how long the transport has been open, and for how long the peer has been silent. */
  times(nowMs: number): { readonly openMs: number; readonly silentMs: number } {
    return { openMs: nowMs - this.#openedMs, silentMs: nowMs - this.#heardMs };
  }

  fire(nowMs: number): void {
    const stillMs = this.#standstill.totalMs(nowMs);
    if (!this.#transport.isSecure) {
      this.#lookAfter(nowMs, this.#times.lookEveryMs);
      const waitedMs = nowMs - this.#openedMs - (stillMs - this.#stillWhenOpenedMs);
      if (waitedMs >= this.#times.setupTimeoutMs) this.#transport.expire(nowMs, 'setup_timeout');
      return;
    }
    const { disconnectedAfterMs, consentExpiresMs, lostAfterMs } = this.#times;
    const silentMs = nowMs - this.#heardMs;
    const silentWhileListeningMs = silentMs - (stillMs - this.#stillWhenHeardMs);
    // It sleeps until something follows from the silence: of thousands of peers most are heard before.
    const next = [disconnectedAfterMs - silentMs, consentExpiresMs - silentMs].filter((afterMs) => afterMs > 0);
    this.#lookAfter(nowMs, Math.min(...next, Math.max(this.#times.lookEveryMs, lostAfterMs - silentWhileListeningMs)));
    if (silentWhileListeningMs >= lostAfterMs) this.#transport.expire(nowMs, 'connection_lost');
    else if (silentMs >= disconnectedAfterMs) this.#transport.setState('disconnected');
    if (silentMs >= consentExpiresMs) this.#transport.loseConsent();
  }

  fail(error: unknown): void {
    this.#transport.reportDefect(error);
  }

  close(): void {
    this.#transport.context.timers.cancel(this);
    this.#standstill.unwatch();
  }

  #lookAfter(nowMs: number, afterMs: number): void {
    this.#transport.context.timers.schedule(onGrid(nowMs + afterMs, GRID_MS), this);
  }
}
