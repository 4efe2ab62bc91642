import { CLEAN_LINK, DataPage } from '@causeway/testkit';
import { DataRoom, RELIABLE, subscriptionPlan, UNRELIABLE } from './data-room.ts';

const KILOBYTE = 1024;
/** A hundred take half a minute. */
const SUBSCRIBERS = Number(process.env.SUBSCRIBERS ?? 25);

/** Alice sends something every few milliseconds. */
function sendFor(
  room: DataRoom,
  send: (message: number) => void,
  { everyMs, forMs }: { readonly everyMs: number; readonly forMs: number },
): void {
  for (let message = 0; message * everyMs < forMs; message++) room.world.after(message * everyMs, () => send(message));
  room.run(forMs);
}

function numbered(message: number, sizeBytes: number): Uint8Array {
  const data = new Uint8Array(sizeBytes);
  new DataView(data.buffer).setUint32(0, message);
  return data;
}

function numberOf(data: Uint8Array): number {
  return new DataView(data.buffer, data.byteOffset).getUint32(0);
}

describe('a subscriber that does not read', () => {
  test('among many ends alone, with an event; the others get everything within 50 ms', () => {
    const room = new DataRoom();
    const link = { ...CLEAN_LINK, delayMs: 1 };
    const alice = room.join('alice', { link });
    const chat = room.publish(alice, 'chat');
    const pages = Array.from({ length: SUBSCRIBERS }, (_, index) => room.join(`page-${index}`, { link }));
    for (const page of pages) room.subscribe(page, 'alice/chat');
    room.run(1000);
    const [slow, ...others] = pages;
    (slow as DataPage).isReading = false;

    const sentAtMs: number[] = [];
    sendFor(
      room,
      (message) => {
        sentAtMs.push(room.world.nowMs);
        alice.send(chat, numbered(message, 16 * KILOBYTE));
      },
      { everyMs: 20, forMs: 1320 },
    );
    room.run(1000);

    const delays = others.flatMap(({ messages }) => messages.map(({ atMs, data }) => atMs - (sentAtMs[numberOf(data)] ?? 0)));
    delays.sort((one, other) => one - other);
    expect(others.map(({ messages }) => messages.length)).toEqual(others.map(() => 66));
    expect(delays[Math.floor(delays.length * 0.99)]).toBeLessThan(50);
    expect(room.news()).toEqual([{ type: 'data-subscription-closed', subscriptionId: 'page-0/alice/chat', reason: 'overflow' }]);
    expect(room.counters.overflowedSubscriptions).toBe(1);
  });

  test('never has more than a megabyte waiting, and once it reads gets what was sent before it overflowed', () => {
    const room = new DataRoom();
    const [alice, bob] = [room.join('alice'), room.join('bob')];
    const chat = room.publish(alice, 'chat');
    const stream = room.subscribe(bob, 'alice/chat');
    room.run(500);
    bob.isReading = false;

    let mostBytes = 0;
    const send = (message: number): void => {
      alice.send(chat, numbered(message, 16 * KILOBYTE));
      mostBytes = Math.max(mostBytes, room.statistics.subscriptions[0]?.bufferedBytes ?? 0);
    };
    sendFor(room, send, { everyMs: 20, forMs: 1600 });
    bob.isReading = true;
    room.run(20_000);

    const received = bob.messages.map(({ data }) => numberOf(data));
    expect(mostBytes).toBeGreaterThan(900 * KILOBYTE);
    expect(mostBytes).toBeLessThanOrEqual(1024 * KILOBYTE);
    expect(received).toEqual(Array.from({ length: received.length }, (_, message) => message));
    expect(received.length).toBeGreaterThan(50);
    expect(bob.closed).toEqual([stream]);
  });

  test('of an unreliable channel stays, and gets nothing that has waited for long', () => {
    const room = new DataRoom();
    const [alice, bob] = [room.join('alice'), room.join('bob')];
    const cursor = room.publish(alice, 'cursor', { reliability: UNRELIABLE });
    room.subscribe(bob, 'alice/cursor');
    room.run(500);
    bob.isReading = false;

    const sentAtMs: number[] = [];
    const send = (message: number): void => {
      sentAtMs.push(room.world.nowMs);
      alice.send(cursor, numbered(message, 10 * KILOBYTE));
    };
    sendFor(room, send, { everyMs: 5, forMs: 3000 });
    const waiting = room.statistics.subscriptions[0]?.bufferedBytes ?? 0;
    bob.isReading = true;
    const readsAtMs = room.world.nowMs;
    sendFor(room, (message) => send(message + 600), { everyMs: 20, forMs: 10_000 });

    const late = bob.messages.filter(({ atMs, data }) => atMs > readsAtMs + 10 && atMs - (sentAtMs[numberOf(data)] ?? 0) > 200);
    expect(waiting).toBeLessThan(1024 * KILOBYTE);
    expect(room.news()).toEqual([]);
    expect(room.statistics.subscriptions[0]?.messagesDropped).toBeGreaterThan(400);
    expect(room.counters.droppedMessages).toBe(room.statistics.subscriptions[0]?.messagesDropped);
    expect(late).toEqual([]);
    expect(bob.messages.map(({ data }) => numberOf(data)).filter((number) => number >= 600).length).toBeGreaterThan(100);
  });
});

test('messages before the channel is open are kept up to 64 KiB, the latest of them, without a hole', () => {
  const room = new DataRoom();
  const alice = room.join('alice');
  const chat = room.publish(alice, 'chat');
  const bob = new DataPage(room.world, room.world.connectPeer('bob'));
  room.putSubscription(subscriptionPlan('bob', 'alice/chat'));

  for (let message = 0; message < 100; message++) alice.send(chat, numbered(message, KILOBYTE));
  room.run(500);
  room.send({ type: 'set-data-peer', plan: { transportId: 'bob', maxMessageBytes: 65_536 } });
  room.run(500);

  expect(bob.messages.map(({ data }) => numberOf(data))).toEqual(Array.from({ length: 64 }, (_, index) => 36 + index));
});

test('messages before the channel is open are worth nothing after two seconds', () => {
  const room = new DataRoom();
  const alice = room.join('alice');
  const chat = room.publish(alice, 'chat');
  const bob = new DataPage(room.world, room.world.connectPeer('bob'));
  room.putSubscription(subscriptionPlan('bob', 'alice/chat'));

  alice.send(chat, 'old');
  room.run(1500);
  alice.send(chat, 'new');
  room.run(1000);
  room.send({ type: 'set-data-peer', plan: { transportId: 'bob', maxMessageBytes: 65_536 } });
  room.run(500);

  expect(bob.messages.map(({ data }) => new TextDecoder().decode(data))).toEqual(['new']);
});

test('a message longer than a peer takes is kept from it, with an event a second at most; others get it', () => {
  const room = new DataRoom();
  const [alice, bob, carol] = [room.join('alice'), room.join('bob'), room.join('carol')];
  room.send({ type: 'set-data-peer', plan: { transportId: 'bob', maxMessageBytes: 65_535 } });
  const chat = room.publish(alice, 'chat');
  const [toBob, toCarol] = [room.subscribe(bob, 'alice/chat'), room.subscribe(carol, 'alice/chat')];
  room.run(500);

  for (const sizeBytes of [65_535, 65_536, 65_537]) alice.send(chat, new Uint8Array(sizeBytes));
  room.run(500);
  alice.send(chat, new Uint8Array(70_000));
  room.run(1000);

  expect(bob.received(toBob).map(({ length }) => length)).toEqual([65_535]);
  expect(carol.received(toCarol)).toHaveLength(4);
  expect(room.news()).toEqual([
    { type: 'data-message-too-large', subscriptionId: 'bob/alice/chat', sizeBytes: 65_536, maxMessageBytes: 65_535 },
  ]);
  expect(room.statistics.subscriptions[0]).toMatchObject({ messagesTooLarge: 3, messagesSent: 1, bytesSent: 65_535 });
});

test('that what waits has fallen is told each time that it was above', () => {
  const room = new DataRoom();
  const [alice, bob] = [room.join('alice'), room.join('bob')];
  const chat = room.publish(alice, 'chat');
  room.subscribe(bob, 'alice/chat', { bufferedLowBytes: 10_000 });
  room.run(500);

  for (const sizeBytes of [5000, 50_000, 100_000]) {
    alice.send(chat, new Uint8Array(sizeBytes));
    room.run(1000);
  }

  const low = room.news().filter(({ type }) => type === 'data-buffered-low');
  expect(low).toHaveLength(2);
  expect(low.every((event) => event.type === 'data-buffered-low' && event.bufferedBytes <= 10_000)).toBe(true);
});

describe('a publisher that sends too much', () => {
  test('at once, of small messages, is held back; nothing is lost', () => {
    const room = new DataRoom();
    const [alice, bob] = [room.join('alice'), room.join('bob')];
    const chat = room.publish(alice, 'chat');
    const stream = room.subscribe(bob, 'alice/chat');
    room.run(500);

    for (let message = 0; message < 20_000; message++) alice.send(chat, numbered(message, 4));
    room.run(2000);
    const afterTwoSeconds = room.statistics.publications[0]?.messagesReceived ?? 0;
    room.run(20_000);

    // The limit is the first second's worth at once, and then 5,000 a second. A packet that fills a gap may bring more, and the next ones
    // wait for that.
    expect(afterTwoSeconds).toBeLessThan(15_500);
    expect(bob.received(stream)).toHaveLength(20_000);
    expect(room.world.engine.drops()['over-data-rate']).toBeGreaterThan(0);
  });

  test('on a channel that nobody has claimed is held back as well, and loses nothing', () => {
    const room = new DataRoom();
    const [alice, bob] = [room.join('alice'), room.join('bob')];
    const stream = room.subscribe(bob, 'alice/chat');
    const chat = alice.open('chat');
    room.run(300);

    for (let message = 0; message < 40; message++) alice.send(chat, numbered(message, 64 * KILOBYTE));
    room.run(1500);
    room.putPublication(alice, chat, { publicationId: 'alice/chat' });
    room.run(20_000);

    const received = bob.received(stream).map((data) => numberOf(data as Uint8Array));
    expect(room.statistics.publications[0]?.messagesReceived).toBe(40);
    expect(received).toEqual(Array.from({ length: received.length }, (_, index) => 40 - received.length + index));
  });

  test('of too large a message loses its publication, with an event, and nothing else', () => {
    const room = new DataRoom();
    const [alice, bob] = [room.join('alice'), room.join('bob')];
    const [chat, other] = [room.publish(alice, 'chat'), room.publish(alice, 'other')];
    room.subscribe(bob, 'alice/chat');
    const toBob = room.subscribe(bob, 'alice/other');
    room.run(500);

    alice.channels.sendShared(room.world.nowMs, chat, {
      message: { kind: 'binary', data: new Uint8Array(300_000) },
      terms: { ...RELIABLE, maxWaitMs: Number.POSITIVE_INFINITY, sender: { onSent() {}, onDropped() {}, onReleased() {} } },
    });
    room.run(2000);
    alice.send(other, 'still here');
    room.run(200);

    expect(room.news()).toEqual([
      { type: 'data-subscription-closed', subscriptionId: 'bob/alice/chat', reason: 'publication_closed' },
      { type: 'data-publication-closed', publicationId: 'alice/chat', reason: 'message_too_large' },
    ]);
    expect(bob.received(toBob)).toEqual(['still here']);
  });
});

test('a publisher that does not read replies costs the one that replies its subscription', () => {
  const room = new DataRoom();
  const [alice, bob] = [room.join('alice'), room.join('bob')];
  room.publish(alice, 'chat');
  const stream = room.subscribe(bob, 'alice/chat', { canReply: 'many' });
  room.run(500);
  alice.isReading = false;

  sendFor(room, () => bob.send(stream, new Uint8Array(32 * KILOBYTE)), { everyMs: 20, forMs: 1000 });
  room.run(500);

  expect(room.news()).toEqual([{ type: 'data-subscription-closed', subscriptionId: 'bob/alice/chat', reason: 'overflow' }]);
  expect(room.statistics.publications).toHaveLength(1);
});

describe('under loss, reordering and duplication', () => {
  const SEEDS = Number(process.env.SEEDS ?? 5);

  test.each(Array.from({ length: SEEDS }, (_, seed) => seed + 1))(
    'every byte of reliable channels arrives, in order, across the wrap of the TSNs (seed %i)',
    (seed) => {
      const room = new DataRoom(seed);
      room.world.initialTsn = 0xffff_ffff - 3 * seed;
      const link = { delayMs: 20, jitterMs: 15, lossProbability: 0.05, duplicateProbability: 0.02 };
      const alice = room.join('alice', { link });
      const pages = ['bob', 'carol', 'dave'].map((id) => room.join(id, { link }));
      const chat = room.publish(alice, 'chat');
      room.run(3000);
      if (room.statistics.publications.length === 0) room.putPublication(alice, chat, { publicationId: 'alice/chat' });
      const streams = pages.map((page) => room.subscribe(page, 'alice/chat'));
      room.run(5000);

      sendFor(room, (message) => alice.send(chat, numbered(message, 4 + ((message * 997) % 5000))), { everyMs: 20, forMs: 4000 });
      room.run(20_000);

      for (const [index, page] of pages.entries()) {
        const received = page.received(streams[index] ?? -1).map((data) => numberOf(data as Uint8Array));
        expect(received).toEqual(Array.from({ length: 200 }, (_, message) => message));
      }
    },
  );

  test.each(Array.from({ length: SEEDS }, (_, seed) => seed + 1))(
    'no message of an unreliable channel waits for another (seed %i)',
    (seed) => {
      const room = new DataRoom(seed);
      const link = { ...CLEAN_LINK, delayMs: 20, lossProbability: 0.1 };
      const [alice, bob] = [room.join('alice'), room.join('bob', { link })];
      const cursor = room.publish(alice, 'cursor', { reliability: UNRELIABLE });
      room.subscribe(bob, 'alice/cursor');
      room.run(5000);

      const sentAtMs: number[] = [];
      sendFor(
        room,
        (message) => {
          sentAtMs.push(room.world.nowMs);
          alice.send(cursor, numbered(message, 100));
        },
        { everyMs: 40, forMs: 4000 },
      );
      room.run(2000);

      const delays = bob.messages.map(({ atMs, data }) => atMs - (sentAtMs[numberOf(data)] ?? 0));
      expect(bob.messages.length).toBeGreaterThan(75);
      expect(Math.max(...delays)).toBeLessThanOrEqual(35);
    },
  );

  test('small reliable messages are repaired soon: at 5% loss and 50 ms, p99 is at most 200 ms', () => {
    const delays: number[] = [];
    for (let seed = 1; seed <= SEEDS; seed++) {
      const room = new DataRoom(seed);
      const [alice, bob] = [room.join('alice'), room.join('bob', { link: { ...CLEAN_LINK, delayMs: 25, lossProbability: 0.05 } })];
      const chat = room.publish(alice, 'chat');
      room.subscribe(bob, 'alice/chat');
      room.run(3000);

      const sentAtMs: number[] = [];
      const send = (message: number): void => {
        sentAtMs.push(room.world.nowMs);
        alice.send(chat, numbered(message, 100));
      };
      sendFor(room, send, { everyMs: 40, forMs: 20_000 });
      room.run(3000);
      delays.push(...bob.messages.map(({ atMs, data }) => atMs - (sentAtMs[numberOf(data)] ?? 0)));
    }

    delays.sort((one, other) => one - other);
    expect(delays).toHaveLength(500 * SEEDS);
    expect(delays[Math.floor(0.99 * delays.length)]).toBeLessThanOrEqual(200);
  });
});
