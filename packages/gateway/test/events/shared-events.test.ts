/** Events of several nodes over a model of Redis in virtual time: whatever fails, each client hears each event once. */
import { EventEmitter } from 'node:events';
import type { ServerResponse } from 'node:http';
import type { SessionId } from '@causeway/protocol';
import { ModelRedis, type ModelRedisWay } from '@causeway/testkit/model-redis';
import { seededRandom } from '@causeway/testkit/seeded-random';
import { VirtualClock } from '@causeway/testkit/virtual-clock';
import { EventStream } from '../../src/events/event-stream.ts';
import { NodeClock } from '../simulation/node-clock.ts';
import { EVENT_APP, EventNode, MAX_KEPT_PER_APP, RecordingClient } from '../support/event-node.ts';

const MINUTE_MS = 60_000;

class World {
  readonly clock = new VirtualClock();
  readonly redis = new ModelRedis({ clock: this.clock, random: () => 0.5 });
  readonly nodes: EventNode[] = [];
  readonly clocks: NodeClock[] = [];
  readonly clients: RecordingClient[] = [];
  way: ModelRedisWay = { state: 'open', oneWayMs: 1 };
  numbers = 0;

  static async start(nodes: number): Promise<World> {
    const world = new World();
    for (let index = 0; index < nodes; index++) await world.startNode(index);
    return world;
  }

  /** @param former the life before, if its folder was kept */
  async startNode(index: number, former?: EventNode): Promise<void> {
    const clock = new NodeClock(this.clock);
    this.clocks[index] = clock;
    const starting = EventNode.start({
      nodeNo: index + 1,
      clock,
      redis: this.redis,
      way: () => this.way,
      ...(former !== undefined && { former: [former.events.left] }),
    });
    await this.clock.advance(1_000);
    this.nodes[index] = await starting;
  }

  node(index: number): EventNode {
    return this.nodes[index % this.nodes.length] as EventNode;
  }

  join(index: number): RecordingClient {
    const client = new RecordingClient();
    client.join(this.node(index).events.feed);
    this.clients.push(client);
    return client;
  }

  note(index: number, session = 'a'): void {
    const sessionId = `session-${index}-${session}` as SessionId;
    this.node(index).events.note({ type: 'track.renamed', sessionId }, ++this.numbers);
  }

  /** What was noted, by number. */
  get all(): readonly number[] {
    return Array.from({ length: this.numbers }, (_, index) => index + 1);
  }

  close(): void {
    for (const client of this.clients) client.leave();
    for (const clock of this.clocks) clock.end();
  }
}

function numbersOf(client: RecordingClient): readonly number[] {
  return client.heard.map(({ type, number }) => (type === 'events.lost' ? -1 : number)).toSorted((one, other) => one - other);
}

function isOrdered({ heard }: RecordingClient): boolean {
  const sessions = Map.groupBy(heard, ({ sessionId }) => sessionId);
  return [...sessions.values()].every((events) =>
    events.every(({ number }, index) => index === 0 || number > (events[index - 1]?.number ?? 0)),
  );
}

function expectAll(world: World, ...clients: readonly RecordingClient[]): void {
  for (const client of clients) {
    expect(numbersOf(client)).toEqual(world.all);
    expect(isOrdered(client)).toBe(true);
  }
  expect(world.nodes.flatMap(({ defects }) => defects)).toEqual([]);
}

async function play(world: World, steps: number, stepMs: number): Promise<void> {
  for (let step = 0; step < steps; step++) {
    world.note(step % 3, step % 2 === 0 ? 'a' : 'b');
    await world.clock.advance(stepMs);
  }
}

test('a client that was away for nine minutes gets everything once, at another node, in order', async () => {
  const world = await World.start(2);
  const client = world.join(0);
  await play(world, 10, 100);
  await world.clock.advance(1_000);
  client.leave();

  await play(world, 180, 3_000);
  client.join(world.node(1).events.feed);
  await play(world, 10, 100);
  await world.clock.advance(1_000);

  expectAll(world, client);
  world.close();
});

/** What goes to a client for each event of an app, as text. */
class WrittenStream extends EventEmitter {
  readonly texts: string[] = [];
  readonly writableEnded = false;
  readonly destroyed = false;
  readonly writableNeedDrain = false;
  readonly writableLength = 0;
  readonly writeHead = (): void => undefined;

  write(text: string): boolean {
    this.texts.push(text);
    return true;
  }
}

/** @returns how long what a client of one node gets for an event is at most, if so many nodes append to the log, each several times */
async function longestEventOf(nodes: number): Promise<number> {
  const world = await World.start(1);
  const { cluster, events } = world.node(0);
  const written = new WrittenStream();
  const stream = new EventStream(written as unknown as ServerResponse);
  events.feed.join(stream, undefined);
  const json = JSON.stringify({ type: 'session.created', sessionId: 'session-10000-fc756623-3be4-4c40-b651-20e22095ee07' });
  for (let serial = 1; serial <= 3; serial++) {
    const outgoing = [{ serial, json, formerId: undefined }];
    const batches = Array.from({ length: nodes }, (_, index) => ({
      appId: EVENT_APP,
      nodeNo: 10_000 + index,
      epoch: 1,
      follows: serial - 1,
    }));
    const appending = batches.map((batch) => cluster.eventLog.append({ ...batch, events: outgoing }));
    await world.clock.advance(1_000);
    await Promise.all(appending);
  }
  events.feed.leave(stream);
  written.emit('close');
  world.close();
  const told = written.texts.filter((text) => text.includes('data:'));
  expect(told).toHaveLength(3 * nodes);
  return Math.max(...told.map((text) => Buffer.byteLength(text)));
}

test('an event in a cluster of 300 nodes is at most 300 bytes longer than with one node', async () => {
  const [alone, among300] = [await longestEventOf(1), await longestEventOf(300)];

  // Two ids with two digits more, since many events share a millisecond.
  expect(among300 - alone).toBeLessThanOrEqual(4);
});

test('a client that was away for eleven minutes is told that some are lost', async () => {
  const world = await World.start(2);
  const client = world.join(0);
  await world.clock.advance(1_000);
  client.leave();

  await play(world, 220, 3_000);
  client.join(world.node(1).events.feed);
  await world.clock.advance(1_000);

  expect(client.heard.map(({ type }) => type).slice(0, 2)).toEqual(['events.lost', 'track.renamed']);
  expect(client.heard.length).toBeGreaterThan(198);
  expect(client.heard.length).toBeLessThan(204);
  world.close();
});

test.each(['refused', 'silent'] as const)('with Redis %s for a minute events are late, and none is lost or told twice', async (state) => {
  const world = await World.start(3);
  const [staying, leaving] = [world.join(0), world.join(1)];
  await play(world, 10, 50);
  world.way = { state };
  if (state === 'refused') world.redis.closeConnections();
  const fresh = world.join(2);
  const before = world.numbers;

  await play(world, 30, 1_000);
  leaving.join(world.node(2).events.feed);
  await play(world, 30, 1_000);
  const heardMeanwhile = staying.heard.length;
  world.way = { state: 'open', oneWayMs: 1 };
  await world.clock.advance(10_000);

  expect(heardMeanwhile).toBeLessThanOrEqual(before);
  expectAll(world, staying, leaving);
  expect(numbersOf(fresh).filter((number) => number > before)).toEqual(world.all.slice(before));
  world.close();
});

test('what Redis takes while the reply is lost is told once', async () => {
  const world = await World.start(3);
  const client = world.join(0);
  await world.clock.advance(1_000);

  for (let round = 0; round < 20; round++) {
    world.note(round, 'a');
    // The events arrive after the delay of the outbox and one way; the reply does not.
    await world.clock.advance(21);
    world.redis.closeConnections();
    await world.clock.advance(3_000);
  }

  expectAll(world, client);
  world.close();
});

test.each(Array.from({ length: 5 }, (_, index) => index + 1))(
  'with Redis emptied, failed over and away, clients that come and go hear each event once, seed %i',
  async (seed) => {
    const random = seededRandom(seed);
    const world = await World.start(3);
    const clients = [world.join(0), world.join(1), world.join(2), world.join(0)];
    await world.clock.advance(1_000);
    for (let round = 0; round < 8; round++) {
      await play(world, 10 + Math.floor(20 * random()), 10 + Math.floor(80 * random()));
      const leaver = clients[Math.floor(clients.length * random())] as RecordingClient;
      if (random() < 0.5) leaver.leave();
      const fault = Math.floor(3 * random());
      if (fault === 0) world.redis.forgetAll();
      if (fault === 1) {
        world.redis.failOver(Math.floor(3_000 * random()));
        world.redis.clockOffsetMs -= Math.floor(2_000 * random());
        world.redis.closeConnections();
      }
      if (fault === 2) {
        world.way = { state: random() < 0.5 ? 'refused' : 'silent' };
        await play(world, 10, 500);
        world.way = { state: 'open', oneWayMs: 1 };
      }
      await play(world, 10, 50);
      leaver.join(world.node(Math.floor(3 * random())).events.feed);
      await world.clock.advance(15_000);
    }
    await world.clock.advance(30_000);

    expectAll(world, ...clients);
    world.close();
  },
);

test('a client that reconnects after Redis was emptied twice, with nothing new in between, hears nothing again', async () => {
  const world = await World.start(3);
  const [client, reconnecting] = [world.join(0), world.join(1)];
  await play(world, 10, 50);
  await world.clock.advance(1_000);

  for (let round = 0; round < 2; round++) {
    world.redis.forgetAll();
    await world.clock.advance(15_000);
    reconnecting.join(world.node(2).events.feed);
    await world.clock.advance(1_000);
  }
  await play(world, 10, 50);
  await world.clock.advance(1_000);

  expectAll(world, client, reconnecting);
  world.close();
});

test('what a killed node had not appended, and what Redis lost of it, its next life appends', async () => {
  const world = await World.start(3);
  const client = world.join(1);
  await play(world, 30, 50);
  await world.clock.advance(1_000);
  world.way = { state: 'refused' };
  await play(world, 30, 50);
  const killed = world.node(0);
  world.clocks[0]?.end();
  world.way = { state: 'open', oneWayMs: 1 };
  await world.clock.advance(5_000);
  world.redis.forgetAll();

  await world.clock.advance(20_000);
  const heardBefore = client.heard.length;
  await world.startNode(0, killed);
  await world.clock.advance(20_000);
  await play(world, 3, 50);
  await world.clock.advance(5_000);

  expect(heardBefore).toBeLessThan(world.numbers - 3);
  expectAll(world, client);
  world.close();
});

test('what no longer fits while Redis is away is told of as lost, in its place', async () => {
  const world = await World.start(1);
  const client = world.join(0);
  world.note(0);
  await world.clock.advance(1_000);
  world.way = { state: 'refused' };
  world.redis.closeConnections();

  for (let count = 0; count < MAX_KEPT_PER_APP + 50; count++) world.note(0);
  await world.clock.advance(1_000);
  world.way = { state: 'open', oneWayMs: 1 };
  await world.clock.advance(60_000);

  expect(client.heard.slice(0, 3).map(({ type, number }) => [type, number])).toEqual([
    ['track.renamed', 1],
    ['events.lost', Number.NaN],
    ['track.renamed', 52],
  ]);
  expect(client.heard.at(-1)?.number).toBe(world.numbers);
  expect(world.node(0).events.log.keptOf(EVENT_APP)).toHaveLength(MAX_KEPT_PER_APP);
  world.close();
});

test('what happened longer ago than it is kept, while Redis was away, is told of as lost', async () => {
  const world = await World.start(1);
  const client = world.join(0);
  await world.clock.advance(1_000);
  world.way = { state: 'refused' };
  world.redis.closeConnections();
  world.note(0);
  await world.clock.advance(11 * MINUTE_MS);
  world.note(0);
  world.way = { state: 'open', oneWayMs: 1 };
  await world.clock.advance(10_000);

  expect(client.heard.map(({ type }) => type)).toEqual(['events.lost', 'track.renamed']);
  world.close();
});

test('the id of an event is as long with 300 nodes as with one', async () => {
  const world = await World.start(1);
  const client = world.join(0);
  await world.clock.advance(1_000);
  world.note(0);
  // Ids begin five seconds ahead of the clock.
  await world.clock.advance(10_000);
  const alone = client.lastEventId ?? '';

  for (let nodeNo = 2; nodeNo <= 300; nodeNo++) {
    const event = { serial: 1, json: `{"type":"track.renamed","customTrackName":"${++world.numbers}"}`, formerId: undefined };
    const appending = world.node(0).cluster.eventLog.append({ appId: EVENT_APP, nodeNo, epoch: 1, follows: 0, events: [event] });
    await world.clock.advance(5);
    await appending;
  }
  await world.clock.advance(1_000);

  expect(numbersOf(client)).toEqual(world.all);
  expect(client.lastEventId).toHaveLength(alone.length);
  world.close();
});

/** Starts a cluster in which a client of one node has heard some events. */
async function afterSomeEvents(nodes: number, at = 0): Promise<{ readonly world: World; readonly client: RecordingClient }> {
  const world = await World.start(nodes);
  const client = world.join(at);
  await play(world, 6, 50);
  await world.clock.advance(1_000);
  return { world, client };
}

/** Waits until what Redis has lost has come again, and ends the cluster. */
async function endWithAll(world: World, client: RecordingClient): Promise<void> {
  await world.clock.advance(15_000);
  expectAll(world, client);
  world.close();
}

test('an event is told although Redis lost it before anyone read it, and others were appended and read before it came again', async () => {
  const { world, client } = await afterSomeEvents(3);

  world.note(1);
  await world.clock.advance(30);
  world.redis.failOver(100);
  world.note(2);
  await endWithAll(world, client);
});

test('an event is told although Redis lost it, and then everything, before its node noticed the first loss', async () => {
  const { world, client } = await afterSomeEvents(3);

  world.note(1);
  await world.clock.advance(30);
  for (const _ of [1, 2]) {
    world.redis.forgetAll();
    world.note(2);
    await world.clock.advance(600);
  }
  await endWithAll(world, client);
});

test('an event whose id was not heard of, since the reply was lost, is told once if Redis loses it later', async () => {
  const world = await World.start(2);
  const client = world.join(0);
  // Redis then has the scripts.
  world.note(1);
  await world.clock.advance(1_000);
  world.note(1);
  await world.clock.advance(21);
  world.redis.closeConnections();
  world.note(1);
  await world.clock.advance(5_000);

  world.redis.forgetAll();
  await endWithAll(world, client);
});

test('a node that ends appends what Redis does not take at once, and what it has lost', async () => {
  const { world, client } = await afterSomeEvents(2, 1);
  world.redis.forgetAll();
  world.way = { state: 'refused' };
  world.redis.closeConnections();
  world.note(0);

  const ending = world.node(0).events.outbox.close();
  await world.clock.advance(3_000);
  world.way = { state: 'open', oneWayMs: 1 };
  await world.clock.advance(4_000);
  world.clocks[0]?.end();
  expect(await endWithAll(world, client).then(() => ending)).toBe(0);
});

test('a node that ends gives up after seconds if Redis stays away, and says how much was not sent', async () => {
  const world = await World.start(1);
  world.way = { state: 'refused' };
  world.redis.closeConnections();
  world.note(0);
  let outstanding: number | undefined;

  void world
    .node(0)
    .events.outbox.close()
    .then((count) => {
      outstanding = count;
    });
  await world.clock.advance(4_000);
  expect(outstanding).toBeUndefined();
  await world.clock.advance(2_000);

  expect(outstanding).toBe(1);
  world.close();
});
