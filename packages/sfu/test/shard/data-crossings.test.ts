/** Two engines in virtual time, linked as shards are: in plain text, over memory that loses what does not fit. */
import type { DataPublicationPlan, DataSubscriptionPlan, EngineCommand, EngineEvent } from '@causeway/media';
import { CLEAN_LINK, DataPage, type Impairment, joinWorlds, VirtualTime, VirtualWorld, type WorldLink } from '@causeway/testkit';
import { DataCrossings, isDataEvent } from '../../src/shard/data-crossings.ts';

const LINK = 'shards-0-1-1';
const RING: Impairment = { ...CLEAN_LINK, delayMs: 4 };
const RELIABLE = { ordered: true, maxRetransmits: undefined, maxPacketLifeTimeMs: undefined };

class TwoShards {
  readonly time = new VirtualTime();
  readonly worlds: readonly [VirtualWorld, VirtualWorld];
  readonly link: WorldLink;
  readonly news: EngineEvent[] = [];
  readonly commands: string[] = [];
  readonly idle: string[] = [];
  readonly crossings: DataCrossings;
  readonly #seen = [0, 0];
  #lastStream = 99;

  constructor(ring: Impairment = RING) {
    this.worlds = [
      new VirtualWorld({ time: this.time, seed: 1, address: '203.0.113.1' }),
      new VirtualWorld({ time: this.time, seed: 2, address: '203.0.113.2' }),
    ];
    this.link = joinWorlds(this.worlds[0], this.worlds[1], LINK, ring);
    this.crossings = new DataCrossings(
      (from, to) => ({
        transportId: LINK,
        upstream: { send: (command) => this.send(from, command) },
        downstream: { send: (command) => this.send(to, command), settled: async () => undefined },
      }),
      (linkId) => this.idle.push(linkId),
    );
  }

  join(id: string, shardNo: number): DataPage {
    const world = this.world(shardNo);
    const page = new DataPage(world, world.connectPeer(id, CLEAN_LINK, 'app'));
    this.send(shardNo, { type: 'set-data-peer', plan: { transportId: id, maxMessageBytes: 262_144 } });
    return page;
  }

  publish(page: DataPage, shardNo: number, plan: Partial<DataPublicationPlan> = {}): number {
    const streamId = page.open('chat', plan.reliability);
    this.run(200);
    const whole: DataPublicationPlan = {
      publicationId: `${page.peer.id}/chat`,
      transportId: page.peer.id,
      stream: { streamId, isNegotiated: false },
      reliability: RELIABLE,
      retain: 0,
      isBus: false,
      ...plan,
    };
    this.send(shardNo, { type: 'put-data-publication', plan: whole });
    this.crossings.putSource(shardNo, whole);
    return streamId;
  }

  subscribe(page: DataPage, shardNo: number, plan: Partial<DataSubscriptionPlan> = {}): number {
    this.#lastStream += 2;
    const whole: DataSubscriptionPlan = {
      subscriptionId: `${page.peer.id}/watch`,
      transportId: page.peer.id,
      publicationId: 'alice/chat',
      stream: { streamId: this.#lastStream, isNegotiated: false },
      label: 'chat',
      protocol: '',
      canReply: 'none',
      waitsForAck: false,
      isPaused: false,
      isSticky: false,
      ...plan,
    };
    this.crossings.putSubscription(shardNo, whole, () => this.send(shardNo, { type: 'put-data-subscription', plan: whole }));
    return this.#lastStream;
  }

  world(shardNo: number): VirtualWorld {
    return shardNo === 0 ? this.worlds[0] : this.worlds[1];
  }

  send(shardNo: number, command: EngineCommand): void {
    this.commands.push(`${shardNo} ${command.type}`);
    this.world(shardNo).engine.handleCommand(this.time.nowMs, command);
  }

  /** Lets time pass, and brings events to whom they concern every ten milliseconds. */
  run(durationMs: number): void {
    for (let passedMs = 0; passedMs < durationMs; passedMs += 10) {
      this.time.run(10);
      for (const shardNo of [0, 1]) {
        const events = this.world(shardNo).dataEvents.slice(this.#seen[shardNo]);
        this.#seen[shardNo] = this.world(shardNo).dataEvents.length;
        for (const event of events) {
          const told = isDataEvent(event) ? this.crossings.handleEvent(shardNo, event) : undefined;
          if (told !== undefined && told.type !== 'data-subscription-opened') this.news.push(told);
        }
      }
    }
  }
}

/** Callbacks of the crossings are over. */
const microtasks = () => new Promise<void>((resolve) => queueMicrotask(resolve));

test('a publication crosses once, however many subscribe there, in order and as it was', () => {
  const shards = new TwoShards({ ...RING, lossProbability: 0.05 });
  const alice = shards.join('alice', 0);
  const pages = ['bob', 'carol', 'dave'].map((id) => shards.join(id, 1));
  const chat = shards.publish(alice, 0);
  const streams = pages.map((page) => shards.subscribe(page, 1));
  shards.run(1000);
  const crossing = shards.crossings.size;
  const sentBefore = shards.link.back.sent + shards.link.there.sent;

  const messages = Array.from({ length: 100 }, (_, index) => new Uint8Array(10_000).fill(index));
  for (const message of messages) {
    alice.send(chat, message);
    shards.run(20);
  }
  alice.send(chat, '');
  shards.run(3000);

  const sentPackets = shards.link.back.sent + shards.link.there.sent - sentBefore;
  expect(crossing).toBe(1);
  for (const [index, page] of pages.entries()) {
    const received = page.received(streams[index] ?? -1);
    expect(received.at(-1)).toBe('');
    expect(Buffer.concat(received.slice(0, -1) as Uint8Array[]).equals(Buffer.concat(messages))).toBe(true);
  }
  expect(sentPackets * 1000).toBeLessThan(2 * 1_000_000);
  expect(shards.news).toEqual([]);
});

test('a subscriber on another shard gets the retained messages, once, and all later ones', () => {
  const shards = new TwoShards();
  const [alice, bob, carol] = [shards.join('alice', 0), shards.join('bob', 1), shards.join('carol', 1)];
  const state = shards.publish(alice, 0, { retain: 2 });
  for (const message of ['1', '2', '3']) alice.send(state, message);
  shards.run(100);

  const toBob = shards.subscribe(bob, 1);
  alice.send(state, '4');
  shards.run(500);
  const toCarol = shards.subscribe(carol, 1);
  shards.run(500);

  // What is retained when the channel is open, as for a subscriber on the publisher's shard.
  expect(bob.received(toBob)).toEqual(['3', '4']);
  expect(carol.received(toCarol)).toEqual(['3', '4']);
});

test('replies cross back, and on a bus every participant hears every other once', () => {
  const shards = new TwoShards();
  const [alice, bob, carol, dave] = [shards.join('alice', 0), shards.join('bob', 1), shards.join('carol', 1), shards.join('dave', 0)];
  const chat = shards.publish(alice, 0, { isBus: true });
  const toBob = shards.subscribe(bob, 1);
  const toCarol = shards.subscribe(carol, 1);
  const toDave = shards.subscribe(dave, 0);
  shards.run(1000);

  bob.send(toBob, 'bob');
  shards.run(100);
  dave.send(toDave, 'dave');
  shards.run(100);
  alice.send(chat, 'alice');
  shards.run(100);

  expect(alice.received(chat)).toEqual(['bob', 'dave']);
  expect(bob.received(toBob)).toEqual(['dave', 'alice']);
  expect(carol.received(toCarol)).toEqual(['bob', 'dave', 'alice']);
  expect(dave.received(toDave)).toEqual(['bob', 'alice']);
});

test('when the publisher closes, its messages still arrive, and then the channels close on all shards', async () => {
  const shards = new TwoShards();
  const [alice, bob] = [shards.join('alice', 0), shards.join('bob', 1)];
  const chat = shards.publish(alice, 0);
  const stream = shards.subscribe(bob, 1);
  shards.run(1000);

  for (let message = 0; message < 10; message++) alice.send(chat, new Uint8Array(100_000).fill(message));
  alice.channels.closeChannel(shards.time.nowMs, chat);
  shards.run(3000);
  await microtasks();

  expect(bob.received(stream)).toHaveLength(10);
  expect(bob.closed).toEqual([stream]);
  expect(shards.news).toEqual([
    { type: 'data-publication-closed', publicationId: 'alice/chat', reason: 'closed_by_peer' },
    { type: 'data-subscription-closed', subscriptionId: 'bob/watch', reason: 'publication_closed' },
  ]);
  expect([shards.crossings.size, shards.idle]).toEqual([0, [LINK]]);
});

test('with the last subscriber of a shard the crossing ends, and the next one has another', () => {
  const shards = new TwoShards();
  const [alice, bob] = [shards.join('alice', 0), shards.join('bob', 1)];
  const chat = shards.publish(alice, 0);
  for (let round = 0; round < 3; round++) {
    const stream = shards.subscribe(bob, 1);
    shards.run(500);
    alice.send(chat, `round ${round}`);
    shards.run(200);
    expect(bob.received(stream)).toEqual([`round ${round}`]);

    shards.send(1, { type: 'remove-data-subscription', subscriptionId: 'bob/watch' });
    shards.crossings.removeSubscription('bob/watch');
    expect(shards.crossings.size).toBe(0);
    shards.run(500);
  }

  expect(shards.worlds.map(({ engine }) => engine.answer('data-statistics').subscriptions)).toEqual([[], []]);
});

test('a subscriber without its publication gets it when it comes, from whichever shard', () => {
  const shards = new TwoShards();
  const [alice, bob] = [shards.join('alice', 0), shards.join('bob', 1)];
  const stream = shards.subscribe(bob, 1);
  shards.run(200);

  const chat = shards.publish(alice, 0);
  shards.run(500);
  alice.send(chat, 'hello');
  shards.run(200);

  expect(bob.received(stream)).toEqual(['hello']);
});

test('a sticky subscriber continues with the publication that replaces the previous one', () => {
  const shards = new TwoShards();
  const [alice, carol, bob] = [shards.join('alice', 0), shards.join('carol', 0), shards.join('bob', 1)];
  const chat = shards.publish(alice, 0);
  const stream = shards.subscribe(bob, 1, { isSticky: true });
  shards.run(500);
  alice.send(chat, 'one');
  shards.run(100);
  alice.channels.closeChannel(shards.time.nowMs, chat);
  shards.run(500);

  const again = shards.publish(carol, 0);
  shards.subscribe(bob, 1, { isSticky: true, publicationId: 'carol/chat' });
  shards.run(500);
  carol.send(again, 'two');
  shards.run(200);

  expect(bob.received(stream)).toEqual(['one', 'two']);
  expect(bob.closed).toEqual([]);
});

test('when a link cannot keep up, subscribers behind it are told, and may subscribe again', async () => {
  const shards = new TwoShards();
  const [alice, bob] = [shards.join('alice', 0), shards.join('bob', 1)];
  const chat = shards.publish(alice, 0);
  shards.subscribe(bob, 1);
  shards.run(500);
  shards.link.there.impairment = { ...RING, lossProbability: 1 };
  shards.link.back.impairment = { ...RING, lossProbability: 1 };

  for (let message = 0; message < 140; message++) {
    alice.send(chat, new Uint8Array(65_000).fill(message));
    shards.run(30);
  }
  shards.link.there.impairment = RING;
  shards.link.back.impairment = RING;
  shards.run(15_000);
  await microtasks();

  expect(shards.news).toEqual([{ type: 'data-subscription-closed', subscriptionId: 'bob/watch', reason: 'overflow' }]);
  const again = shards.subscribe(bob, 1);
  shards.run(1000);
  alice.send(chat, 'again');
  shards.run(1000);
  expect(bob.received(again)).toEqual(['again']);
});

test('a crossing is not billed; subscribers are billed where they are', () => {
  const shards = new TwoShards();
  const [alice, bob] = [shards.join('alice', 0), shards.join('bob', 1)];
  const chat = shards.publish(alice, 0);
  shards.subscribe(bob, 1);
  shards.run(500);
  alice.send(chat, new Uint8Array(1000));
  shards.run(500);

  expect(shards.worlds[0].engine.answer('usage')).toEqual([]);
  expect(shards.worlds[1].engine.answer('usage')).toMatchObject([{ account: 'app', bytes: { data: 1000, relay: 0 } }]);
});
