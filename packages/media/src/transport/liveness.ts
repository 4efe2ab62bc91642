/**
 * Detects whether the peer is still there. A side that never sends checks learns this from what it receives.
 *
 * @see RFC 7675 §5.1 (consent): an authenticated check or an authenticated packet counts
 */

import type { EngineContext } from '../engine-context.ts';
import type { ConnectionState, TransportCloseReason } from '../plan.ts';
import { onGrid, type Timer } from '../timers.ts';
import type { Standstill } from './standstill.ts';

export interface LivenessTimes {
  /** From opening the transport until it has keys. */
  readonly setupTimeoutMs: number;
  /** This time and the following ones count from when the peer was last heard. */
  readonly disconnectedAfterMs: number;
  /** Nothing is sent for longer than this to a silent peer (RFC 7675 §5.1). */
  readonly consentExpiresMs: number;
  readonly lostAfterMs: number;
  /** The interval while the transport connects, and when there is nothing else to wait for. */
  readonly lookEveryMs: number;
}

export const CLIENT_LIVENESS: LivenessTimes = {
  setupTimeoutMs: 30_000,
  disconnectedAfterMs: 5_000,
  consentExpiresMs: 30_000,
  lostAfterMs: 35_000,
  lookEveryMs: 500,
};

/** Both nodes check at least twice a second, and a relay should soon try another route. */
export const LINK_LIVENESS: LivenessTimes = {
  setupTimeoutMs: 15_000,
  disconnectedAfterMs: 1_500,
  // Packets sent during a shorter outage find the link up again as soon as it ends.
  consentExpiresMs: 15_000,
  lostAfterMs: 15_000,
  lookEveryMs: 200,
};

/** Within a process, silence is not a sign of failure: a shard that ends is noticed directly. */
export const IN_PROCESS_LIVENESS: LivenessTimes = {
  setupTimeoutMs: Number.POSITIVE_INFINITY,
  disconnectedAfterMs: Number.POSITIVE_INFINITY,
  consentExpiresMs: Number.POSITIVE_INFINITY,
  lostAfterMs: Number.POSITIVE_INFINITY,
  lookEveryMs: Number.POSITIVE_INFINITY,
};

/** Timers of many peers are aligned, so that they wake the process only a few times per second. */
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
  /** `Standstill.totalMs` at that time. */
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
    // The timer sleeps until the silence would have a consequence. Of thousands of peers, most are heard before that.
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
