import type { Registry, SessionRecord, TrackRecord } from '../../src/registry/registry.ts';

const APP = 'app-one';
const OTHER_APP = 'app-two';

function session(sessionId: string, changes: Partial<SessionRecord> = {}): SessionRecord {
  return { appId: APP, sessionId, metadata: '', connectionState: 'new', createdAtMs: 1_780_000_000_000, ...changes };
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

/** What every `Registry` promises. `create` gives a fresh, empty one for each test. */
export function describeRegistry(name: string, create: () => Promise<Registry>): void {
  describe(name, () => {
    let registry: Registry;

    beforeEach(async () => {
      registry = await create();
    });

    test('finds a session in its app and in no other', async () => {
      await registry.putSession(session('s1', { metadata: 'alice' }));

      expect(await registry.findSession(APP, 's1')).toEqual(session('s1', { metadata: 'alice' }));
      expect(await registry.findSession(OTHER_APP, 's1')).toBeUndefined();
      expect(await registry.findSession(APP, 's2')).toBeUndefined();
    });

    test('replaces the record of a session and keeps its tracks and its place', async () => {
      await registry.putSession(session('s1'));
      await registry.putSession(session('s2'));
      await registry.putTrack(track('s1', 't1'));

      await registry.putSession(session('s1', { connectionState: 'connected' }));

      const { sessions } = await registry.listSessions(APP, { limit: undefined, cursor: undefined });
      expect(sessions).toEqual([session('s1', { connectionState: 'connected' }), session('s2')]);
      expect(await registry.listTracks(APP, 's1')).toEqual([track('s1', 't1')]);
    });

    test('forgets a session with its tracks', async () => {
      await registry.putSession(session('s1'));
      await registry.putTrack(track('s1', 't1'));

      await registry.removeSession(APP, 's1');

      expect(await registry.findSession(APP, 's1')).toBeUndefined();
      expect(await registry.listTracks(APP, 's1')).toEqual([]);
      expect(await registry.locateTrack(APP, { by: 'id', sessionId: 's1', trackId: 't1' })).toBeUndefined();
    });

    test('removing what is not there does nothing', async () => {
      await registry.putSession(session('s1'));

      await registry.removeSession(APP, 's2');
      await registry.removeSession(OTHER_APP, 's1');
      await registry.removeTrack(APP, 's1', 'none');

      expect(await registry.findSession(APP, 's1')).toEqual(session('s1'));
    });

    test('ignores a track whose session is gone', async () => {
      await registry.putTrack(track('s1', 't1'));
      await registry.putSession(session('s1'));

      expect(await registry.listTracks(APP, 's1')).toEqual([]);
    });

    test('locates a track by id, by an alias, and by name, the id first', async () => {
      await registry.putSession(session('s1'));
      const camera = track('s1', 'camera', { aliases: ['msid-1'], customTrackName: 'front' });
      const screen = track('s1', 'screen', { aliases: ['camera'] });
      await registry.putTrack(screen);
      await registry.putTrack(camera);

      expect(await registry.locateTrack(APP, { by: 'id', sessionId: 's1', trackId: 'camera' })).toEqual(camera);
      expect(await registry.locateTrack(APP, { by: 'id', sessionId: 's1', trackId: 'msid-1' })).toEqual(camera);
      expect(await registry.locateTrack(APP, { by: 'name', sessionId: 's1', customTrackName: 'front' })).toEqual(camera);
    });

    test('no name at all is no name to locate a track by', async () => {
      await registry.putSession(session('s1'));
      await registry.putTrack(track('s1', 't1'));

      expect(await registry.locateTrack(APP, { by: 'name', sessionId: 's1', customTrackName: '' })).toBeUndefined();
    });

    test('locates nothing of another app', async () => {
      await registry.putSession(session('s1'));
      await registry.putTrack(track('s1', 't1'));

      expect(await registry.locateTrack(OTHER_APP, { by: 'id', sessionId: 's1', trackId: 't1' })).toBeUndefined();
      expect(await registry.listTracks(OTHER_APP, 's1')).toEqual([]);
    });

    test('replaces and removes a track by its publication', async () => {
      await registry.putSession(session('s1'));
      await registry.putTrack(track('s1', 't1'));
      await registry.putTrack(track('s1', 't1', { status: 'active' }));
      const replaced = await registry.listTracks(APP, 's1');

      await registry.removeTrack(APP, 's1', 's1/t1');

      expect(replaced).toEqual([track('s1', 't1', { status: 'active' })]);
      expect(await registry.listTracks(APP, 's1')).toEqual([]);
    });

    test('pages through sessions in order of age without missing or repeating one that stays', async () => {
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

      expect(seen).toEqual(Array.from({ length: 25 }, (_, number) => `s${number}`).filter((id) => id !== 's12'));
    });

    test('keeps no record of sessions that were removed, nor of their tracks', async () => {
      await registry.putSession(session('s1'));
      await registry.putTrack(track('s1', 't1'));
      await registry.putSession(session('s2', { appId: OTHER_APP }));

      await registry.removeSession(APP, 's1');
      await registry.removeSession(OTHER_APP, 's2');

      expect(registry.kept).toEqual({ sessions: 0, tracks: 0 });
    });

    test('an app without sessions has one empty page', async () => {
      expect(await registry.listSessions(APP, { limit: 10, cursor: undefined })).toEqual({ sessions: [], nextCursor: undefined });
    });
  });
}
