import type { TrackSummary } from '@causeway/protocol';
import { refusal } from '@causeway/testkit/fake-sfu-api';
import { settle } from '@causeway/testkit/manual-clock';
import type { ConsoleSession } from '../../src/console/console-session.ts';
import { createNotices } from '../../src/console/notices.ts';
import { createWatching, type Watching } from '../../src/console/watching.ts';
import { createFakeSession, subscribed } from '../fakes/fake-session.ts';

const track = (sessionId: string, trackId: string, trackKind: 'audio' | 'video' = 'video') =>
  ({ sessionId, trackId, trackKind, rids: [] }) as unknown as TrackSummary;

const CAMERA = track('a', 'camera');
const SOUND = track('a', 'sound', 'audio');

function createWatched(replaced: Partial<ConsoleSession> = {}) {
  const session = createFakeSession('own', replaced);
  const notices = createNotices();
  const holder: { current: ConsoleSession | undefined } = { current: session };
  const watching = createWatching({ session: () => holder.current, notices });
  return { session, notices, holder, watching };
}

const phases = (watching: Watching) => watching.list.read().map(({ remoteTrackId, state }) => `${remoteTrackId} ${state.phase}`);

test('tracks that are watched together are subscribed to with one call', async () => {
  const { watching, session } = createWatched();

  await watching.watch([CAMERA, SOUND], 'Studio');

  expect(session.log).toEqual(['subscribe camera sound']);
  expect(phases(watching)).toEqual(['camera open', 'sound open']);
});

test('a track is shown as opening before the SFU has answered', () => {
  const { watching } = createWatched();

  void watching.watch([CAMERA], 'Studio');

  expect(phases(watching)).toEqual(['camera opening']);
});

test('a track that is already watched is not subscribed to again', async () => {
  const { watching, session } = createWatched();
  await watching.watch([CAMERA], 'Studio');

  await watching.watch([CAMERA, SOUND], 'Studio');

  expect(session.log).toEqual(['subscribe camera', 'subscribe sound']);
});

test('closing unsubscribes from the media lines', async () => {
  const { watching, session } = createWatched();
  await watching.watch([CAMERA, SOUND], 'Studio');

  await watching.close(watching.list.read());

  expect(session.log.at(-1)).toBe('unsubscribe s0 s1');
  expect(phases(watching)).toEqual([]);
});

test('closing before the SFU has answered unsubscribes once it has', async () => {
  const reply = Promise.withResolvers<void>();
  const { watching, session } = createWatched({
    subscribe: async (tracks) => {
      await reply.promise;
      return { done: tracks.map((ref) => subscribed(ref, 's9')), failures: [] };
    },
  });

  const watched = watching.watch([CAMERA], 'Studio');
  await watching.close(watching.list.read());
  reply.resolve();
  await watched;

  expect(session.log).toEqual(['unsubscribe s9']);
  expect(phases(watching)).toEqual([]);
});

test('a refused subscription is removed, and a notice says why', async () => {
  const { watching, notices } = createWatched({ subscribe: () => Promise.reject(refusal('track_not_found')) });

  await watching.watch([CAMERA], 'Studio');

  expect(phases(watching)).toEqual([]);
  expect(notices.list.read()).toMatchObject([{ title: 'That track is no longer published.' }]);
});

describe('when the publisher stops', () => {
  const listing = (trackIds: readonly string[]) =>
    ({
      phase: 'current',
      sessions: [{ sessionId: 'a', tracks: trackIds.map((trackId) => ({ trackId })) }],
    }) as unknown as Parameters<Watching['handleDirectory']>[0];

  test('the tile stays, marked as ended', async () => {
    const { watching } = createWatched();
    await watching.watch([CAMERA, SOUND], 'Studio');

    watching.handleDirectory(listing(['sound']));

    expect(phases(watching)).toEqual(['camera ended', 'sound open']);
  });

  test('a stale list ends no subscription', async () => {
    const { watching } = createWatched();
    await watching.watch([CAMERA], 'Studio');

    watching.handleDirectory({ phase: 'stale', sessions: [], failure: new Error('no answer') });

    expect(phases(watching)).toEqual(['camera open']);
  });

  test('the next track of the publisher replaces the ended one', async () => {
    const { watching } = createWatched();
    await watching.watch([CAMERA], 'Studio');
    watching.handleDirectory(listing([]));

    await watching.watch([track('a', 'camera-2')], 'Studio');

    expect(phases(watching)).toEqual(['camera-2 open']);
  });

  test('a media line that is reused removes the ended tile', async () => {
    const { watching } = createWatched({
      subscribe: async (tracks) => ({ done: tracks.map((ref) => subscribed(ref, 'same')), failures: [] }),
    });
    await watching.watch([CAMERA], 'Studio');
    watching.handleDirectory(listing([]));

    await watching.watch([track('b', 'other')], 'Studio');

    expect(phases(watching)).toEqual(['other open']);
  });

  test('closing its tile makes no call, because the SFU has already parked the line', async () => {
    const { watching, session } = createWatched();
    await watching.watch([CAMERA], 'Studio');
    watching.handleDirectory(listing([]));

    await watching.close(watching.list.read());

    expect(session.log).toEqual(['subscribe camera']);
  });
});

test('after a refused change of layer, the previous layer is shown', async () => {
  const { watching, notices } = createWatched({ update: () => Promise.reject(refusal('rid_not_available')) });
  await watching.watch([CAMERA], 'Studio');

  const choosing = watching.chooseLayer(watching.list.read()[0]!, 'h');
  expect(watching.list.read()[0]?.quality).toBe('h');
  await choosing;

  expect(watching.list.read()[0]?.quality).toBe('auto');
  expect(notices.list.read()).toHaveLength(1);
});

test('a new session subscribes to the watched tracks', async () => {
  const { watching, holder } = createWatched();
  await watching.watch([CAMERA, SOUND], 'Studio');
  const next = createFakeSession('next');
  holder.current = next;

  await watching.resume();

  expect(next.log).toEqual(['subscribe camera sound']);
  expect(phases(watching)).toEqual(['camera open', 'sound open']);
});

test('an answer that arrives after its session has ended changes nothing', async () => {
  const reply = Promise.withResolvers<void>();
  const { watching, holder } = createWatched({
    subscribe: async () => {
      await reply.promise;
      throw new Error('This session has ended.');
    },
  });

  const watched = watching.watch([CAMERA], 'Studio');
  holder.current = undefined;
  watching.reset();
  reply.resolve();
  await watched;
  await settle();

  expect(phases(watching)).toEqual([]);
});
