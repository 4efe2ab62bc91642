import { PoolScene } from '../doubles/pool-scene.ts';

/** Subscriptions of a shard that belong to links, written short. */
function crossingsFrom(scene: PoolScene, shardNo: number) {
  return [...scene.member(shardNo).subscriptions.values()]
    .filter(({ transportId }) => transportId.startsWith('shards-'))
    .map(({ sourceTrackId, preferredRid, paused, isExactLayer }) => ({ sourceTrackId, preferredRid, paused, isExactLayer }));
}

test('verbs go to the shard that the user fragment names', async () => {
  const scene = await PoolScene.open(3);

  scene.join('alice', 2);
  const trackId = scene.publish('alice');
  scene.join('bob', 2);
  const subscriptionId = scene.subscribe('bob', trackId);
  scene.pool.send({ type: 'restart-ice', plan: scene.transportPlan('bob', 2) });
  scene.pool.send({ type: 'remove-subscriber-track', subscriptionId });
  scene.pool.send({ type: 'remove-publisher-track', trackId });
  scene.pool.send({ type: 'close-transport', transportId: 'alice' });

  expect(scene.member(2).log).toEqual([
    'open-transport alice',
    'put-publisher-track alice/camera',
    'open-transport bob',
    'put-subscriber-track bob/watch',
    'restart-ice bob',
    'remove-subscriber-track bob/watch',
    'remove-publisher-track alice/camera',
    'close-transport alice',
  ]);
  expect([scene.member(0).log, scene.member(1).log]).toEqual([[], []]);
});

test('a track crosses to a shard once, however many watch it there, and the link ends with the last of them', async () => {
  const scene = await PoolScene.open();
  scene.join('alice', 0);
  const trackId = scene.publish('alice');
  for (const name of ['bob', 'carol', 'dave']) scene.join(name, 1);

  for (const name of ['bob', 'carol', 'dave']) scene.subscribe(name, trackId);
  await scene.clock.advance(0);
  const crossing = { from: crossingsFrom(scene, 0), to: [...scene.member(1).publications.keys()], count: scene.pool.crossings };
  scene.pool.send({ type: 'remove-subscriber-track', subscriptionId: 'bob/watch' });
  scene.pool.send({ type: 'close-transport', transportId: 'carol' });
  const whileOneWatches = scene.pool.crossings;
  scene.subscribe('dave', undefined);

  expect(crossing).toEqual({ from: [{ sourceTrackId: trackId, preferredRid: undefined, paused: false }], to: [trackId], count: 1 });
  expect([whileOneWatches, scene.pool.crossings]).toEqual([1, 0]);
  expect([...scene.member(0).transports.keys()]).toEqual(['alice']);
  expect([...scene.member(1).transports.keys()]).toEqual(['bob', 'dave']);
  expect([...scene.member(1).publications.keys()]).toEqual([]);
});

test('a copy of a publication that crosses is a copy of it on the other shard too', async () => {
  const scene = await PoolScene.open();
  scene.join('link', 0);
  const trackId = scene.publish('link', { copyOf: 'publication' });
  scene.join('bob', 1);

  scene.subscribe('bob', trackId);
  await scene.clock.advance(0);

  expect(scene.member(1).publications.get(trackId)?.copyOf).toBe('publication');
});

test('nothing is sent to the other shard before that expects it', async () => {
  const scene = await PoolScene.open();
  scene.join('alice', 0);
  scene.join('bob', 1);
  const ready = Promise.withResolvers<void>();
  scene.member(1).holdUp = ready.promise;

  scene.subscribe('bob', scene.publish('alice'));
  await scene.clock.advance(1_000);
  const early = crossingsFrom(scene, 0);
  ready.resolve();
  await scene.clock.advance(0);

  expect(early).toEqual([]);
  expect(crossingsFrom(scene, 0)).toHaveLength(1);
});

test('only the wanted simulcast layers cross', async () => {
  const scene = await PoolScene.open();
  scene.join('alice', 0);
  const trackId = scene.publish('alice', { rids: ['low', 'mid', 'high'] });
  scene.member(0).listener({ type: 'layers-changed', trackId, rids: ['high', 'mid', 'low'] });
  for (const name of ['bob', 'carol']) scene.join(name, 1);

  scene.subscribe('bob', trackId);
  scene.subscribe('carol', trackId, { preferredRid: 'low' });
  await scene.clock.advance(0);
  const both = crossingsFrom(scene, 0);
  scene.member(0).listener({ type: 'layers-changed', trackId, rids: ['mid', 'low'] });
  await scene.clock.advance(2000);
  const afterTheBestFellSilent = crossingsFrom(scene, 0);
  scene.subscribe('carol', trackId, { preferredRid: 'low', paused: true });
  await scene.clock.advance(2000);

  const layer = (preferredRid: string, paused: boolean) => ({ sourceTrackId: trackId, preferredRid, paused, isExactLayer: true });
  expect(both).toEqual(expect.arrayContaining([layer('low', false), layer('high', false)]));
  expect(both).toHaveLength(2);
  expect(afterTheBestFellSilent).toEqual(expect.arrayContaining([layer('low', false), layer('high', true), layer('mid', false)]));
  expect(crossingsFrom(scene, 0)).toEqual(expect.arrayContaining([layer('low', true), layer('high', true), layer('mid', false)]));
});

test('the lower layers cross as long as a subscriber needs them because its path is narrow', async () => {
  const scene = await PoolScene.open();
  scene.join('alice', 0);
  const trackId = scene.publish('alice', { rids: ['low', 'mid', 'high'] });
  scene.member(0).listener({ type: 'layers-changed', trackId, rids: ['high', 'mid', 'low'] });
  scene.join('bob', 1);
  scene.subscribe('bob', trackId);
  await scene.clock.advance(0);
  const sent = () =>
    crossingsFrom(scene, 0)
      .filter(({ paused }) => !paused)
      .map(({ preferredRid }) => preferredRid)
      .sort();
  const atFirst = sent();
  const tell = (areNeeded: boolean) =>
    scene.member(1).listener({ type: 'lower-layers-needed', transportId: 'bob', subscriptionId: 'bob/watch', areNeeded });

  tell(true);
  const whileNarrow = sent();
  tell(false);
  await scene.clock.advance(2000);

  expect([atFirst, whileNarrow, sent()]).toEqual([['high'], ['high', 'low', 'mid'], ['high']]);
});

test('a layer keeps crossing until its replacement has begun, even if others join meanwhile', async () => {
  const scene = await PoolScene.open();
  scene.join('alice', 0);
  const trackId = scene.publish('alice', { rids: ['low', 'high'] });
  scene.member(0).listener({ type: 'layers-changed', trackId, rids: ['high', 'low'] });
  for (const name of ['bob', 'carol']) scene.join(name, 1);
  scene.subscribe('bob', trackId, { preferredRid: 'high' });
  await scene.clock.advance(0);
  const sent = () =>
    crossingsFrom(scene, 0)
      .filter(({ paused }) => !paused)
      .map(({ preferredRid }) => preferredRid)
      .sort();

  scene.subscribe('bob', trackId, { preferredRid: 'low' });
  await scene.clock.advance(1500);
  scene.subscribe('carol', trackId, { preferredRid: 'low' });
  const meanwhile = sent();
  await scene.clock.advance(500);

  expect([meanwhile, sent()]).toEqual([['high', 'low'], ['low']]);
});

test('a subscriber that changes to another track keeps the old one until it has the new one', async () => {
  const scene = await PoolScene.open();
  scene.join('alice', 0);
  scene.join('bob', 0);
  scene.join('carol', 1);
  const [first, second] = [scene.publish('alice'), scene.publish('bob')];
  scene.subscribe('carol', first);
  await scene.clock.advance(0);
  const seen = scene.member(1).log.length;

  scene.subscribe('carol', second);
  await scene.clock.advance(0);

  expect(scene.member(1).log.slice(seen)).toEqual([
    `put-publisher-track ${second}`,
    'put-subscriber-track carol/watch',
    `remove-publisher-track ${first}`,
  ]);
});

test('a track that is published again with other codecs crosses under new numbers, and its subscribers hear of no end', async () => {
  const scene = await PoolScene.open();
  scene.join('alice', 0);
  scene.join('bob', 1);
  const trackId = scene.publish('alice');
  scene.subscribe('bob', trackId);
  await scene.clock.advance(0);
  const before = scene.member(1).publications.get(trackId);

  const h264 = { name: 'h264', clockRateHz: 90_000, channels: 1, fmtp: '', nack: true, pli: true, fir: false };
  scene.publish('alice', { codecs: [{ ...h264, payloadType: 102, rtxPayloadType: 103 }] });
  await scene.clock.advance(0);
  const after = scene.member(1).publications.get(trackId);

  expect(after?.codecs.map(({ name }) => name)).toEqual(['h264']);
  expect(after?.ssrcs).not.toEqual(before?.ssrcs);
  expect(after?.mid).toBe(before?.mid);
  expect(scene.member(1).log).not.toContain(`remove-publisher-track ${trackId}`);
  expect(crossingsFrom(scene, 0)).toHaveLength(1);
});

test('events about links, and about tracks that only cross to a shard, stay in the pool', async () => {
  const scene = await PoolScene.open();
  scene.join('alice', 0);
  scene.join('bob', 1);
  const trackId = scene.publish('alice');
  scene.subscribe('bob', trackId);
  const [linkId = ''] = [...scene.member(1).transports.keys()].filter((id) => id.startsWith('shards-'));

  scene.member(1).listener({ type: 'connection-state', transportId: linkId, state: 'connected' });
  scene.member(1).listener({ type: 'track-activity', trackId, activity: 'active' });
  scene.member(1).listener({ type: 'layers-changed', trackId, rids: ['high'] });
  scene.member(0).listener({ type: 'track-activity', trackId, activity: 'active' });
  scene.member(1).listener({ type: 'connection-state', transportId: 'bob', state: 'connected' });

  expect(linkId).not.toBe('');
  expect(scene.news).toEqual([`track-activity ${trackId} active`, 'connection-state bob connected']);
});

test('when a shard is lost, only its sessions end; its tracks end elsewhere; it is replaced', async () => {
  const scene = await PoolScene.open();
  scene.join('alice', 0);
  scene.join('bob', 1);
  scene.join('carol', 1);
  const [fromAlice, fromBob] = [scene.publish('alice'), scene.publish('bob')];
  scene.subscribe('alice', fromBob);
  scene.subscribe('bob', fromAlice);
  await scene.clock.advance(0);

  scene.member(1).loseThread(new Error('out of memory'));
  const survivors = [...scene.member(0).transports.keys()];
  const left = [...scene.member(0).publications.keys()];
  await scene.clock.advance(0);
  scene.join('erin', 1);
  scene.subscribe('erin', fromAlice);
  await scene.clock.advance(0);

  expect(scene.news).toEqual(['transport-closed bob internal_error', 'transport-closed carol internal_error']);
  expect(scene.losses).toMatchObject([{ shardNo: 1, sessions: 2, error: { message: 'out of memory' } }]);
  expect([survivors, left]).toEqual([['alice'], [fromAlice]]);
  expect(scene.started[1]).toHaveLength(2);
  expect(scene.member(0).neighbours).toEqual([1]);
  expect([...scene.member(1).publications.keys()]).toEqual([fromAlice]);
});

test('a session placed on a shard that is being replaced ends, and is told so', async () => {
  const scene = await PoolScene.open();
  scene.refusedStarts = 3;
  scene.member(1).loseThread(new Error('lost'));
  await scene.clock.advance(0);

  scene.join('alice', 1);
  scene.publish('alice');
  const chosen = scene.pool.chooseShardNo();
  await scene.clock.advance(0);

  expect(scene.news).toEqual(['transport-closed alice internal_error']);
  expect(chosen).toBe(0);
});

test('a shard that cannot be started is tried again, less and less often', async () => {
  const scene = await PoolScene.open();
  scene.refusedStarts = 4;
  scene.member(1).loseThread(new Error('lost'));
  const startsAfter: number[] = [];

  for (const ms of [0, 2_000, 4_000, 8_000, 16_000]) {
    await scene.pass(ms);
    startsAfter.push(4 - scene.refusedStarts);
  }

  expect(startsAfter).toEqual([1, 2, 3, 4, 4]);
  expect(scene.started[1]).toHaveLength(2);
});

test('a shard whose event loop hangs counts as dead, gets no new sessions, and is finally terminated and replaced', async () => {
  const scene = await PoolScene.open();
  await scene.pass(3_000);
  const healthy = scene.pool.shards().map(({ isAlive }) => isAlive);

  await scene.pass(3_000, [0]);
  const hanging = scene.pool.shards().map(({ isAlive }) => isAlive);
  const chosen = scene.pool.chooseShardNo();
  await scene.pass(5_000, [0]);

  expect([healthy, hanging, chosen]).toEqual([[true, true], [false, true], 1]);
  expect(scene.pool.isAlive()).toBe(true);
  expect(scene.started[0]?.map(({ isTerminated }) => isTerminated)).toEqual([true, false]);
});

test('the pool is alive while one of its shards is', async () => {
  const scene = await PoolScene.open();

  await scene.pass(3_000, [0, 1]);

  expect(scene.pool.isAlive()).toBe(false);
});

test('what the shards hold is added up', async () => {
  const scene = await PoolScene.open();
  scene.join('alice', 0);
  scene.join('bob', 1);
  scene.publish('alice');

  const { objects, traffic } = await scene.pool.ask('inspection');

  expect(objects.engine).toMatchObject({ transports: 2, publisherTracks: 1, subscriberTracks: 0 });
  expect(traffic.rtpPacketsSent).toBe(0);
});

test('all shards report what they have carried', async () => {
  const scene = await PoolScene.open(3);
  const bytes = { down: 1, up: 2, relay: 3, retransmitted: 4, data: 5 };
  for (const shardNo of [0, 1]) scene.member(shardNo).usage = [{ account: 'app', bytes, parts: [] }];
  scene.member(2).ask = () => Promise.reject(new Error('gone'));

  expect(await scene.pool.ask('usage')).toEqual([
    { account: 'app', bytes, parts: [] },
    { account: 'app', bytes, parts: [] },
  ]);
});

test('closing leaves no timer behind, and no shard is started any more', async () => {
  const scene = await PoolScene.open();
  scene.refusedStarts = 1;
  scene.member(0).loseThread(new Error('lost'));
  await scene.clock.advance(0);

  await scene.pool.close();
  await scene.clock.advance(60_000);

  expect(scene.clock.armedTimers).toBe(0);
  expect(scene.member(1).isClosed).toBe(true);
  expect(scene.started[0]).toHaveLength(1);
});

test('if one shard cannot be had at the start, none stays', async () => {
  const opened: unknown = await PoolScene.openRefused();

  expect(opened).toEqual({ message: 'no thread for you', closed: [true] });
});
