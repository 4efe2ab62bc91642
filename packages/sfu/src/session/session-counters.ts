import { Histogram, type HistogramBounds, type HistogramCounts } from '@causeway/media';
import { SESSION_CLOSE_REASONS, type SessionCloseReason, type SfuEvent } from '../events.ts';

/** Classes of the time that joining takes. */
export const JOIN_BOUNDS_MS: HistogramBounds = [50, 100, 250, 500, 1_000, 2_000, 5_000, 10_000, 30_000];

/** Failures of data channels that their users should know about. */
export interface DataTroubles {
  /** Channels that could not be published, or not be delivered to a subscriber. */
  readonly failed: number;
  /** Subscriptions that were ended because their peer was too slow. */
  readonly overflow: number;
  /** How often subscribers were notified of messages that were too long for them. */
  readonly oversized: number;
}

/** Counts the sessions, their ends by reason, how long they took to connect, and failures of their data channels. */
export class SessionCounters {
  readonly #nowMs: () => number;
  readonly #joins = new Histogram(JOIN_BOUNDS_MS);
  /** When the sessions were created whose clients have not connected yet. */
  readonly #joiningSinceMs = new Map<string, number>();
  #created = 0;
  readonly #troubles = { failed: 0, overflow: 0, oversized: 0 };
  readonly #closed = new Map<SessionCloseReason, number>(SESSION_CLOSE_REASONS.map((reason) => [reason, 0]));

  /** @param nowMs monotonic time */
  constructor(nowMs: () => number) {
    this.#nowMs = nowMs;
  }

  note(event: SfuEvent): void {
    if (event.type === 'session.created') this.#noteCreated(event.sessionId);
    else if (event.type === 'session.closed') this.#noteClosed(event.sessionId, event.reason);
    else if (event.type === 'session.state' && event.connectionState === 'connected') this.#noteConnected(event.sessionId);
    else if (event.type === 'datachannel.failed') this.#troubles.failed++;
    else if (event.type === 'datachannel.overflow') this.#troubles.overflow++;
    else if (event.type === 'datachannel.oversized') this.#troubles.oversized++;
  }

  get created(): number {
    return this.#created;
  }

  /** How long clients took to connect. */
  joins(): HistogramCounts {
    return this.#joins.snapshot();
  }

  dataTroubles(): DataTroubles {
    return { ...this.#troubles };
  }

  /** Returns a copy of the counts by reason, including zeros. */
  closed(): Readonly<Record<SessionCloseReason, number>> {
    return Object.fromEntries(this.#closed) as Record<SessionCloseReason, number>;
  }

  #noteCreated(sessionId: string): void {
    this.#created++;
    this.#joiningSinceMs.set(sessionId, this.#nowMs());
  }

  /** Only the first time counts, because a client that lost its path and returns does not join. */
  #noteConnected(sessionId: string): void {
    const sinceMs = this.#joiningSinceMs.get(sessionId);
    if (sinceMs !== undefined) this.#joins.record(this.#nowMs() - sinceMs);
    this.#joiningSinceMs.delete(sessionId);
  }

  #noteClosed(sessionId: string, reason: SessionCloseReason): void {
    this.#joiningSinceMs.delete(sessionId);
    this.#closed.set(reason, (this.#closed.get(reason) ?? 0) + 1);
  }
}
