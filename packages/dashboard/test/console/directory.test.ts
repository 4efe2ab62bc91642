import type { SessionSummary, TrackSummary } from '@causeway/protocol';
import { createFakeSfuApi, refusal } from '@causeway/testkit/fake-sfu-api';
import { createManualClock } from '@causeway/testkit/manual-clock';
import { createDirectory, mergeListing } from '../../src/console/directory.ts';

const summary = (sessionId: string, metadata = '') =>
  ({ sessionId, metadata, connectionState: 'connected', sfuAppId: 'demo' }) as SessionSummary;

const track = (trackId: string) => ({ trackId, trackKind: 'video' }) as unknown as TrackSummary;

function createPolling() {
  const api = createFakeSfuApi();
  const clock = createManualClock();
  const directory = createDirectory({ api, clock, isWatched: () => false });
  const listings = () => api.calls.filter(({ method }) => method === 'listSessions').length;
  return { api, clock, directory, listings };
}

test('sessions are listed with their tracks, again and again', async () => {
  const { api, clock, directory, listings } = createPolling();
  api.next('listSessions', [summary('a')]);
  api.next('listTracks', [track('t1')]);

  directory.start();
  await clock.advance(0);

  expect(directory.state.read()).toMatchObject({ phase: 'current', sessions: [{ sessionId: 'a', tracks: [{ trackId: 't1' }] }] });
  await clock.advance(6_000);
  expect(listings()).toBe(4);
  directory.stop();
});

test('data channels are listed beside the tracks, and a node that knows none is no failure', async () => {
  const { api, clock, directory } = createPolling();
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

test('nothing is asked after stopping', async () => {
  const { clock, directory, listings } = createPolling();

  directory.start();
  await clock.advance(0);
  directory.stop();
  await clock.advance(60_000);

  expect(listings()).toBe(1);
});

test('starting twice polls once', async () => {
  const { clock, directory, listings } = createPolling();

  directory.start();
  directory.start();
  await clock.advance(2_000);

  expect(listings()).toBe(2);
  directory.stop();
});

test('a node that does not answer leaves the last list and is asked less often', async () => {
  const { api, clock, directory, listings } = createPolling();
  const failure = refusal('network_failure');
  api.next('listSessions', [summary('a')]);
  for (let round = 0; round < 10; round++) api.next('listSessions', failure);

  directory.start();
  await clock.advance(2_000);
  expect(directory.state.read()).toMatchObject({ phase: 'stale', failure, sessions: [{ sessionId: 'a' }] });
  await clock.advance(30_000);

  // After 2 s: pauses of 4, 8, 10 and 10 s.
  expect(listings()).toBe(5);
  directory.stop();
});

test('a session that ends between the two calls is listed without tracks', async () => {
  const { api, clock, directory } = createPolling();
  api.next('listSessions', [summary('a')]);
  api.next('listTracks', refusal('session_not_found'));

  directory.start();
  await clock.advance(0);

  expect(directory.state.read()).toMatchObject({ phase: 'current', sessions: [{ sessionId: 'a', tracks: [] }] });
  directory.stop();
});

test('sessions keep their places, newcomers go to the end, and what is known of them stays', () => {
  const known = ['a', 'b', 'c'].map((id) => ({ ...summary(id), tracks: [track(`of-${id}`)], tracksFetchedAtMs: 5, dataChannels: [] }));

  const merged = mergeListing(known, [summary('d'), summary('c', 'renamed'), summary('a')]);

  expect(merged.map(({ sessionId }) => sessionId)).toEqual(['a', 'c', 'd']);
  expect(merged[1]).toMatchObject({ metadata: 'renamed', tracks: [{ trackId: 'of-c' }] });
  expect(merged[2]).toMatchObject({ tracks: undefined });
});
