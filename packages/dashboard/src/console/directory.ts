/** The sessions of the app with their tracks and data channels, kept up to date by polling while the page is shown. */

import type { Clock, SfuApi } from '@causeway/client';
import type { PublishedDataChannelResult, SessionSummary, TrackSummary } from '@causeway/protocol';
import { createStore, type Store } from './store.ts';

/** Sessions listed at most. */
export const SESSIONS_PER_PAGE = 200;

export interface ListedSession extends SessionSummary {
  /** Undefined until asked for. */
  readonly tracks: readonly TrackSummary[] | undefined;
  readonly tracksFetchedAtMs: number | undefined;
  /** Those that it publishes; empty until asked for. */
  readonly dataChannels: readonly PublishedDataChannelResult[];
}

export type DirectoryState =
  | { readonly phase: 'loading'; readonly sessions: readonly [] }
  | { readonly phase: 'current'; readonly sessions: readonly ListedSession[] }
  /** The list as it was when the node last answered. */
  | { readonly phase: 'stale'; readonly sessions: readonly ListedSession[]; readonly failure: unknown };

export interface Directory {
  readonly state: Store<DirectoryState>;
  /** Polls at once and from then on; does nothing if it does already. */
  start(): void;
  stop(): void;
  /** Polls out of turn, because something is known to have changed. */
  refresh(): Promise<void>;
  /** Stops and forgets everything. */
  reset(): void;
}

export interface DirectoryOptions {
  readonly api: Pick<SfuApi, 'listSessions' | 'listTracks' | 'listDataChannels'>;
  readonly clock: Clock;
  readonly isWatched: (sessionId: string) => boolean;
}

const POLL_INTERVAL_MS = 2_000;
const MAX_POLL_INTERVAL_MS = 10_000;
const NOTHING_YET: DirectoryState = { phase: 'loading', sessions: [] };

export function createDirectory(options: DirectoryOptions): Directory {
  return new PollingDirectory(options);
}

class PollingDirectory implements Directory {
  readonly state = createStore<DirectoryState>(NOTHING_YET);
  readonly #options: DirectoryOptions;
  #running: AbortController | undefined;
  #failures = 0;

  constructor(options: DirectoryOptions) {
    this.#options = options;
  }

  start(): void {
    if (this.#running !== undefined) return;
    this.#running = new AbortController();
    void this.#pollUntil(this.#running.signal);
  }

  stop(): void {
    this.#running?.abort();
    this.#running = undefined;
  }

  reset(): void {
    this.stop();
    this.#failures = 0;
    this.state.write(NOTHING_YET);
  }

  refresh(): Promise<void> {
    return this.#poll(this.#running?.signal);
  }

  async #pollUntil(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await this.#poll(signal);
      await this.#options.clock.wait(Math.min(POLL_INTERVAL_MS * 2 ** this.#failures, MAX_POLL_INTERVAL_MS));
    }
  }

  async #poll(signal: AbortSignal | undefined): Promise<void> {
    try {
      const sessions = await this.#list(signal);
      if (signal?.aborted) return;
      this.#failures = 0;
      this.state.write({ phase: 'current', sessions });
    } catch (failure) {
      if (signal?.aborted) return;
      this.#failures += 1;
      this.state.write({ phase: 'stale', sessions: this.state.read().sessions, failure });
    }
  }

  async #list(signal: AbortSignal | undefined): Promise<readonly ListedSession[]> {
    const { api, clock, isWatched } = this.#options;
    const listed = mergeListing(this.state.read().sessions, await api.listSessions({ limit: SESSIONS_PER_PAGE }, signal));
    const chosen = chooseTrackRefreshes(
      listed.map(({ sessionId, tracksFetchedAtMs }) => ({
        sessionId,
        fetchedAtMs: tracksFetchedAtMs,
        isWatched: isWatched(sessionId),
      })),
    );
    const fetched = await Promise.all(chosen.map(async (id) => [id, await this.#listPublished(id, signal)] as const));
    return withPublished(listed, new Map(fetched), clock.nowMs());
  }

  /** A session may end between two calls; that is no failure of the listing. */
  async #listPublished(sessionId: string, signal: AbortSignal | undefined): Promise<Published> {
    const { api } = this.#options;
    const [tracks, channels] = await Promise.all([
      api.listTracks(sessionId, signal).catch(() => []),
      api.listDataChannels(sessionId, signal).catch(() => undefined),
    ]);
    return { tracks, dataChannels: channels?.published ?? [] };
  }
}

interface Published {
  readonly tracks: readonly TrackSummary[];
  readonly dataChannels: readonly PublishedDataChannelResult[];
}

/** Sessions keep the place where they were first seen: a list that is being clicked on must not shuffle. */
export function mergeListing(known: readonly ListedSession[], listed: readonly SessionSummary[]): readonly ListedSession[] {
  const summaries = new Map(listed.map((summary) => [summary.sessionId, summary]));
  const staying = known.flatMap((session) => {
    const summary = summaries.get(session.sessionId);
    summaries.delete(session.sessionId);
    return summary === undefined ? [] : { ...session, ...summary };
  });
  const arriving = [...summaries.values()].map((summary) => ({
    ...summary,
    tracks: undefined,
    tracksFetchedAtMs: undefined,
    dataChannels: [],
  }));
  return [...staying, ...arriving];
}

function withPublished(
  sessions: readonly ListedSession[],
  fetched: ReadonlyMap<string, Published>,
  nowMs: number,
): readonly ListedSession[] {
  return sessions.map((session) => {
    const published = fetched.get(session.sessionId);
    return published === undefined ? session : { ...session, ...published, tracksFetchedAtMs: nowMs };
  });
}

/**
 * Whose tracks to fetch in this round of polling. The API lists tracks session by session, so an app with hundreds of sessions
 * must not cost hundreds of calls every two seconds: sessions never asked about come first, then the ones asked longest ago.
 */
export interface TrackRefresh {
  readonly sessionId: string;
  /** Undefined: never. */
  readonly fetchedAtMs: number | undefined;
  /** The session is shown: its turn comes in every round. */
  readonly isWatched: boolean;
}

export const MAX_FETCHES_PER_ROUND = 8;

export function chooseTrackRefreshes(sessions: readonly TrackRefresh[]): readonly string[] {
  return [...sessions]
    .sort((a, b) => urgency(a) - urgency(b))
    .slice(0, MAX_FETCHES_PER_ROUND)
    .map(({ sessionId }) => sessionId);
}

function urgency({ isWatched, fetchedAtMs }: TrackRefresh): number {
  return isWatched || fetchedAtMs === undefined ? Number.NEGATIVE_INFINITY : fetchedAtMs;
}
