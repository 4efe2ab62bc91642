/** The remote tracks that this page watches, from click to close. */
import type { TrackKind, TrackSummary } from '@causeway/protocol';
import type { ConsoleSession, ConsoleSubscription, RemoteTrackRef } from './console-session.ts';
import type { DirectoryState } from './directory.ts';
import type { Notices } from './notices.ts';
import { createStore, type Store } from './store.ts';

export interface Watched extends RemoteTrackRef {
  /** Metadata of the session when it was chosen, kept for when the session has ended. */
  readonly sessionName: string;
  readonly kind: TrackKind;
  /** Simulcast layers that the publisher sends; empty without simulcast. */
  readonly rids: readonly string[];
  /** The requested layer: `auto` or a rid. */
  readonly quality: string;
  readonly state:
    | { readonly phase: 'opening' }
    | { readonly phase: 'open'; readonly mid: string; readonly track: MediaStreamTrack }
    /** The publisher has stopped; the last picture stays until the tile is closed. */
    | { readonly phase: 'ended'; readonly mid: string; readonly track: MediaStreamTrack };
}

export interface Watching {
  readonly list: Store<readonly Watched[]>;
  /** @param sessionName metadata of the session whose tracks these are */
  watch(tracks: readonly TrackSummary[], sessionName: string): Promise<void>;
  close(watched: readonly Watched[]): Promise<void>;
  chooseLayer(watched: Watched, quality: string): Promise<void>;
  /** Notices tracks that are no longer published. */
  handleDirectory(directory: DirectoryState): void;
  /** Watches the same tracks over a new session. */
  resume(): Promise<void>;
  /** Forgets everything, because the session has ended. */
  reset(): void;
}

export interface WatchingOptions {
  readonly session: () => ConsoleSession | undefined;
  readonly notices: Notices;
}

export function createWatching(options: WatchingOptions): Watching {
  return new SessionWatching(options);
}

class SessionWatching implements Watching {
  readonly list = createStore<readonly Watched[]>([]);
  readonly #options: WatchingOptions;

  constructor(options: WatchingOptions) {
    this.#options = options;
  }

  async watch(tracks: readonly TrackSummary[], sessionName: string): Promise<void> {
    const known = this.list.read();
    const isOpen = (next: Watched) => known.some((watched) => isSame(watched, next) && watched.state.phase !== 'ended');
    const wanted = tracks.map((track) => watchedOf(track, sessionName)).filter((next) => !isOpen(next));
    const isSuperseded = ({ state, remoteSessionId }: Watched) =>
      state.phase === 'ended' && wanted.some((next) => next.remoteSessionId === remoteSessionId);
    this.list.write([...known.filter((watched) => !isSuperseded(watched)), ...wanted]);
    await this.#subscribe(wanted);
  }

  async close(closed: readonly Watched[]): Promise<void> {
    this.#replace((watched) => (closed.some((ref) => isSame(ref, watched)) ? undefined : watched));
    // The SFU has already parked the lines of subscriptions that ended.
    await this.#unsubscribe(closed.flatMap(({ state }) => (state.phase === 'open' ? state.mid : [])));
  }

  async chooseLayer(target: Watched, quality: string): Promise<void> {
    const session = this.#options.session();
    if (session === undefined || target.state.phase !== 'open') return;
    const show = (shown: string) => this.#replace((watched) => (isSame(watched, target) ? { ...watched, quality: shown } : watched));
    show(quality);
    await session.update(target.state.mid, { quality }).catch((failure: unknown) => {
      show(target.quality);
      this.#options.notices.report(failure);
    });
  }

  handleDirectory(directory: DirectoryState): void {
    if (directory.phase !== 'current') return;
    this.#replace((watched) => (isGone(watched, directory) ? ended(watched) : watched));
  }

  async resume(): Promise<void> {
    this.#replace((watched) =>
      watched.state.phase === 'ended' ? undefined : { ...watched, quality: 'auto', state: { phase: 'opening' } },
    );
    await this.#subscribe(this.list.read());
  }

  reset(): void {
    this.list.write([]);
  }

  async #subscribe(refs: readonly RemoteTrackRef[]): Promise<void> {
    const session = this.#options.session();
    if (session === undefined || refs.length === 0) return;
    const { done, failures } = await session
      .subscribe(refs.map(({ remoteSessionId, remoteTrackId }) => ({ remoteSessionId, remoteTrackId })))
      .catch((failure: Error) => ({ done: [], failures: [failure] }));
    if (session !== this.#options.session()) return;
    this.#showSubscriptions(refs, done);
    for (const failure of failures) this.#options.notices.report(failure);
    // Closed by the user before it was open.
    await this.#unsubscribe(done.filter((ref) => !this.list.read().some((watched) => isSame(ref, watched))).map(({ mid }) => mid));
  }

  #showSubscriptions(asked: readonly RemoteTrackRef[], done: readonly ConsoleSubscription[]): void {
    const reusedMids = done.map(({ mid }) => mid);
    this.#replace((watched) => {
      // Its media line, and with it the browser's track object, now carries another track.
      if (watched.state.phase === 'ended' && reusedMids.includes(watched.state.mid)) return undefined;
      if (watched.state.phase !== 'opening' || !asked.some((ref) => isSame(ref, watched))) return watched;
      const subscription = done.find((ref) => isSame(ref, watched));
      return subscription && { ...watched, state: { phase: 'open', mid: subscription.mid, track: subscription.track } };
    });
  }

  async #unsubscribe(mids: readonly string[]): Promise<void> {
    if (mids.length > 0) await this.#options.session()?.unsubscribe(mids).catch(this.#options.notices.report);
  }

  /** @param change returns undefined for tracks to remove */
  #replace(change: (watched: Watched) => Watched | undefined): void {
    this.list.write(this.list.read().flatMap((watched) => change(watched) ?? []));
  }
}

function watchedOf({ sessionId, trackId, trackKind, rids }: TrackSummary, sessionName: string): Watched {
  return {
    remoteSessionId: sessionId,
    remoteTrackId: trackId,
    sessionName,
    kind: trackKind,
    rids: rids ?? [],
    quality: 'auto',
    state: { phase: 'opening' },
  };
}

function ended(watched: Watched): Watched {
  return watched.state.phase === 'open' ? { ...watched, state: { ...watched.state, phase: 'ended' } } : watched;
}

function isGone({ remoteSessionId, remoteTrackId }: Watched, { sessions }: DirectoryState): boolean {
  const session = (sessions as readonly DirectoryState['sessions'][number][]).find(({ sessionId }) => sessionId === remoteSessionId);
  if (session === undefined) return true;
  return session.tracks !== undefined && !session.tracks.some(({ trackId }) => trackId === remoteTrackId);
}

export function isSame(a: RemoteTrackRef, b: RemoteTrackRef): boolean {
  return a.remoteSessionId === b.remoteSessionId && a.remoteTrackId === b.remoteTrackId;
}
