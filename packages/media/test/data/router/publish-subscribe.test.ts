import type { DataPage } from '@causeway/testkit';
import { DataRoom, RELIABLE, subscriptionPlan } from './data-room.ts';

const NOTHING = new Uint8Array(0);

describe('what is published in-band', () => {
  test('reaches each subscriber on a channel with the name and reliability of the publisher’s', () => {
    const room = new DataRoom();
    const [alice, bob, carol] = [room.join('alice'), room.join('bob'), room.join('carol')];
    const reliability = { ordered: false, maxRetransmits: 3, maxPacketLifeTimeMs: undefined };
    const cursor = room.publish(alice, 'cursor', { reliability });

    const toBob = room.subscribe(bob, 'alice/cursor');
    const toCarol = room.subscribe(carol, 'alice/cursor');
    room.run(300);
    alice.send(cursor, 'hello');
    room.run(300);

    expect(bob.opened).toEqual([{ streamId: toBob, label: 'cursor', protocol: 'sfu;alice', ...reliability }]);
    expect(room.opened()).toEqual(['bob/alice/cursor', 'carol/alice/cursor']);
    expect([bob.received(toBob), carol.received(toCarol)]).toEqual([['hello'], ['hello']]);
  });

  test('stays what it was: text, bytes, the empty of both, a quarter of a megabyte, and text that is no UTF-8', () => {
    const room = new DataRoom();
    const [alice, bob] = [room.join('alice'), room.join('bob')];
    const chat = room.publish(alice, 'chat');
    const stream = room.subscribe(bob, 'alice/chat');
    room.run(300);
    const large = Uint8Array.from({ length: 262_144 }, (_, index) => index * 7);
    const bad = Uint8Array.of(0xff, 0xfe, 0x41);

    for (const data of ['text', Uint8Array.of(1, 2), '', NOTHING, large]) alice.send(chat, data);
    alice.channels.sendShared(room.world.nowMs, chat, {
      message: { kind: 'text', data: bad },
      terms: { ...RELIABLE, maxWaitMs: Number.POSITIVE_INFINITY, sender: { onSent() {}, onDropped() {}, onReleased() {} } },
    });
    room.run(3000);

    expect(bob.messages.map(({ kind }) => kind)).toEqual(['text', 'binary', 'text', 'binary', 'binary', 'text']);
    expect(bob.received(stream).slice(0, 5)).toEqual(['text', Uint8Array.of(1, 2), '', NOTHING, large]);
    expect(bob.messages.at(-1)?.data).toEqual(bad);
  });

  test.each([RELIABLE, { ...RELIABLE, ordered: false }])('is not missed by a subscriber whose ACK is lost (%j)', (reliability) => {
    const room = new DataRoom();
    const [alice, bob] = [room.join('alice'), room.join('bob')];
    const chat = room.publish(alice, 'chat', { reliability });
    const { up } = room.world.linksOf(bob.peer.path);
    // Nothing of what the page sends arrives for a while, yet its channel is open, and the publisher may begin.
    bob.whenOpen = () => {
      up.lose = () => true;
      room.world.after(800, () => {
        up.lose = () => false;
      });
      for (let message = 0; message < 40; message++) alice.send(chat, new Uint8Array(16_384).fill(message));
    };

    const stream = room.subscribe(bob, 'alice/chat');
    room.run(5000);

    const received = bob.received(stream).map((data) => (data as Uint8Array)[0] ?? -1);
    expect(received.toSorted((one, other) => one - other)).toEqual(Array.from({ length: 40 }, (_, message) => message));
    expect(room.opened()).toEqual(['bob/alice/chat']);
  });

  test('is kept for a moment, from the first message on, until it is published', () => {
    const room = new DataRoom();
    const [alice, bob] = [room.join('alice'), room.join('bob')];
    alice.whenOpen = ({ streamId }) => {
      for (let message = 0; message < 50; message++) alice.send(streamId, `${message}`);
    };

    const chat = alice.open('chat');
    const stream = room.subscribe(bob, 'alice/chat');
    room.run(1000);
    room.putPublication(alice, chat, { publicationId: 'alice/chat' });
    room.run(500);

    expect(bob.received(stream)).toEqual(Array.from({ length: 50 }, (_, message) => `${message}`));
  });

  test('is dropped and counted when nobody publishes it for two seconds', () => {
    const room = new DataRoom();
    const alice = room.join('alice');
    const chat = alice.open('chat');
    room.run(200);

    alice.send(chat, 'early');
    room.run(2100);
    alice.send(chat, 'late');
    room.run(200);

    expect(room.counters.unclaimedMessages).toBe(2);
    expect(room.world.engine.census().timers).toBe(new DataRoomBaseline().timers);
  });
});

/** How many timers one page with an association costs, whatever it has sent. */
class DataRoomBaseline {
  readonly timers: number;

  constructor() {
    const room = new DataRoom();
    room.join('alice').open('chat');
    room.run(2500);
    this.timers = room.world.engine.census().timers;
  }
}

test('negotiated channels carry the same, both ways, without DCEP', () => {
  const room = new DataRoom();
  const [alice, bob] = [room.join('alice'), room.join('bob')];
  const negotiated = (streamId: number) => ({ streamId, isNegotiated: true });

  room.putPublication(alice, 9, { publicationId: 'alice/state', stream: negotiated(9) });
  room.putSubscription({ ...subscriptionPlan('bob', 'alice/state'), stream: negotiated(11), canReply: 'many' });
  alice.openNegotiated(9);
  bob.openNegotiated(11);
  room.run(500);
  alice.send(9, 'down');
  bob.send(11, 'up');
  room.run(500);

  expect(bob.received(11)).toEqual(['down']);
  expect(alice.received(9)).toEqual(['up']);
  expect([...alice.opened, ...bob.opened].map(({ label }) => label)).toEqual(['', '']);
});

test('a negotiated channel that waits for an acknowledgement sends nothing before it, and then everything', () => {
  const room = new DataRoom();
  const [alice, bob] = [room.join('alice'), room.join('bob')];
  const state = room.publish(alice, 'state', { retain: 2 });
  alice.send(state, 'before');
  room.run(100);

  room.subscribe(bob, 'alice/state', { stream: { streamId: 11, isNegotiated: true }, waitsForAck: true, canReply: 'many' });
  room.run(500);
  const sentBefore = bob.messages.length;
  bob.openNegotiated(11);
  room.run(500);
  alice.send(state, 'meanwhile');
  room.run(100);
  bob.send(11, 'ack');
  room.run(100);
  bob.send(11, 'reply');
  room.run(100);

  expect(sentBefore).toBe(0);
  expect(bob.received(11)).toEqual(['before', 'meanwhile']);
  expect(alice.received(state)).toEqual(['reply']);
});

describe('what is retained', () => {
  test.each([
    { retain: 0, expected: [] },
    { retain: 1, expected: ['4'] },
    { retain: 3, expected: ['2', '3', '4'] },
  ])('comes first, once and in order (retain $retain)', ({ retain, expected }) => {
    const room = new DataRoom();
    const [alice, bob] = [room.join('alice'), room.join('bob')];
    const state = room.publish(alice, 'state', { retain });
    for (let message = 0; message < 5; message++) alice.send(state, `${message}`);
    room.run(100);

    const stream = room.subscribe(bob, 'alice/state');
    room.run(300);
    alice.send(state, 'live');
    room.run(100);

    expect(bob.received(stream)).toEqual([...expected, 'live']);
  });

  test('comes once to one who gets it live as well, while its channel opens', () => {
    const room = new DataRoom();
    const [alice, bob] = [room.join('alice'), room.join('bob', { link: { ...SLOW_LINK } })];
    const state = room.publish(alice, 'state', { retain: 2 });
    const sent: string[] = [];
    const say = (): void => {
      sent.push(`${sent.length}`);
      alice.send(state, sent.at(-1) ?? '');
    };
    for (let afterMs = 0; afterMs < 2000; afterMs += 20) room.world.after(afterMs, say);

    room.run(300);
    const heardBefore = room.statistics.publications[0]?.messagesReceived ?? 0;
    const stream = room.subscribe(bob, 'alice/state');
    room.run(3000);

    const received = bob.received(stream);
    expect(received).toEqual(sent.slice(-received.length));
    expect(received.length).toBeGreaterThanOrEqual(sent.length - heardBefore);
  });

  test('keeps no more bytes than may be sent at once, and always the last message', () => {
    const room = new DataRoom();
    const [alice, bob] = [room.join('alice'), room.join('bob')];
    const state = room.publish(alice, 'state', { retain: 100 });
    for (let message = 0; message < 4; message++) alice.send(state, new Uint8Array(200_000).fill(message));
    room.run(3000);

    const stream = room.subscribe(bob, 'alice/state');
    room.run(3000);

    expect(bob.received(stream).map(([first]) => first)).toEqual([2, 3]);
  });
});

const SLOW_LINK = { delayMs: 150, jitterMs: 0, lossProbability: 0, duplicateProbability: 0 };

describe('who may reply', () => {
  function roomOfThree(canReply: 'none' | 'one' | 'many', isBus = false) {
    const room = new DataRoom();
    const [alice, bob, carol] = [room.join('alice'), room.join('bob'), room.join('carol')];
    const chat = room.publish(alice, 'chat', { isBus });
    const toBob = room.subscribe(bob, 'alice/chat', { canReply });
    const toCarol = room.subscribe(carol, 'alice/chat', { canReply });
    room.run(300);
    bob.send(toBob, 'from bob');
    room.run(100);
    carol.send(toCarol, 'from carol');
    room.run(100);
    return { room, alice: alice.received(chat), bob: bob.received(toBob), carol: carol.received(toCarol) };
  }

  test('nobody, unless it is said', () => {
    const { room, alice } = roomOfThree('none');

    expect(alice).toEqual([]);
    expect(room.counters.refusedReplies).toBe(2);
    expect(room.statistics.publications[0]?.repliesRefused).toBe(2);
  });

  test('one: whoever was given the right last', () => {
    expect(roomOfThree('one').alice).toEqual(['from carol']);
  });

  test('many, whose replies go to the publisher alone', () => {
    const { alice, bob, carol } = roomOfThree('many');

    expect(alice).toEqual(['from bob', 'from carol']);
    expect([...bob, ...carol]).toEqual([]);
  });

  test('on a bus everybody, and all the others get it', () => {
    const { alice, bob, carol } = roomOfThree('none', true);

    expect(alice).toEqual(['from bob', 'from carol']);
    expect(bob).toEqual(['from carol']);
    expect(carol).toEqual(['from bob']);
  });
});

test('a muted subscriber reaches nobody, whatever its rights, and gets what others send', () => {
  for (const rights of [{ isBus: true }, { canReply: 'many' }, { canReply: 'one' }] as const) {
    const { isBus = false, canReply = 'none' } = { isBus: false, canReply: 'none', ...rights } as const;
    const room = new DataRoom();
    const [alice, bob, carol] = [room.join('alice'), room.join('bob'), room.join('carol')];
    const chat = room.publish(alice, 'chat', { isBus });
    const toCarol = room.subscribe(carol, 'alice/chat', { canReply });
    const toBob = room.subscribe(bob, 'alice/chat', { canReply, isMuted: true });
    room.run(300);

    bob.send(toBob, 'from bob');
    room.run(100);
    alice.send(chat, 'from alice');
    room.run(100);

    expect(alice.received(chat)).toEqual([]);
    expect(carol.received(toCarol)).toEqual(['from alice']);
    expect(bob.received(toBob)).toEqual(['from alice']);
    expect(room.counters.refusedReplies).toBe(1);
  }
});

describe('the end of a publication', () => {
  function call(isSticky = false) {
    const room = new DataRoom();
    const [alice, bob] = [room.join('alice'), room.join('bob')];
    const chat = room.publish(alice, 'chat');
    const stream = room.subscribe(bob, 'alice/chat', { isSticky });
    room.run(300);
    return { room, alice, bob, chat, stream };
  }
  const CLOSED = { type: 'data-subscription-closed', subscriptionId: 'bob/alice/chat', reason: 'publication_closed' };

  test.each([
    [
      'the publisher closes its channel',
      ({ alice, chat, room }: ReturnType<typeof call>) => alice.channels.closeChannel(room.world.nowMs, chat),
    ],
    ['the session is over', ({ room }: ReturnType<typeof call>) => room.send({ type: 'close-transport', transportId: 'alice' })],
    ['it is removed', ({ room }: ReturnType<typeof call>) => room.send({ type: 'remove-data-publication', publicationId: 'alice/chat' })],
  ])('closes the subscribers’ channels after what was sent before: %s', (_how, end) => {
    const scene = call();
    for (let message = 0; message < 20; message++) scene.alice.send(scene.chat, new Uint8Array(20_000).fill(message));
    scene.room.run(20);
    scene.room.run(500);

    end(scene);
    scene.room.run(500);

    expect(scene.bob.received(scene.stream)).toHaveLength(20);
    expect(scene.bob.closed).toEqual([scene.stream]);
    expect(scene.room.news()).toContainEqual(CLOSED);
    expect(scene.room.statistics).toEqual({ publications: [], subscriptions: [] });
  });

  test('leaves a sticky subscription its channel, which the next publication goes on with', () => {
    const { room, bob, stream } = call(true);
    const dave = room.join('dave');

    room.send({ type: 'close-transport', transportId: 'alice' });
    room.run(300);
    const chat = room.publish(dave, 'chat', { retain: 1 });
    dave.send(chat, 'again');
    room.run(100);
    const { streamId = 0 } = { streamId: stream };
    room.putSubscription({
      ...subscriptionPlan('bob', 'dave/chat'),
      subscriptionId: 'bob/alice/chat',
      stream: { streamId, isNegotiated: false },
    });
    room.run(300);

    expect(bob.closed).toEqual([]);
    expect(bob.received(stream)).toEqual(['again']);
  });

  test('frees the stream at both ends for another channel', () => {
    const { room, alice, bob, chat, stream } = call();
    alice.channels.closeChannel(room.world.nowMs, chat);
    room.run(500);

    const again = room.publish(alice, 'chat');
    room.subscribe(bob, 'alice/chat', { stream: { streamId: stream, isNegotiated: false } });
    room.run(500);
    alice.send(again, 'hello again');
    room.run(100);

    expect(bob.received(stream)).toEqual(['hello again']);
  });

  test('may leave the publisher its channel', () => {
    const { room, alice, chat } = call();

    room.send({ type: 'remove-data-publication', publicationId: 'alice/chat', keepsChannel: true });
    room.run(300);

    expect(alice.closed).toEqual([]);
    room.putPublication(alice, chat, { publicationId: 'alice/other' });
    expect(room.statistics.publications.map(({ publicationId }) => publicationId)).toEqual(['alice/other']);
  });
});

describe('a subscription', () => {
  test('is closed by its page without harm to the publication or to others', () => {
    const room = new DataRoom();
    const [alice, bob, carol] = [room.join('alice'), room.join('bob'), room.join('carol')];
    const chat = room.publish(alice, 'chat');
    const [toBob, toCarol] = [room.subscribe(bob, 'alice/chat'), room.subscribe(carol, 'alice/chat')];
    room.run(300);

    bob.channels.closeChannel(room.world.nowMs, toBob);
    room.run(300);
    alice.send(chat, 'hello');
    room.run(100);

    expect(room.news()).toEqual([{ type: 'data-subscription-closed', subscriptionId: 'bob/alice/chat', reason: 'closed_by_peer' }]);
    expect(carol.received(toCarol)).toEqual(['hello']);
    expect(room.statistics.subscriptions).toHaveLength(1);
  });

  test('gets nothing while it is paused', () => {
    const room = new DataRoom();
    const [alice, bob] = [room.join('alice'), room.join('bob')];
    const chat = room.publish(alice, 'chat');
    const stream = room.subscribe(bob, 'alice/chat');
    const put = (isPaused: boolean): void =>
      room.putSubscription({ ...subscriptionPlan('bob', 'alice/chat'), stream: { streamId: stream, isNegotiated: false }, isPaused });
    room.run(300);

    for (const isPaused of [false, true, false]) {
      put(isPaused);
      alice.send(chat, isPaused ? 'paused' : 'running');
      room.run(100);
    }

    expect(bob.received(stream)).toEqual(['running', 'running']);
  });

  test('asks nothing of a peer before its SDP has said that there is somebody to ask', () => {
    const room = new DataRoom();
    const alice = room.join('alice');
    room.publish(alice, 'chat');
    const bob = room.world.connectPeer('bob');
    const packets: Uint8Array[] = [];
    bob.onApplicationData = (_nowMs, data) => packets.push(data.slice());

    room.putSubscription(subscriptionPlan('bob', 'alice/chat'));
    room.run(2000);
    const before = packets.length;
    room.send({ type: 'set-data-peer', plan: { transportId: 'bob', maxMessageBytes: 65_536 } });
    room.run(100);

    expect(before).toBe(0);
    expect(packets).toHaveLength(1);
  });

  test('on a stream that is in use is refused', () => {
    const room = new DataRoom();
    const [alice, bob] = [room.join('alice'), room.join('bob')];
    room.publish(alice, 'chat');
    const stream = { streamId: room.subscribe(bob, 'alice/chat'), isNegotiated: false };

    room.putSubscription({ ...subscriptionPlan('bob', 'alice/chat'), subscriptionId: 'bob/second', stream });

    expect(room.news()).toEqual([{ type: 'data-subscription-closed', subscriptionId: 'bob/second', reason: 'channel_refused' }]);
  });

  test('without its publication waits for it', () => {
    const room = new DataRoom();
    const [alice, bob] = [room.join('alice'), room.join('bob')];
    const stream = room.subscribe(bob, 'alice/chat');
    room.run(500);
    const openedBefore = bob.opened.length;

    const chat = room.publish(alice, 'chat');
    room.run(300);
    alice.send(chat, 'hello');
    room.run(100);

    expect(openedBefore).toBe(0);
    expect(bob.received(stream)).toEqual(['hello']);
  });
});

test('a publication of a channel that is not there is refused', () => {
  const room = new DataRoom();
  const alice = room.join('alice');

  room.putPublication(alice, 42, { publicationId: 'alice/nothing' });

  expect(room.news()).toEqual([{ type: 'data-publication-closed', publicationId: 'alice/nothing', reason: 'channel_gone' }]);
});

test('a channel that nobody wants can be closed', () => {
  const room = new DataRoom();
  const alice = room.join('alice');
  const chat = alice.open('chat');
  room.run(200);

  room.send({ type: 'close-data-channel', transportId: 'alice', streamId: chat });
  room.run(200);

  expect(alice.closed).toEqual([chat]);
  expect(room.world.data.map(({ what }) => what)).toEqual(['opened', 'closed']);
});

describe('this process', () => {
  const OWN = { transportId: undefined, stream: undefined, reliability: RELIABLE, retain: 1, isBus: false };

  test('publishes, and gets replies', () => {
    const room = new DataRoom();
    const bob = room.join('bob');
    room.send({ type: 'put-data-publication', plan: { publicationId: 'bot/news', ...OWN } });
    room.send({ type: 'publish-data', publicationId: 'bot/news', data: 'retained' });
    const stream = room.subscribe(bob, 'bot/news', { canReply: 'many' });
    room.run(300);

    room.send({ type: 'publish-data', publicationId: 'bot/news', data: Uint8Array.of(7) });
    room.send({ type: 'publish-data', publicationId: 'bot/news', data: new Uint8Array(262_145) });
    bob.send(stream, 'thanks');
    room.run(300);

    expect(bob.received(stream)).toEqual(['retained', Uint8Array.of(7)]);
    expect(room.news()).toEqual([{ type: 'data-reply-received', publicationId: 'bot/news', data: 'thanks' }]);
    expect(room.counters.oversizedMessages).toBe(1);
  });

  test('subscribes, and replies', () => {
    const room = new DataRoom();
    const alice = room.join('alice');
    const chat = room.publish(alice, 'chat', { retain: 1 });
    alice.send(chat, 'first');
    room.run(100);

    room.putSubscription({
      ...subscriptionPlan('bot', 'alice/chat'),
      transportId: undefined,
      stream: undefined,
      canReply: 'many',
    });
    alice.send(chat, Uint8Array.of(2));
    room.run(100);
    room.send({ type: 'reply-data', subscriptionId: 'bot/alice/chat', data: 'answer' });
    room.run(100);

    expect(room.news()).toEqual([
      { type: 'data-received', subscriptionId: 'bot/alice/chat', data: 'first' },
      { type: 'data-received', subscriptionId: 'bot/alice/chat', data: Uint8Array.of(2) },
    ]);
    expect(alice.received(chat)).toEqual(['answer']);
  });
});

test('each subscriber’s account is charged for payload once, also under loss, and nobody for what is empty', () => {
  const room = new DataRoom();
  const lossy = { ...SLOW_LINK, delayMs: 20, lossProbability: 0.05 };
  const [alice, bob, carol] = [
    room.join('alice', { account: 'publisher' }),
    room.join('bob', { account: 'one', link: lossy }),
    room.join('carol', { account: 'other', link: lossy }),
  ];
  const chat = room.publish(alice, 'chat');
  room.subscribe(bob, 'alice/chat');
  room.subscribe(carol, 'alice/chat');
  room.run(2000);

  for (let message = 0; message < 50; message++) alice.send(chat, new Uint8Array(message * 40));
  room.run(10_000);

  const bytes = (50 * 49 * 40) / 2;
  const usage = new Map(room.world.engine.answer('usage').map((each) => [each.account, each.bytes.data]));
  expect(usage).toEqual(
    new Map([
      ['one', bytes],
      ['other', bytes],
    ]),
  );
  expect(bytesOf(bob) + bytesOf(carol)).toBe(2 * bytes);
});

function bytesOf(page: DataPage): number {
  return page.messages.reduce((sum, { data }) => sum + data.length, 0);
}

test('nothing is left when all are gone', () => {
  const room = new DataRoom();
  const [alice, bob] = [room.join('alice'), room.join('bob')];
  room.publish(alice, 'chat', { retain: 5 });
  room.subscribe(bob, 'alice/chat');
  alice.open('unclaimed');
  alice.whenOpen = ({ streamId }) => void alice.send(streamId, 'hello');
  room.run(500);

  room.world.engine.close(room.world.nowMs);

  const { dataPublications, dataSubscriptions, dataChannels, timers } = room.world.engine.census();
  expect({ dataPublications, dataSubscriptions, dataChannels, timers }).toEqual({
    dataPublications: 0,
    dataSubscriptions: 0,
    dataChannels: 0,
    timers: 0,
  });
});
