/** The sessions of the app with their tracks and data channels: read once, and again where events say that something has changed. */

import type { Clock, SfuApi } from '@causeway/client';
import type { ApiEvent, PublishedDataChannelResult, SessionSummary, TrackSummary } from '@causeway/protocol';
import { createStore, type Store } from './store.ts';

/** Sessions listed at most. */
export const SESSIONS_PER_PAGE = 200;

export interface ListedSession extends SessionSummary {
  /** Undefined until it has been read. */
  readonly tracks: readonly TrackSummary[] | undefined;
  /** The channels that it publishes; empty until they have been read. */
  readonly dataChannels: readonly PublishedDataChannelResult[];
}

export type DirectoryState =
  | { readonly phase: 'loading'; readonly sessions: readonly [] }
  | { readonly phase: 'current'; readonly sessions: readonly ListedSession[] }
  /** The list is that of the node's last answer. */
  | { readonly phase: 'stale'; readonly sessions: readonly ListedSession[]; readonly failure: unknown };

export interface Directory {
  readonly state: Store<DirectoryState>;
  /** Follows the events of the app from now on; does nothing if it does already. */
  start(): void;
  stop(): void;
  /** Reads the list and the tracks of watched sessions at once, because something is known to have changed. */
  refresh(): void;
  /** Stops and forgets everything. */
  reset(): void;
}

export interface DirectoryOptions {
  readonly api: Pick<SfuApi, 'listSessions' | 'listTracks' | 'listDataChannels' | 'events'>;
  readonly clock: Clock;
  readonly isWatched: (sessionId: string) => boolean;
}

/** Events that are closer together than this cause only one read. */
const REST_MS = 1_000;
const RETRY_MS = 2_000;
const MAX_RETRY_MS = 10_000;
/** The API lists tracks by session, and an app with hundreds of sessions must not cause hundreds of calls at once. */
export const MAX_FETCHES_PER_ROUND = 8;
const NOTHING_YET: DirectoryState = { phase: 'loading', sessions: [] };

const CHANGES_LIST: ReadonlySet<ApiEvent['type']> = new Set([
  'session.created',
  'session.connected',
  'session.disconnected',
  'session.closed',
  'events.lost',
]);
const CHANGES_TRACKS = /^(?:track|datachannel)\./;

export function createDirectory(options: DirectoryOptions): Directory {
  return new LiveDirectory(options);
}

class LiveDirectory implements Directory {
  readonly state = createStore<DirectoryState>(NOTHING_YET);
  readonly #options: DirectoryOptions;
  /** Sessions whose tracks have changed since they were read. */
  readonly #changed = new Set<string>();
  #running: AbortController | undefined;
  #isListDue = false;
  #isReading = false;
  #failures = 0;

  constructor(options: DirectoryOptions) {
    this.#options = options;
  }

  start(): void {
    if (this.#running !== undefined) return;
    this.#running = new AbortController();
    void this.#follow(this.#running.signal);
  }

  stop(): void {
    this.#running?.abort();
    this.#running = undefined;
  }

  reset(): void {
    this.stop();
    this.#failures = 0;
    this.#changed.clear();
    this.state.write(NOTHING_YET);
  }

  refresh(): void {
    const { isWatched } = this.#options;
    for (const { sessionId } of this.state.read().sessions) if (isWatched(sessionId)) this.#changed.add(sessionId);
    this.#readList();
  }

  async #follow(signal: AbortSignal): Promise<void> {
    // What happened before the stream was open is in the list that is read then.
    const onOpen = () => this.refresh();
    const onLost = (failure: unknown) => this.#noteStale(failure ?? new Error('The node has closed the event stream.'));
    try {
      for await (const event of this.#options.api.events({ signal, onOpen, onLost })) this.#noteEvent(event);
    } catch (failure) {
      if (signal.aborted) return;
      // Without events, show at least the present list, marked as stale.
      await this.#read(signal);
      this.#noteStale(failure);
    }
  }

  #noteEvent({ type, sessionId }: ApiEvent): void {
    if (CHANGES_TRACKS.test(type) && sessionId !== undefined) this.#changed.add(sessionId);
    else if (!CHANGES_LIST.has(type)) return;
    this.#readList(CHANGES_LIST.has(type));
  }

  #readList(isListDue = true): void {
    this.#isListDue ||= isListDue;
    if (this.#isReading || this.#running === undefined) return;
    this.#isReading = true;
    void this.#readUntilCurrent(this.#running.signal).finally(() => {
      this.#isReading = false;
      // If the page was hidden and shown again during this round, another read is due.
      if (this.#isListDue && this.#running !== undefined) this.#readList();
    });
  }

  /** Reads while anything is due, with a pause after each round. */
  async #readUntilCurrent(signal: AbortSignal): Promise<void> {
    while (!signal.aborted && (this.#isListDue || this.#dueTracks(this.state.read().sessions).length > 0)) {
      await this.#read(signal);
      await this.#options.clock.wait(this.#failures === 0 ? REST_MS : Math.min(RETRY_MS * 2 ** (this.#failures - 1), MAX_RETRY_MS));
    }
  }

  async #read(signal: AbortSignal): Promise<void> {
    const isListDue = this.#isListDue;
    this.#isListDue = false;
    try {
      const sessions = await this.#readRound(isListDue || this.state.read().phase !== 'current', signal);
      if (signal.aborted) return;
      this.#failures = 0;
      this.state.write({ phase: 'current', sessions });
    } catch (failure) {
      if (signal.aborted) return;
      this.#failures += 1;
      this.#isListDue = true;
      this.#noteStale(failure);
    }
  }

  #noteStale(failure: unknown): void {
    this.state.write({ phase: 'stale', sessions: this.state.read().sessions, failure });
  }

  async #readRound(isListDue: boolean, signal: AbortSignal): Promise<readonly ListedSession[]> {
    const known = this.state.read().sessions;
    const { api } = this.#options;
    const listed = isListDue ? mergeListing(known, await api.listSessions({ limit: SESSIONS_PER_PAGE }, signal)) : known;
    const ids: ReadonlySet<string> = new Set(listed.map(({ sessionId }) => sessionId));
    if (isListDue) for (const sessionId of this.#changed) if (!ids.has(sessionId)) this.#changed.delete(sessionId);
    const chosen = this.#dueTracks(listed).slice(0, MAX_FETCHES_PER_ROUND);
    // This happens before they are read, so that later changes are read in the next round.
    for (const sessionId of chosen) this.#changed.delete(sessionId);
    const fetched = new Map(await Promise.all(chosen.map(async (id) => [id, await this.#listPublished(id, signal)] as const)));
    return listed.map((session) => ({ ...session, ...fetched.get(session.sessionId) }));
  }

  /** Returns the sessions whose tracks are due, those that are watched first. */
  #dueTracks(sessions: readonly ListedSession[]): readonly string[] {
    const { isWatched } = this.#options;
    const due = sessions.filter(({ sessionId, tracks }) => tracks === undefined || this.#changed.has(sessionId));
    return due.map(({ sessionId }) => sessionId).sort((a, b) => Number(isWatched(b)) - Number(isWatched(a)));
  }

  /** A session may end between two calls, which must not fail the listing. */
  async #listPublished(sessionId: string, signal: AbortSignal): Promise<Published> {
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

/** Sessions keep their position, because a list must not move under the pointer that clicks on it. */
export function mergeListing(known: readonly ListedSession[], listed: readonly SessionSummary[]): readonly ListedSession[] {
  const summaries = new Map(listed.map((summary) => [summary.sessionId, summary]));
  const staying = known.flatMap((session) => {
    const summary = summaries.get(session.sessionId);
    summaries.delete(session.sessionId);
    return summary === undefined ? [] : { ...session, ...summary };
  });
  const arriving = [...summaries.values()].map((summary) => ({ ...summary, tracks: undefined, dataChannels: [] }));
  return [...staying, ...arriving];
}
