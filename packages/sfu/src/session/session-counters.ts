import { SESSION_CLOSE_REASONS, type SessionCloseReason, type SfuEvent } from '../events.ts';

/** Failures of data channels that their users should know about. */
export interface DataTroubles {
  /** Channels that could not be published, or not be delivered to a subscriber. */
  readonly failed: number;
  /** Subscriptions that were ended because their peer was too slow. */
  readonly overflow: number;
  /** How often subscribers were notified of messages that were too long for them. */
  readonly oversized: number;
}

/** Counts the sessions, their ends by reason, and failures of their data channels. */
export class SessionCounters {
  #created = 0;
  readonly #troubles = { failed: 0, overflow: 0, oversized: 0 };
  readonly #closed = new Map<SessionCloseReason, number>(SESSION_CLOSE_REASONS.map((reason) => [reason, 0]));

  note(event: SfuEvent): void {
    if (event.type === 'session.created') this.#created++;
    else if (event.type === 'session.closed') this.#closed.set(event.reason, (this.#closed.get(event.reason) ?? 0) + 1);
    else if (event.type === 'datachannel.failed') this.#troubles.failed++;
    else if (event.type === 'datachannel.overflow') this.#troubles.overflow++;
    else if (event.type === 'datachannel.oversized') this.#troubles.oversized++;
  }

  get created(): number {
    return this.#created;
  }

  dataTroubles(): DataTroubles {
    return { ...this.#troubles };
  }

  /** Returns a copy of the counts by reason, including zeros. */
  closed(): Readonly<Record<SessionCloseReason, number>> {
    return Object.fromEntries(this.#closed) as Record<SessionCloseReason, number>;
  }
}
