import { SESSION_CLOSE_REASONS, type SessionCloseReason, type SfuEvent } from '../events.ts';

/** How many sessions there have been, and how they ended. */
export class SessionCounters {
  #created = 0;
  readonly #closed = new Map<SessionCloseReason, number>(SESSION_CLOSE_REASONS.map((reason) => [reason, 0]));

  note(event: SfuEvent): void {
    if (event.type === 'session.created') this.#created++;
    else if (event.type === 'session.closed') this.#closed.set(event.reason, (this.#closed.get(event.reason) ?? 0) + 1);
  }

  get created(): number {
    return this.#created;
  }

  /** By reason, zeros included; a copy. */
  closed(): Readonly<Record<SessionCloseReason, number>> {
    return Object.fromEntries(this.#closed) as Record<SessionCloseReason, number>;
  }
}
