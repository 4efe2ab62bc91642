import type { AppId } from '@causeway/protocol';
import { type AppRecord, MAX_RECORD_AGE_MS } from './app-record.ts';

interface Newest {
  readonly revision: number;
  /** By then, every record that this node has seen is out of date, so it can no longer be mistaken for a newer one. */
  readonly untilMs: number;
}

/**
 * The newest record that this node has seen of each app. An older one was replaced, so it is not believed although it is signed: a person who
 * has left may still know its secret. Kept when the record disappears from Redis, since an intruder who can write an old one there can remove
 * the new one first.
 */
export class NewestRevisions {
  readonly #maxApps: number;
  readonly #newest = new Map<AppId, Newest>();

  constructor(maxApps: number) {
    this.#maxApps = maxApps;
  }

  /**
   * @param nowMs by the cluster's clock
   * @returns false for a record that a newer one has replaced
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
