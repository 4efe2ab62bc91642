/**
 * Detects whether the peer is still there. A side that never sends checks learns this from what it receives.
 *
 * @see RFC 7675 §5.1 (consent): an authenticated check or an authenticated packet counts
 */
import type { ConnectionState, TransportCloseReason } from '../plan.ts';
import type { Timer, Timers } from '../timers.ts';

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
  /** Timers of many peers are aligned to this grid, so that they wake the process only a few times per second. */
  readonly gridMs: number;
}

export const CLIENT_LIVENESS: LivenessTimes = {
  setupTimeoutMs: 30_000,
  disconnectedAfterMs: 5_000,
  consentExpiresMs: 30_000,
  lostAfterMs: 35_000,
  lookEveryMs: 500,
  gridMs: 250,
};

/** Both nodes check at least twice a second, and a relay should soon try another route. */
export const LINK_LIVENESS: LivenessTimes = {
  setupTimeoutMs: 15_000,
  disconnectedAfterMs: 1_500,
  // Packets sent during a shorter outage find the link up again as soon as it ends.
  consentExpiresMs: 15_000,
  lostAfterMs: 15_000,
  lookEveryMs: 200,
  gridMs: 50,
};

/** Within a process, silence is not a sign of failure: a shard that ends is noticed directly. */
export const IN_PROCESS_LIVENESS: LivenessTimes = {
  setupTimeoutMs: Number.POSITIVE_INFINITY,
  disconnectedAfterMs: Number.POSITIVE_INFINITY,
  consentExpiresMs: Number.POSITIVE_INFINITY,
  lostAfterMs: Number.POSITIVE_INFINITY,
  lookEveryMs: Number.POSITIVE_INFINITY,
  gridMs: 250,
};

const LOOK_FOR_STANDSTILL_EVERY_MS = 500;
const STANDSTILL_GRID_MS = 250;
/** A delay this long cannot be due to the work of other timers. */
const STOOD_STILL_MS = 1_000;
/** How many delays are remembered. More of them do not fit between a peer's last packet and its loss. */
const MAX_STOPS = 64;

/** The connection whose peer is watched. */
export interface WatchedConnection {
  readonly context: { readonly timers: Timers; readonly standstill: Standstill };
  readonly state: ConnectionState;
  readonly isSecure: boolean;
  /** When the peer was last heard; at first, when the transport was opened. */
  readonly heardMs: number;
  setState(state: ConnectionState): void;
  loseConsent(): void;
  regainConsent(): void;
  expire(nowMs: number, reason: TransportCloseReason): void;
  reportDefect(error: unknown): void;
}

export class Liveness implements Timer {
  readonly #connection: WatchedConnection;
  readonly #times: LivenessTimes;
  readonly #standstill: Standstill;
  readonly #openedMs: number;
  deadlineMs = Number.POSITIVE_INFINITY;
  heapIndex = -1;

  constructor(nowMs: number, connection: WatchedConnection, times: LivenessTimes) {
    this.#connection = connection;
    this.#times = times;
    this.#standstill = connection.context.standstill;
    this.#standstill.watch(nowMs);
    this.#openedMs = nowMs;
    this.#lookAfter(nowMs, times.lookEveryMs);
  }

  /** Handles the return of a peer that was disconnected. */
  peerReturned(nowMs: number): void {
    this.#lookAfter(nowMs, this.#times.disconnectedAfterMs);
    this.#connection.setState('connected');
    this.#connection.regainConsent();
  }

  /** For how long the transport has been open, and for how long the peer has been silent. */
  times(nowMs: number): { readonly openMs: number; readonly silentMs: number } {
    return { openMs: nowMs - this.#openedMs, silentMs: nowMs - this.#connection.heardMs };
  }

  fire(nowMs: number): void {
    if (!this.#connection.isSecure) {
      this.#lookAfter(nowMs, this.#times.lookEveryMs);
      const waitedMs = nowMs - this.#openedMs - this.#standstill.sinceMs(nowMs, this.#openedMs);
      if (waitedMs >= this.#times.setupTimeoutMs) this.#connection.expire(nowMs, 'setup_timeout');
      return;
    }
    const { disconnectedAfterMs, consentExpiresMs, lostAfterMs } = this.#times;
    const { heardMs } = this.#connection;
    const silentMs = nowMs - heardMs;
    const silentWhileListeningMs = silentMs - this.#standstill.sinceMs(nowMs, heardMs);
    // The timer sleeps until the silence would have a consequence. Of thousands of peers, most are heard before that.
    const next = [disconnectedAfterMs - silentMs, consentExpiresMs - silentMs].filter((afterMs) => afterMs > 0);
    this.#lookAfter(nowMs, Math.min(...next, Math.max(this.#times.lookEveryMs, lostAfterMs - silentWhileListeningMs)));
    if (silentWhileListeningMs >= lostAfterMs) this.#connection.expire(nowMs, 'connection_lost');
    else if (silentMs >= disconnectedAfterMs) this.#connection.setState('disconnected');
    if (silentMs >= consentExpiresMs) this.#connection.loseConsent();
  }

  fail(error: unknown): void {
    this.#connection.reportDefect(error);
  }

  close(): void {
    this.#connection.context.timers.cancel(this);
    this.#standstill.unwatch();
  }

  #lookAfter(nowMs: number, afterMs: number): void {
    const { timers } = this.#connection.context;
    timers.schedule(timers.onGrid(nowMs + afterMs, this.#times.gridMs), this);
  }
}

/**
 * Measures for how long the engine did not run when it should have, because the process was stopped or the machine slept. No peer could be
 * heard during that time, which does not mean that they were silent.
 */
export class Standstill implements Timer {
  readonly #timers: Timers;
  /** Number of peers that need the measurement. */
  #watchers = 0;
  readonly #stops: { readonly endedMs: number; readonly lengthMs: number }[] = [];
  #lookAtMs = Number.POSITIVE_INFINITY;
  deadlineMs = Number.POSITIVE_INFINITY;
  heapIndex = -1;

  constructor(timers: Timers) {
    this.#timers = timers;
  }

  /** Starts the measurement for another peer. */
  watch(nowMs: number): void {
    if (this.#watchers++ === 0) this.#lookLater(nowMs);
  }

  unwatch(): void {
    if (--this.#watchers === 0) this.#timers.cancel(this);
  }

  /** Returns how long this process has stood still since `fromMs`. */
  sinceMs(nowMs: number, fromMs: number): number {
    // The caller's timer may fire before the late timer of this object.
    if (nowMs - this.#lookAtMs >= STOOD_STILL_MS) this.#note(nowMs);
    let totalMs = 0;
    for (const { endedMs, lengthMs } of this.#stops) totalMs += Math.min(lengthMs, Math.max(0, endedMs - fromMs));
    return totalMs;
  }

  fire(nowMs: number): void {
    this.#note(nowMs);
  }

  fail(): void {
    // `fire` only reads the clock, so it does not fail.
  }

  #note(nowMs: number): void {
    const lateMs = nowMs - this.#lookAtMs;
    if (lateMs >= STOOD_STILL_MS) this.#stops.push({ endedMs: nowMs, lengthMs: lateMs });
    if (this.#stops.length > MAX_STOPS) this.#stops.shift();
    this.#lookLater(nowMs);
  }

  #lookLater(nowMs: number): void {
    this.#lookAtMs = this.#timers.onGrid(nowMs + LOOK_FOR_STANDSTILL_EVERY_MS, STANDSTILL_GRID_MS);
    this.#timers.schedule(this.#lookAtMs, this);
  }
}
