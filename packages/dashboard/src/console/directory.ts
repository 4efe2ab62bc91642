/** The sessions of the app and their tracks, kept up to date by polling as long as somebody looks. */
import type { SessionSummary, TrackSummary } from '@causeway/protocol';
import type { SfuApi } from '../api/sfu-api.ts';
import type { Clock } from '../session/clock.ts';
import { createStore, type Store } from './store.ts';
import { chooseTrackRefreshes } from './track-refresh.ts';

export interface ListedSession extends SessionSummary {
  /** Undefined until asked for. */
  readonly tracks: readonly TrackSummary[] | undefined;
  readonly tracksFetchedAtMs: number | undefined;
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
  readonly api: Pick<SfuApi, 'listSessions' | 'listTracks'>;
  readonly clock: Clock;
  readonly isWatched: (sessionId: string) => boolean;
}

const POLL_INTERVAL_MS = 2_000;
const MAX_POLL_INTERVAL_MS = 10_000;

export function createDirectory({ api, clock, isWatched }: DirectoryOptions): Directory {
  const state = createStore<DirectoryState>({ phase: 'loading', sessions: [] });
  let running: AbortController | undefined;
  let failures = 0;

  async function poll(signal?: AbortSignal): Promise<void> {
    try {
      const listed = mergeListing(state.read().sessions, await api.listSessions(signal));
      const chosen = chooseTrackRefreshes(
        listed.map(({ sessionId, tracksFetchedAtMs }) => ({
          sessionId,
          fetchedAtMs: tracksFetchedAtMs,
          isWatched: isWatched(sessionId),
        })),
      );
      const fetched = await Promise.all(chosen.map(async (sessionId) => [sessionId, await fetchTracks(sessionId, signal)] as const));
      if (signal?.aborted) return;
      failures = 0;
      state.write({ phase: 'current', sessions: withTracks(listed, new Map(fetched), clock.nowMs()) });
    } catch (failure) {
      if (signal?.aborted) return;
      failures += 1;
      state.write({ phase: 'stale', sessions: state.read().sessions, failure });
    }
  }

  /** A session may end between the two calls; that is no failure of the listing. */
  async function fetchTracks(sessionId: string, signal?: AbortSignal): Promise<readonly TrackSummary[]> {
    return api.listTracks(sessionId, signal).catch(() => []);
  }

  async function pollUntil(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await poll(signal);
      await clock.wait(Math.min(POLL_INTERVAL_MS * 2 ** failures, MAX_POLL_INTERVAL_MS));
    }
  }

  function stop(): void {
    running?.abort();
    running = undefined;
  }

  return {
    state,
    start() {
      if (running !== undefined) return;
      running = new AbortController();
      void pollUntil(running.signal);
    },
    stop,
    refresh: () => poll(running?.signal),
    reset() {
      stop();
      failures = 0;
      state.write({ phase: 'loading', sessions: [] });
    },
  };
}

/** Sessions keep the place where they were first seen: a list that is being clicked on must not shuffle. */
export function mergeListing(known: readonly ListedSession[], listed: readonly SessionSummary[]): readonly ListedSession[] {
  const summaries = new Map(listed.map((summary) => [summary.sessionId, summary]));
  const staying = known.flatMap((session) => {
    const summary = summaries.get(session.sessionId);
    summaries.delete(session.sessionId);
    return summary === undefined ? [] : { ...session, ...summary };
  });
  const arriving = [...summaries.values()].map((summary) => ({ ...summary, tracks: undefined, tracksFetchedAtMs: undefined }));
  return [...staying, ...arriving];
}

function withTracks(
  sessions: readonly ListedSession[],
  fetched: ReadonlyMap<string, readonly TrackSummary[]>,
  nowMs: number,
): readonly ListedSession[] {
  return sessions.map((session) => {
    const tracks = fetched.get(session.sessionId);
    return tracks === undefined ? session : { ...session, tracks, tracksFetchedAtMs: nowMs };
  });
}
