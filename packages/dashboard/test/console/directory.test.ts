import type { SessionSummary, TrackSummary } from '@causeway/protocol';
import { createFakeSfuApi, refusal } from '@causeway/testkit/fake-sfu-api';
import { createManualClock } from '@causeway/testkit/manual-clock';
import { createDirectory, MAX_FETCHES_PER_ROUND, mergeListing } from '../../src/console/directory.ts';

const summary = (sessionId: string, metadata = '') =>
  ({ sessionId, metadata, connectionState: 'connected', sfuAppId: 'demo' }) as SessionSummary;

const track = (trackId: string) => ({ trackId, trackKind: 'video' }) as unknown as TrackSummary;

function createLive(watched = '') {
  const api = createFakeSfuApi();
  const clock = createManualClock();
  const directory = createDirectory({ api, clock, isWatched: (sessionId) => sessionId === watched });
  const countOf = (method: string) => api.calls.filter((call) => call.method === method).length;
  return { api, clock, directory, countOf };
}

test('sessions are listed with their tracks once, and without events there are no further calls', async () => {
  const { api, clock, directory, countOf } = createLive();
  api.next('listSessions', [summary('a')]);
  api.next('listTracks', [track('t1')]);

  directory.start();
  await clock.advance(60_000);

  expect(directory.state.read()).toMatchObject({ phase: 'current', sessions: [{ sessionId: 'a', tracks: [{ trackId: 't1' }] }] });
  expect([countOf('events'), countOf('listSessions'), countOf('listTracks')]).toEqual([1, 1, 1]);
  directory.stop();
});

test('an event of a session causes the list to be read again, and one of a track only its tracks', async () => {
  const { api, clock, directory, countOf } = createLive();
  api.next('listSessions', [summary('a')]);
  api.next('listSessions', [summary('a'), summary('b')]);
  api.next('listTracks', [track('t1')]);

  directory.start();
  await clock.advance(5_000);
  api.tell({ type: 'session.created', sessionId: 'b' });
  await clock.advance(5_000);
  expect(directory.state.read().sessions.map(({ sessionId }) => sessionId)).toEqual(['a', 'b']);

  api.next('listTracks', [track('t1'), track('t2')]);
  api.tell({ type: 'track.published', sessionId: 'a' });
  api.tell({ type: 'quality.changed', sessionId: 'a' });
  await clock.advance(5_000);

  expect(directory.state.read().sessions[0]?.tracks).toHaveLength(2);
  expect([countOf('listSessions'), countOf('listTracks')]).toEqual([2, 3]);
  directory.stop();
});

test('events that are close together cause only one read', async () => {
  const { api, clock, directory, countOf } = createLive();

  directory.start();
  await clock.advance(5_000);
  for (let created = 0; created < 50; created++) api.tell({ type: 'session.created', sessionId: `s${created}` });
  await clock.advance(5_000);

  expect(countOf('listSessions')).toBeLessThanOrEqual(3);
  directory.stop();
});

test('the tracks of many sessions are read a few at a time, the watched ones first', async () => {
  const { api, clock, directory, countOf } = createLive('s19');
  api.next(
    'listSessions',
    Array.from({ length: 20 }, (_, index) => summary(`s${index}`)),
  );

  directory.start();
  await clock.advance(0);
  const { sessions } = directory.state.read();
  expect(sessions.filter(({ tracks }) => tracks !== undefined)).toHaveLength(MAX_FETCHES_PER_ROUND);
  expect(sessions[19]?.tracks).toEqual([]);
  await clock.advance(60_000);

  expect(countOf('listTracks')).toBe(20);
  directory.stop();
});

test('data channels are listed alongside the tracks, and a node without data channels is not a failure', async () => {
  const { api, clock, directory } = createLive();
  api.next('listSessions', [summary('a'), summary('b')]);
  api.next('listDataChannels', { sessionId: 'a', published: [{ dataChannelName: 'chat', status: 'open' }], subscribed: [] });
  api.next('listDataChannels', refusal('route_not_found'));

  directory.start();
  await clock.advance(0);

  expect(directory.state.read()).toMatchObject({
    phase: 'current',
    sessions: [{ dataChannels: [{ dataChannelName: 'chat' }] }, { dataChannels: [] }],
  });
  directory.stop();
});

test('there are no calls after stopping, and starting twice follows events once', async () => {
  const { api, clock, directory, countOf } = createLive();

  directory.start();
  directory.start();
  await clock.advance(5_000);
  directory.stop();
  api.tell({ type: 'session.created', sessionId: 'late' });
  await clock.advance(60_000);
  expect([countOf('events'), countOf('listSessions')]).toEqual([1, 1]);

  directory.start();
  await clock.advance(0);
  expect([countOf('events'), countOf('listSessions')]).toEqual([2, 2]);
  directory.stop();
});

test('a list that cannot be read is kept, marked as stale, and retried less and less often', async () => {
  const { api, clock, directory, countOf } = createLive();
  const failure = refusal('network_failure');
  api.next('listSessions', [summary('a')]);
  for (let round = 0; round < 10; round++) api.next('listSessions', failure);

  directory.start();
  await clock.advance(5_000);
  api.tell({ type: 'session.created', sessionId: 'b' });
  await clock.advance(2_000);
  expect(directory.state.read()).toMatchObject({ phase: 'stale', failure, sessions: [{ sessionId: 'a' }] });
  await clock.advance(30_000);

  // After the first: pauses of 2, 4, 8, 10 and 10 s.
  expect(countOf('listSessions')).toBe(6);
  directory.stop();
});

test('a user who may not follow events sees the list as it was read, marked as stale', async () => {
  const { api, clock, directory, countOf } = createLive();
  const failure = refusal('forbidden');
  api.next('events', failure);
  api.next('listSessions', [summary('a')]);

  directory.start();
  await clock.advance(60_000);

  expect(directory.state.read()).toMatchObject({ phase: 'stale', failure, sessions: [{ sessionId: 'a' }] });
  expect(countOf('listSessions')).toBe(1);
  directory.stop();
});

test('a session that ends between the two calls is listed without tracks', async () => {
  const { api, clock, directory } = createLive();
  api.next('listSessions', [summary('a')]);
  api.next('listTracks', refusal('session_not_found'));

  directory.start();
  await clock.advance(0);

  expect(directory.state.read()).toMatchObject({ phase: 'current', sessions: [{ sessionId: 'a', tracks: [] }] });
  directory.stop();
});

test('sessions keep their positions and tracks, and new ones are appended', () => {
  const known = ['a', 'b', 'c'].map((id) => ({ ...summary(id), tracks: [track(`of-${id}`)], dataChannels: [] }));

  const merged = mergeListing(known, [summary('d'), summary('c', 'renamed'), summary('a')]);

  expect(merged.map(({ sessionId }) => sessionId)).toEqual(['a', 'c', 'd']);
  expect(merged[1]).toMatchObject({ metadata: 'renamed', tracks: [{ trackId: 'of-c' }] });
  expect(merged[2]).toMatchObject({ tracks: undefined });
});
