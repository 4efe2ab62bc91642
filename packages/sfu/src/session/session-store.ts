import { SfuError, type TokenGrants } from '@causeway/protocol';
import type { Clock } from '../clock.ts';
import type { SessionCloseReason } from '../events.ts';
import { subscriptions } from '../negotiation/index.ts';
import type { Session } from './session.ts';
import { mayChange, maySee, type SessionOwner } from './session-access.ts';
import { sessionClosedError } from './session-life.ts';

/** How long calls for a closed session are answered with the reason instead of "not found" (docs/api.md §5). */
const TOMBSTONE_MS = 10 * 60_000;
/** These take about 30 MB; above this number, the oldest are forgotten early. */
const MAX_TOMBSTONES = 100_000;

interface Tombstone {
  readonly appId: string;
  readonly owner: SessionOwner | undefined;
  readonly reason: SessionCloseReason;
  readonly closedAtMs: number;
  readonly closedAt: string;
}

/** The sessions of this node, and for a while those that have ended. */
export class SessionStore {
  readonly #clock: Clock;
  readonly #open = new Map<string, Session>();
  /** In the order of their ends, so that the oldest are at the front. */
  readonly #tombstones = new Map<string, Tombstone>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  add(session: Session): void {
    this.#open.set(session.id, session);
  }

  /** Records that a session has ended. */
  close(session: Session): void {
    if (!this.#open.delete(session.id) || session.life.type !== 'closed') return;
    const { reason, closedAtMs, closedAt } = session.life;
    this.#tombstones.set(session.id, { appId: session.appId, owner: session.owner, reason, closedAtMs, closedAt });
    this.#forgetOld();
  }

  /** @returns undefined if the app never had such a session, or not recently */
  endOf(appId: string, sessionId: string): SfuError | undefined {
    this.#forgetOld();
    const tombstone = this.#tombstones.get(sessionId);
    return tombstone?.appId === appId ? sessionClosedError(sessionId, tombstone) : undefined;
  }

  /** @returns why a session of this app ended; undefined if it has not, or not recently */
  closeReasonOf(appId: string, sessionId: string): SessionCloseReason | undefined {
    this.#forgetOld();
    const tombstone = this.#tombstones.get(sessionId);
    return tombstone?.appId === appId ? tombstone.reason : undefined;
  }

  /** Finds a session of any app, for the engine's events. */
  byId(sessionId: string): Session | undefined {
    return this.#open.get(sessionId);
  }

  find(appId: string, sessionId: string): Session | undefined {
    const session = this.#open.get(sessionId);
    return session?.appId === appId ? session : undefined;
  }

  /**
   * @throws session_closed – it has ended within the last ten minutes
   * @throws session_not_found – this app has no such session
   */
  require(appId: string, sessionId: string): Session {
    const session = this.find(appId, sessionId);
    if (session !== undefined) return session;
    throw this.endOf(appId, sessionId) ?? this.notFound(appId, sessionId);
  }

  /** Returns the owner of a session that is open or has ended recently; undefined if it has none or belongs to another app. */
  ownerOf(appId: string, sessionId: string): SessionOwner | undefined {
    const session = this.#open.get(sessionId) ?? this.#tombstones.get(sessionId);
    return session?.appId === appId ? session.owner : undefined;
  }

  notFound(appId: string, sessionId: string): SfuError {
    return new SfuError('session_not_found', `app ${appId} has no session ${sessionId}`);
  }

  get size(): number {
    return this.#open.size;
  }

  get tombstoneCount(): number {
    return this.#tombstones.size;
  }

  all(): readonly Session[] {
    return [...this.#open.values()];
  }

  #forgetOld(): void {
    const oldestMs = this.#clock.nowMs() - TOMBSTONE_MS;
    for (const [sessionId, { closedAtMs }] of this.#tombstones) {
      if (closedAtMs >= oldestMs && this.#tombstones.size <= MAX_TOMBSTONES) return;
      this.#tombstones.delete(sessionId);
    }
  }
}

/**
 * @throws session_closed – it has ended within the last ten minutes
 * @throws session_not_found – this app has no such session, or the caller may not see it
 */
export function requireVisible(store: SessionStore, appId: string, sessionId: string, caller: TokenGrants | undefined): Session {
  if (!maySee(caller, sessionId, store.ownerOf(appId, sessionId))) throw store.notFound(appId, sessionId);
  return store.require(appId, sessionId);
}

/**
 * Returns the session, which records the caller as the last one that was allowed to change it.
 *
 * @throws forbidden – the caller may see the session but not change it
 * @throws whatever `requireVisible` throws
 */
export function requireOwn(store: SessionStore, appId: string, sessionId: string, caller: TokenGrants | undefined): Session {
  const session = requireVisible(store, appId, sessionId, caller);
  if (caller === undefined) return session;
  if (!mayChange(caller, sessionId, session.owner))
    throw new SfuError('forbidden', `session ${sessionId} does not belong to the subject of this token`);
  session.noteCaller(caller);
  return session;
}

/** Counts the subscriptions of sessions on this node that receive a track or data channel. */
export function countSubscribers(store: SessionStore, publicationId: string): number {
  let count = 0;
  for (const { negotiation, data } of store.all()) {
    for (const { subscription } of subscriptions(negotiation)) if (subscription.sourceTrackId === publicationId) count++;
    for (const subscription of data.subscribed.all()) if (subscription.publicationId === publicationId) count++;
  }
  return count;
}
