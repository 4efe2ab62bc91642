/** Counts what each app uses on this node and compares it with the app's bounds. Apps without sessions take no memory here. */
import { SfuError } from '@causeway/protocol';

export const APP_REFUSALS = ['sessions', 'unconnected_sessions', 'tracks', 'egress', 'quota', 'subject_sessions'] as const;

/** The bound, of its app or of its token's subject, for which a call was refused. */
export type AppRefusal = (typeof APP_REFUSALS)[number];

/** `closed`: no new subscriptions; `paused`: existing ones are sent nothing either. */
export type QuotaState = 'open' | 'closed' | 'paused';

/** Clients that connect do so within seconds; those that never do keep their place for thirty seconds. */
const MIN_RETRY_AFTER_MS = 1_000;
const RETRY_SPREAD_MS = 4_000;

/** The token subject for which a session is created; the token may limit the number of its sessions. */
export interface SessionHolder {
  readonly sub: string;
  readonly maxSessions: number | undefined;
}

interface Share {
  readonly appId: string;
  bounds: AppBounds;
  sessions: number;
  unconnected: number;
  tracks: number;
  isOverEgress: boolean;
  quota: QuotaState;
  /** Sessions by subject. */
  readonly sessionsOf: Map<string, number>;
}

export class AppShares {
  readonly #defaults: AppBounds;
  readonly #random: () => number;
  readonly #shares = new Map<string, Share>();
  /** Apps whose quota is exhausted, with or without sessions. */
  readonly #quotas = new Map<string, QuotaState>();
  readonly #refused = new Map<AppRefusal, number>(APP_REFUSALS.map((refusal) => [refusal, 0]));

  /** @param random uniform in [0, 1) */
  constructor(defaults: AppBounds, random: () => number) {
    this.#defaults = defaults;
    this.#random = random;
  }

  /**
   * Counts a session, beginning before it is created and ending when it leaves its place.
   *
   * @param bounds where they differ from the defaults; they apply to the app's existing sessions too. Undefined keeps
   * the current bounds
   * @throws quota_exceeded – the app or the holder has reached its number of sessions
   * @throws rate_limited – too many of the app's sessions are not connected yet; `retryAfterMs` is random
   */
  takePlace(appId: string, bounds: Partial<AppBounds> | undefined, holder?: SessionHolder): SessionPlace {
    const share = this.#shares.get(appId) ?? newShare(appId, this.#defaults, this.#quotas.get(appId));
    if (bounds !== undefined) share.bounds = { ...this.#defaults, ...bounds };
    const { maxSessions, maxUnconnectedSessions } = share.bounds;
    if (share.sessions >= maxSessions) {
      throw this.#refuse('sessions', 'quota_exceeded', `app ${appId} is limited to ${maxSessions} sessions on this node`);
    }
    if (share.unconnected >= maxUnconnectedSessions) {
      const retryAfterMs = Math.round(MIN_RETRY_AFTER_MS + this.#random() * RETRY_SPREAD_MS);
      const message = `app ${appId} is limited to ${maxUnconnectedSessions} sessions on this node whose clients have not connected yet`;
      throw this.#refuse('unconnected_sessions', 'rate_limited', message, retryAfterMs);
    }
    const held = holder === undefined ? 0 : (share.sessionsOf.get(holder.sub) ?? 0);
    if (holder?.maxSessions !== undefined && held >= holder.maxSessions) {
      const message = `the token limits its subject to ${holder.maxSessions} sessions on this node`;
      throw this.#refuse('subject_sessions', 'quota_exceeded', message);
    }
    share.sessions++;
    share.unconnected++;
    if (holder !== undefined) share.sessionsOf.set(holder.sub, held + 1);
    this.#shares.set(appId, share);
    return new SessionPlace(share, {
      onLeft: () => {
        if (holder !== undefined) leaveHolder(share, holder);
        if (share.sessions === 0) this.#shares.delete(appId);
      },
      refuse: (refusal, message) => this.#refuse(refusal, 'quota_exceeded', message),
    });
  }

  /** Returns the egress limits of the apps that have one. */
  limitedEgress(): ReadonlyMap<string, number> {
    const limits = [...this.#shares.values()].map(({ appId, bounds, quota }): [string, number] => [
      appId,
      quota === 'paused' ? 0 : bounds.maxEgressBps,
    ]);
    return new Map(limits.filter(([, limitBps]) => limitBps < Number.POSITIVE_INFINITY));
  }

  /** Records whether an app is above its egress limit. New subscriptions are refused while it is. */
  noteEgress(appId: string, isOverEgress: boolean): void {
    const share = this.#shares.get(appId);
    if (share !== undefined) share.isOverEgress = isOverEgress;
  }

  /** Records what the quota of an app now allows. */
  noteQuota(appId: string, state: QuotaState): void {
    if (state === 'open') this.#quotas.delete(appId);
    else this.#quotas.set(appId, state);
    const share = this.#shares.get(appId);
    if (share !== undefined) share.quota = state;
  }

  quotaOf(appId: string): QuotaState {
    return this.#quotas.get(appId) ?? 'open';
  }

  /** Returns a copy of the counts by bound, including zeros. */
  refused(): Readonly<Record<AppRefusal, number>> {
    return Object.fromEntries(this.#refused) as Record<AppRefusal, number>;
  }

  #refuse(refusal: AppRefusal, code: 'quota_exceeded' | 'rate_limited', message: string, retryAfterMs?: number): SfuError {
    this.#refused.set(refusal, (this.#refused.get(refusal) ?? 0) + 1);
    return new SfuError(code, message, retryAfterMs === undefined ? {} : { retryAfterMs });
  }
}

interface PlaceKeeper {
  onLeft(): void;
  refuse(refusal: AppRefusal, message: string): SfuError;
}

/** What one session uses of its app's share. */
export class SessionPlace {
  readonly #share: Share;
  readonly #keeper: PlaceKeeper;
  #tracks = 0;
  #isUnconnected = true;
  #hasLeft = false;
  #isOccupied = false;

  constructor(share: Share, keeper: PlaceKeeper) {
    this.#share = share;
    this.#keeper = keeper;
  }

  /** Whether the session exists; it then gives the place back when it ends. */
  get isOccupied(): boolean {
    return this.#isOccupied;
  }

  occupy(): void {
    this.#isOccupied = true;
  }

  /** The client has connected. If the connection fails later, the session does not count as unconnected again. */
  noteConnected(): void {
    if (this.#isUnconnected && !this.#hasLeft) this.#share.unconnected--;
    this.#isUnconnected = false;
  }

  /** Records the current number of publications and subscriptions of the session. */
  noteTracks(count: number): void {
    if (this.#hasLeft) return;
    this.#share.tracks += count - this.#tracks;
    this.#tracks = count;
  }

  /**
   * @param count publications and subscriptions that the session would have; fewer than at present are always allowed
   * @throws quota_exceeded – the app would exceed its bound
   */
  checkTracks(count: number): void {
    const { appId, bounds, tracks } = this.#share;
    if (count <= this.#tracks || tracks - this.#tracks + count <= bounds.maxTracks) return;
    throw this.#keeper.refuse('tracks', `app ${appId} is limited to ${bounds.maxTracks} tracks and subscriptions on this node`);
  }

  /** @throws quota_exceeded – the app has reached its egress limit, or used its quota for this month */
  checkEgress(): void {
    const { appId, bounds, isOverEgress, quota } = this.#share;
    if (quota !== 'open') throw this.#keeper.refuse('quota', `app ${appId} has used its quota for this month`);
    if (!isOverEgress) return;
    const message = `the sessions of app ${appId} on this node have reached the egress limit of ${bounds.maxEgressBps / 1e6} Mbit/s`;
    throw this.#keeper.refuse('egress', message);
  }

  /** Gives the place back; further calls do nothing. */
  leave(): void {
    if (this.#hasLeft) return;
    this.noteTracks(0);
    this.noteConnected();
    this.#hasLeft = true;
    this.#share.sessions--;
    this.#keeper.onLeft();
  }
}

function newShare(appId: string, bounds: AppBounds, quota: QuotaState = 'open'): Share {
  return { appId, bounds, sessions: 0, unconnected: 0, tracks: 0, isOverEgress: false, quota, sessionsOf: new Map() };
}

function leaveHolder({ sessionsOf }: Share, { sub }: SessionHolder): void {
  const left = (sessionsOf.get(sub) ?? 1) - 1;
  if (left === 0) sessionsOf.delete(sub);
  else sessionsOf.set(sub, left);
}

/** Limits of one app on one node, which leave room for other apps. */
export interface AppBounds {
  /** Infinite: limited only by the node. */
  readonly maxSessions: number;
  /** Sessions whose client has not connected yet; each costs an attacker one HTTP call. */
  readonly maxUnconnectedSessions: number;
  /** Publications and subscriptions of all its sessions together. */
  readonly maxTracks: number;
  /** RTP sent to its sessions, in bits per second; infinite for no limit. */
  readonly maxEgressBps: number;
}

/** A flood of sessions that never connect leaves nine tenths of the node to other apps. */
const UNCONNECTED_SHARE_OF_NODE = 0.1;
/** Even a small node must admit the clients of one event that arrive together. */
const MIN_UNCONNECTED = 100;
const DEFAULT_MAX_TRACKS = 100_000;

/** The default bounds of apps. An app that is alone on its node does not reach them. */
export function defaultAppBounds(maxSessionsOfNode: number): AppBounds {
  return {
    maxSessions: Number.POSITIVE_INFINITY,
    maxUnconnectedSessions: Math.max(MIN_UNCONNECTED, Math.round(maxSessionsOfNode * UNCONNECTED_SHARE_OF_NODE)),
    maxTracks: DEFAULT_MAX_TRACKS,
    maxEgressBps: Number.POSITIVE_INFINITY,
  };
}
