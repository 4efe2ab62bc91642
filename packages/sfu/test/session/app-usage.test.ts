import type { AccountUsage } from '@causeway/media';
import { ScriptedClient } from '@causeway/testkit/mesh';
import { APP, OTHER_APP, SfuUnderTest } from '../doubles/sfu-under-test.ts';
import { ClusterUnderTest } from '../relay/doubles/cluster-under-test.ts';

const bytes = { down: 1, up: 2, relay: 3, retransmitted: 4, data: 5 };

function used(account: string): AccountUsage {
  return { account, bytes, parts: [{ transportId: 'session-101-a/t1', track: 'session-101-b/camera', kind: 'video', bytes }] };
}

/** As `used`, for whoever takes it. */
const parts = [{ sessionId: 'session-101-a', track: 'session-101-b/camera', kind: 'video', bytes }];

test('a session is on the account of its app', async () => {
  const world = new SfuUnderTest();
  const client = new ScriptedClient();
  client.addTransceiver('video', { direction: 'recvonly' });

  const { sessionId } = await world.sfu.createSession(OTHER_APP, { sessionDescription: client.createOffer() });

  expect(world.shard.transports.get(sessionId)?.account).toBe(OTHER_APP);
});

test('what crosses a link is on the account of the app whose track it is', async () => {
  const cluster = await ClusterUnderTest.linked([1, 2]);
  const { publisher } = await cluster.publish(1);
  await (await cluster.join(2)).receive(publisher.track('camera'));
  await cluster.clock.advance(500);

  const upstream = [...cluster.node(1).shard.subscriptions.values()];
  const links = [...cluster.node(1).shard.transports.values()].filter(({ isLink }) => isLink);

  expect(upstream.map(({ account }) => account)).toEqual([APP]);
  expect(links.map(({ account }) => account)).toEqual([undefined]);
});

test('usage is reported per app', async () => {
  const world = new SfuUnderTest();
  world.shard.usage = [used(APP), used(OTHER_APP)];

  expect(await world.sfu.takeUsage()).toEqual([
    { appId: APP, bytes, parts },
    { appId: OTHER_APP, bytes, parts },
  ]);
  expect(await world.sfu.takeUsage()).toEqual([]);
});

test('what a session got of a track is one part, however often the shards told of it, and a link is charged to the publisher', async () => {
  const world = new SfuUnderTest();
  const other = { transportId: undefined, track: 'session-101-b/camera', kind: 'video', bytes } as const;
  world.shard.usage = [used(APP), used(APP), { account: APP, bytes, parts: [other] }];

  const [usage] = await world.sfu.takeUsage();

  expect(usage?.parts).toEqual([
    { ...parts[0], bytes: { down: 2, up: 4, relay: 6, retransmitted: 8, data: 10 } },
    { sessionId: 'session-101-b', track: 'session-101-b/camera', kind: 'video', bytes },
  ]);
  expect(usage?.bytes).toEqual({ down: 3, up: 6, relay: 9, retransmitted: 12, data: 15 });
});

test('what the last sessions used can be had after the end, once', async () => {
  const world = new SfuUnderTest();
  const { id } = await world.joinPublisher();
  world.shard.usage = [used(APP)];

  await world.sfu.close();

  expect(world.shard.transports.has(id)).toBe(false);
  expect(await world.sfu.takeUsage()).toEqual([{ appId: APP, bytes, parts }]);
  expect(await world.sfu.takeUsage()).toEqual([]);
  expect(world.clock.armedTimers).toBe(0);
});

test('a shard that does not answer any more does not keep its node from ending', async () => {
  const world = new SfuUnderTest();
  world.shard.ask = () => new Promise(() => {});

  const closed = world.sfu.close();
  await world.clock.advance(1_000);
  await closed;

  expect(world.shard.isClosed).toBe(true);
  expect(await world.sfu.takeUsage()).toEqual([]);
});
