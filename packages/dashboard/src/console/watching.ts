/** The remote tracks that this page watches, from click to close. */
import type { TrackKind, TrackSummary } from '@causeway/protocol';
import type { RemoteTrackRef } from '../api/sfu-api.ts';
import type { SessionClient } from '../session/session-client.ts';
import type { DirectoryState } from './directory.ts';
import type { Notices } from './notices.ts';
import { createStore, type Store } from './store.ts';

export interface Watched extends RemoteTrackRef {
  /** Metadata of the session when it was chosen: still known when the session is gone. */
  readonly sessionName: string;
  readonly kind: TrackKind;
  /** Simulcast layers that the publisher sends; empty without simulcast. */
  readonly rids: readonly string[];
  /** Layer asked for: `auto` or a rid. */
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
  /** Forgets everything; the session is over. */
  reset(): void;
}

export interface WatchingOptions {
  readonly session: () => SessionClient | undefined;
  readonly notices: Notices;
}

export function createWatching({ session, notices }: WatchingOptions): Watching {
  const list = createStore<readonly Watched[]>([]);

  const replace = (change: (watched: Watched) => Watched | undefined) =>
    list.write(list.read().flatMap((watched) => change(watched) ?? []));

  async function subscribe(refs: readonly RemoteTrackRef[]): Promise<void> {
    const client = session();
    if (client === undefined || refs.length === 0) return;
    const { done, failures } = await client
      .subscribe(refs.map(({ remoteSessionId, remoteTrackId }) => ({ remoteSessionId, remoteTrackId })))
      .catch((failure: Error) => ({ done: [], failures: [failure] }));
    if (client !== session()) return;
    const reusedMids = done.map(({ mid }) => mid);
    replace((watched) => {
      // Its line, and with it the browser's track object, now carries something else.
      if (watched.state.phase === 'ended' && reusedMids.includes(watched.state.mid)) return undefined;
      if (watched.state.phase !== 'opening' || !refs.some((ref) => isSame(ref, watched))) return watched;
      const subscription = done.find((ref) => isSame(ref, watched));
      return subscription && { ...watched, state: { phase: 'open', mid: subscription.mid, track: subscription.track } };
    });
    // Closed by the user before it was open.
    const unwanted = done.filter((ref) => !list.read().some((watched) => isSame(ref, watched)));
    if (unwanted.length > 0) await unsubscribe(unwanted.map(({ mid }) => mid));
    for (const failure of failures) notices.report(failure);
  }

  async function unsubscribe(mids: readonly string[]): Promise<void> {
    if (mids.length > 0) await session()?.unsubscribe(mids).catch(notices.report);
  }

  return {
    list,
    async watch(tracks, sessionName) {
      const known = list.read();
      const wanted = tracks
        .map((track) => watchedOf(track, sessionName))
        .filter((next) => !known.some((watched) => isSame(watched, next) && watched.state.phase !== 'ended'));
      const superseded = known.filter(
        (old) => old.state.phase === 'ended' && wanted.some(({ remoteSessionId }) => remoteSessionId === old.remoteSessionId),
      );
      list.write([...known.filter((watched) => !superseded.includes(watched)), ...wanted]);
      await subscribe(wanted);
    },
    async close(closed) {
      list.write(list.read().filter((watched) => !closed.some((ref) => isSame(ref, watched))));
      // What has ended was parked by the SFU itself.
      await unsubscribe(closed.flatMap(({ state }) => (state.phase === 'open' ? state.mid : [])));
    },
    async chooseLayer(target, quality) {
      const client = session();
      if (client === undefined || target.state.phase !== 'open') return;
      const before = target.quality;
      const show = (shown: string) => replace((watched) => (isSame(watched, target) ? { ...watched, quality: shown } : watched));
      show(quality);
      await client.chooseLayer(target.state.mid, quality).catch((failure: unknown) => {
        show(before);
        notices.report(failure);
      });
    },
    handleDirectory(directory) {
      if (directory.phase !== 'current') return;
      replace((watched) => (isGone(watched, directory) ? ended(watched) : watched));
    },
    async resume() {
      replace((watched) => (watched.state.phase === 'ended' ? undefined : { ...watched, quality: 'auto', state: { phase: 'opening' } }));
      await subscribe(list.read());
    },
    reset: () => list.write([]),
  };
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
