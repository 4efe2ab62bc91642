/**
 * Test cases that every `Registry` must pass, for any test framework: `test.each(registryContract)('$name', ({ run })
 * => run(create))`.
 */
import assert from 'node:assert/strict';
import type { DataChannelRecord, Registry, SessionRecord, TrackRecord } from './registry.ts';

export interface RegistryContractCase {
  readonly name: string;
  /** @param create creates an empty registry; called once for each case */
  run(create: () => Promise<Registry>): Promise<void>;
}

const APP = 'app-one';
const OTHER_APP = 'app-two';

export const registryContract: readonly RegistryContractCase[] = [
  {
    name: 'finds a session in its app and in no other',
    async run(create) {
      const registry = await create();
      await registry.putSession(session('s1', { metadata: 'alice' }));

      assert.deepEqual(await registry.findSession(APP, 's1'), session('s1', { metadata: 'alice' }));
      assert.equal(await registry.findSession(OTHER_APP, 's1'), undefined);
      assert.equal(await registry.findSession(APP, 's2'), undefined);
    },
  },
  {
    name: 'replaces the record of a session and keeps its tracks and its place',
    async run(create) {
      const registry = await create();
      await registry.putSession(session('s1'));
      await registry.putSession(session('s2'));
      await registry.putTrack(track('s1', 't1'));

      await registry.putSession(session('s1', { connectionState: 'connected' }));

      const { sessions } = await registry.listSessions(APP, { limit: undefined, cursor: undefined });
      assert.deepEqual(sessions, [session('s1', { connectionState: 'connected' }), session('s2')]);
      assert.deepEqual(await registry.listTracks(APP, 's1'), [track('s1', 't1')]);
    },
  },
  {
    name: 'forgets a session with its tracks',
    async run(create) {
      const registry = await create();
      await registry.putSession(session('s1'));
      await registry.putTrack(track('s1', 't1'));

      await registry.removeSession(APP, 's1');

      assert.equal(await registry.findSession(APP, 's1'), undefined);
      assert.deepEqual(await registry.listTracks(APP, 's1'), []);
      assert.equal(await registry.locateTrack(APP, { by: 'id', sessionId: 's1', trackId: 't1' }), undefined);
    },
  },
  {
    name: 'removing what is not there does nothing',
    async run(create) {
      const registry = await create();
      await registry.putSession(session('s1'));

      await registry.removeSession(APP, 's2');
      await registry.removeSession(OTHER_APP, 's1');
      await registry.removeTrack(APP, 's1', 'none');

      assert.deepEqual(await registry.findSession(APP, 's1'), session('s1'));
    },
  },
  {
    name: 'ignores a track whose session is gone',
    async run(create) {
      const registry = await create();
      await registry.putTrack(track('s1', 't1'));
      await registry.putSession(session('s1'));

      assert.deepEqual(await registry.listTracks(APP, 's1'), []);
    },
  },
  {
    name: 'locates a track by id, by an alias, and by name, the id first',
    async run(create) {
      const registry = await create();
      await registry.putSession(session('s1'));
      const camera = track('s1', 'camera', { aliases: ['msid-1'], customTrackName: 'front' });
      await registry.putTrack(track('s1', 'screen', { aliases: ['camera'] }));
      await registry.putTrack(camera);

      assert.deepEqual(await registry.locateTrack(APP, { by: 'id', sessionId: 's1', trackId: 'camera' }), camera);
      assert.deepEqual(await registry.locateTrack(APP, { by: 'id', sessionId: 's1', trackId: 'msid-1' }), camera);
      assert.deepEqual(await registry.locateTrack(APP, { by: 'name', sessionId: 's1', customTrackName: 'front' }), camera);
    },
  },
  {
    name: 'no name at all is no name to locate a track by',
    async run(create) {
      const registry = await create();
      await registry.putSession(session('s1'));
      await registry.putTrack(track('s1', 't1'));

      assert.equal(await registry.locateTrack(APP, { by: 'name', sessionId: 's1', customTrackName: '' }), undefined);
    },
  },
  {
    name: 'locates nothing of another app',
    async run(create) {
      const registry = await create();
      await registry.putSession(session('s1'));
      await registry.putTrack(track('s1', 't1'));

      assert.equal(await registry.locateTrack(OTHER_APP, { by: 'id', sessionId: 's1', trackId: 't1' }), undefined);
      assert.deepEqual(await registry.listTracks(OTHER_APP, 's1'), []);
    },
  },
  {
    name: 'replaces and removes a track by its publication',
    async run(create) {
      const registry = await create();
      await registry.putSession(session('s1'));
      await registry.putTrack(track('s1', 't1'));
      await registry.putTrack(track('s1', 't1', { status: 'active' }));
      const replaced = await registry.listTracks(APP, 's1');

      await registry.removeTrack(APP, 's1', 's1/t1');

      assert.deepEqual(replaced, [track('s1', 't1', { status: 'active' })]);
      assert.deepEqual(await registry.listTracks(APP, 's1'), []);
    },
  },
  {
    name: 'pages through sessions in order of age without missing or repeating one that stays',
    async run(create) {
      const registry = await create();
      for (let number = 0; number < 25; number++) await registry.putSession(session(`s${number}`));
      await registry.putSession(session('elsewhere', { appId: OTHER_APP }));
      const seen: string[] = [];
      let cursor: string | undefined;

      do {
        const page = await registry.listSessions(APP, { limit: 10, cursor });
        seen.push(...page.sessions.map(({ sessionId }) => sessionId));
        cursor = page.nextCursor;
        await registry.removeSession(APP, 's3');
        await registry.removeSession(APP, 's12');
      } while (cursor !== undefined);

      const stayed = Array.from({ length: 25 }, (_, number) => `s${number}`).filter((id) => id !== 's12');
      assert.deepEqual(seen, stayed);
    },
  },
  {
    name: 'gives cursors of up to fifteen decimal digits, and none with the last page',
    async run(create) {
      const registry = await create();
      for (const id of ['s1', 's2']) await registry.putSession(session(id));

      const first = await registry.listSessions(APP, { limit: 1, cursor: undefined });
      const second = await registry.listSessions(APP, { limit: 1, cursor: first.nextCursor });

      assert.match(first.nextCursor ?? '', /^\d{1,15}$/);
      assert.deepEqual(second, { sessions: [session('s2')], nextCursor: undefined });
    },
  },
  {
    name: 'keeps no record of sessions that were removed, nor of their tracks',
    async run(create) {
      const registry = await create();
      await registry.putSession(session('s1'));
      await registry.putTrack(track('s1', 't1'));
      await registry.putDataChannel(channel('s1', 'chat'));
      await registry.putSession(session('s2', { appId: OTHER_APP }));

      await registry.removeSession(APP, 's1');
      await registry.removeSession(OTHER_APP, 's2');

      assert.deepEqual(registry.kept, { sessions: 0, tracks: 0, dataChannels: 0 });
    },
  },
  {
    name: 'locates a data channel by its name, in its app and session and in no other',
    async run(create) {
      const registry = await create();
      await registry.putSession(session('s1'));
      await registry.putSession(session('s2'));
      const chat = channel('s1', 'chat', { maxRetransmits: 0, ordered: false });
      await registry.putDataChannel(chat);

      assert.deepEqual(await registry.locateDataChannel(APP, 's1', 'chat'), chat);
      assert.equal(await registry.locateDataChannel(APP, 's1', 'other'), undefined);
      assert.equal(await registry.locateDataChannel(APP, 's2', 'chat'), undefined);
      assert.equal(await registry.locateDataChannel(OTHER_APP, 's1', 'chat'), undefined);
    },
  },
  {
    name: 'keeps tracks and data channels of a session apart, and puts no channel where there is no session',
    async run(create) {
      const registry = await create();
      await registry.putDataChannel(channel('s1', 'early'));
      await registry.putSession(session('s1'));
      await registry.putTrack(track('s1', 't1'));
      await registry.putDataChannel(channel('s1', 'chat'));
      await registry.putDataChannel(channel('s1', 'chat', { status: 'open' }));

      assert.deepEqual(await registry.listTracks(APP, 's1'), [track('s1', 't1')]);
      assert.equal((await registry.locateDataChannel(APP, 's1', 'chat'))?.status, 'open');
      assert.equal(await registry.locateDataChannel(APP, 's1', 'early'), undefined);
      await registry.removeDataChannel(APP, 's1', 's1/chat');

      assert.equal(await registry.locateDataChannel(APP, 's1', 'chat'), undefined);
      assert.deepEqual(await registry.listTracks(APP, 's1'), [track('s1', 't1')]);
    },
  },
  {
    name: 'an app without sessions has one empty page',
    async run(create) {
      const registry = await create();

      assert.deepEqual(await registry.listSessions(APP, { limit: 10, cursor: undefined }), { sessions: [], nextCursor: undefined });
    },
  },
];

function session(sessionId: string, changes: Partial<SessionRecord> = {}): SessionRecord {
  return { appId: APP, sessionId, metadata: '', connectionState: 'new', createdAtMs: 1_780_000_000_000, ...changes };
}

function channel(sessionId: string, dataChannelName: string, changes: Partial<DataChannelRecord> = {}): DataChannelRecord {
  const publicationId = `${sessionId}/${dataChannelName}`;
  return { appId: APP, sessionId, dataChannelName, publicationId, ordered: true, retain: 0, isBus: false, status: 'pending', ...changes };
}

function track(sessionId: string, trackId: string, changes: Partial<TrackRecord> = {}): TrackRecord {
  return {
    appId: APP,
    sessionId,
    trackId,
    aliases: [],
    customTrackName: '',
    mid: '0',
    kind: 'video',
    status: 'pending',
    isHidden: false,
    publicationId: `${sessionId}/${trackId}`,
    codecs: [{ name: 'vp8', clockRateHz: 90_000, channels: 1, fmtp: '' }],
    extensionUris: ['urn:3gpp:video-orientation'],
    rids: ['q', 'f'],
    ...changes,
  };
}
