import type { AppId } from '@causeway/protocol';
import { type AppRecord, MAX_RECORD_AGE_MS } from './app-record.ts';

interface Newest {
  readonly revision: number;
  /** At this time every record that this node has seen has expired, so none of them can be mistaken for a newer one. */
  readonly untilMs: number;
}

/**
 * The newest record that this node has seen of each app. An older record was replaced and is refused although it is
 * signed, since its secret may be known to a person who has left. The entry is kept when the record disappears from
 * Redis, because an intruder who can write an old record there can also delete the new one first.
 */
export class NewestRevisions {
  readonly #maxApps: number;
  readonly #newest = new Map<AppId, Newest>();

  constructor(maxApps: number) {
    this.#maxApps = maxApps;
  }

  /**
   * @param nowMs milliseconds since 1970 by the cluster's clock
   * @returns false for a record that was replaced by a newer one
   */
  admits({ app: { id }, revision, issuedAtMs }: AppRecord, nowMs: number): boolean {
    const newest = this.#newest.get(id);
    if (newest !== undefined && revision < newest.revision && nowMs <= newest.untilMs) return false;
    this.#newest.delete(id);
    this.#newest.set(id, { revision, untilMs: Math.max(newest?.untilMs ?? 0, issuedAtMs + MAX_RECORD_AGE_MS) });
    const [oldest] = this.#newest.keys();
    if (this.#newest.size > this.#maxApps && oldest !== undefined) this.#newest.delete(oldest);
    return true;
  }
}
