import { DataProtocol, SCTP_HEADER_LENGTH, SctpChunkType, writeDcepOpen } from '@causeway/wire';
import { Association } from '../../src/data/association/association.ts';
import { ChannelPair } from './channel-pair.ts';

const encoder = new TextEncoder();
const decoder = new TextDecoder();
/** The end of a DATA chunk: DCEP's payload protocol identifier, and the type of the message. */
const DCEP_ACK = Buffer.of(0, 0, 0, DataProtocol.dcep, 2);

test.each([
  ['client', 0],
  ['server', 1],
] as const)('a channel can be opened by the DTLS %s alone, which begins the association', (opener, streamId) => {
  const pair = new ChannelPair();

  const opened = pair.open(pair[opener], 'chat');

  expect(opened).toBe(streamId);
  for (const { opened } of [pair.server, pair.client]) expect(opened).toMatchObject([{ streamId, label: 'chat' }]);
});

test('both may open one at the same moment', () => {
  const pair = new ChannelPair();

  pair.client.channels.open(pair.nowMs, { label: 'of the client' });
  pair.server.channels.open(pair.nowMs, { label: 'of the server' });
  pair.run(2000);

  for (const { opened, aborted } of [pair.server, pair.client]) {
    expect(opened.map(({ label }) => label).sort()).toEqual(['of the client', 'of the server']);
    expect(aborted).toBe(0);
  }
});

test('the one who is asked learns label, protocol and reliability', () => {
  const pair = new ChannelPair();

  pair.client.channels.open(pair.nowMs, { label: 'chät', protocol: 'json', ordered: false, maxRetransmits: 0 });
  pair.client.channels.open(pair.nowMs, { label: '', maxPacketLifeTimeMs: 250 });
  pair.run(1000);

  expect(pair.server.opened).toEqual([
    { streamId: 0, label: 'chät', protocol: 'json', ordered: false, maxRetransmits: 0, maxPacketLifeTimeMs: undefined },
    { streamId: 2, label: '', protocol: '', ordered: true, maxRetransmits: undefined, maxPacketLifeTimeMs: 250 },
  ]);
});

test('messages go both ways unchanged: text, bytes, empty ones, and larger than a packet', () => {
  const pair = new ChannelPair();
  const streamId = pair.open(pair.client, 'both ways');
  const large = Uint8Array.from({ length: 200_000 }, (_, at) => at * 7);
  const messages = ['grüß dich 👋', '', new Uint8Array(0), large, Uint8Array.of(1, 2, 3)];

  for (const message of messages) {
    for (const { channels } of [pair.client, pair.server]) expect(channels.send(pair.nowMs, streamId, message)).toBe(true);
  }
  pair.run(2000);

  for (const end of [pair.server, pair.client]) {
    expect(end.messages.map(({ data, kind }) => (kind === 'text' ? decoder.decode(data) : data))).toEqual(messages);
    expect(end.messages.every((message) => message.streamId === streamId)).toBe(true);
  }
});

test('thousands of messages that are sent at once arrive in order', () => {
  const pair = new ChannelPair({ link: { lossProbability: 0.01, delayMs: 75 } });
  const streamId = pair.open(pair.client, 'causeway-control');
  const messages = Array.from({ length: 3000 }, (_, place) => `${place} ${'x'.repeat(1024)}`);

  const sent = messages.map((message) => pair.client.channels.send(pair.nowMs, streamId, message));
  pair.runUntil(() => pair.server.messages.length === messages.length, 120_000);

  expect(sent).not.toContain(false);
  expect(pair.server.messages.map(({ data }) => decoder.decode(data))).toEqual(messages);
});

test.each(['client', 'server'] as const)('a channel that the %s closes is closed at both ends', (closer) => {
  const pair = new ChannelPair();
  const streamId = pair.open(pair.client, 'short-lived');

  pair[closer].channels.closeChannel(pair.nowMs, streamId);
  pair.run(1000);

  expect(pair[closer].channels.send(pair.nowMs, streamId, 'too late')).toBe(false);
  for (const { closed, channels } of [pair.server, pair.client]) {
    expect(closed).toEqual([streamId]);
    expect(channels.channelCount).toBe(0);
  }
});

test.each([1, 2, 3, 4, 5])('what was sent before a channel closes arrives, though packets are lost (seed %i)', (seed) => {
  const pair = new ChannelPair({ seed, link: { lossProbability: 0.2 } });
  const streamId = pair.client.channels.open(pair.nowMs, { label: 'last words' }) ?? -1;
  pair.runUntil(() => pair.client.opened.length > 0, 20_000);

  for (let serial = 0; serial < 50; serial++) pair.client.channels.send(pair.nowMs, streamId, `${serial} ${'x'.repeat(500)}`);
  pair.client.channels.closeChannel(pair.nowMs, streamId);
  pair.run(30_000);

  expect(pair.server.messages.map(({ data }) => Number.parseInt(decoder.decode(data), 10))).toEqual(
    Array.from({ length: 50 }, (_, serial) => serial),
  );
  expect(pair.server.closed).toEqual([streamId]);
});

test.each([0, 0.2])('forty channels in turn share a few stream ids, and none hears of the one before (loss %d)', (lossProbability) => {
  const pair = new ChannelPair({ seed: 11, link: { lossProbability } });
  const ids = new Set<number>();

  for (let turn = 1; turn <= 40; turn++) {
    const streamId = pair.client.channels.open(pair.nowMs, { label: `turn ${turn}` }) ?? -1;
    ids.add(streamId);
    pair.runUntil(() => pair.client.opened.length === turn && pair.server.opened.length === turn, 60_000);
    pair.client.channels.send(pair.nowMs, streamId, `message ${turn}`);
    pair.runUntil(() => pair.server.messages.length === turn, 60_000);
    pair[turn % 2 === 0 ? 'client' : 'server'].channels.closeChannel(pair.nowMs, streamId);
    pair.runUntil(() => pair.server.closed.length === turn && pair.client.closed.length === turn, 60_000);
  }

  expect(pair.server.messages.map(({ data }) => decoder.decode(data))).toEqual(
    Array.from({ length: 40 }, (_, place) => `message ${place + 1}`),
  );
  expect(ids.size).toBeLessThanOrEqual(4);
  expect(pair.server.counters).toEqual({ ...pair.server.counters, refusedChannels: 0, strayMessages: 0 });
});

test('with 20% loss 200 of 200 channels are open within 10 s', () => {
  const tookMs = Array.from({ length: 200 }, (_, seed) => {
    const pair = new ChannelPair({ seed: seed + 1, link: { delayMs: 50, lossProbability: 0.2 } });
    pair.client.channels.open(pair.nowMs, { label: 'chat' });
    return pair.runUntil(() => pair.client.opened.length > 0, 60_000);
  });

  expect(tookMs.filter((ms) => ms > 10_000)).toEqual([]);
});

test.each([1, 2, 3, 4, 5, 6, 7, 8, 9, 10])(
  'a peer whose INITs are all lost gets its association from the other end within six seconds (seed %i)',
  (seed) => {
    const pair = new ChannelPair({ seed, link: { delayMs: 50, lossProbability: 0.2 } });
    pair.toServer.lose = (packet) => packet[SCTP_HEADER_LENGTH] === SctpChunkType.init;

    pair.client.channels.open(pair.nowMs, { label: 'chat' });
    pair.server.channels.begin(pair.nowMs);
    const tookMs = pair.runUntil(() => pair.server.opened.length > 0, 60_000);

    // A second is what a DTLS client may need to learn that the handshake is over.
    expect(tookMs).toBeGreaterThan(1_500);
    expect(tookMs).toBeLessThan(6_000);
  },
);

test('a peer that begins in time is left to it', () => {
  const pair = new ChannelPair({ link: { delayMs: 50 } });
  const inits: number[] = [];
  pair.toClient.lose = (packet) => {
    inits.push(...(packet[SCTP_HEADER_LENGTH] === SctpChunkType.init ? [pair.nowMs] : []));
    return false;
  };

  pair.server.channels.begin(pair.nowMs);
  pair.client.channels.open(pair.nowMs, { label: 'chat' });
  pair.run(5000);

  expect(pair.client.opened).toHaveLength(1);
  expect(inits).toEqual([]);
  expect(pair.server.timers.size).toBe(0);
});

test('a message of 256 KiB is carried, and a longer one is refused where it is sent', () => {
  const pair = new ChannelPair();
  const streamId = pair.open(pair.client, 'large');

  expect(pair.client.channels.send(pair.nowMs, streamId, new Uint8Array(262_145))).toBe(false);
  expect(pair.client.channels.send(pair.nowMs, streamId, new Uint8Array(262_144))).toBe(true);
  pair.run(5000);

  expect(pair.server.messages.map(({ data }) => data.length)).toEqual([262_144]);
});

test('closing tells the peer once, and leaves no timer behind', () => {
  const pair = new ChannelPair();
  pair.open(pair.client, 'to be gone');

  pair.client.channels.close();
  pair.run(1000);

  expect(pair.server.aborted).toBe(1);
  expect(pair.client.aborted).toBe(0);
  expect(pair.server.timers.size + pair.client.timers.size).toBe(0);
  expect(pair.server.channels.open(pair.nowMs, { label: 'too late' })).toBeUndefined();
});

test('an idle association needs no timer', () => {
  const pair = new ChannelPair();
  pair.open(pair.client, 'quiet');
  pair.run(10_000);

  expect(pair.server.timers.size + pair.client.timers.size).toBe(0);
});

describe('a peer that speaks bare SCTP', () => {
  const DCEP = 50;
  const TEXT = 51;

  /** The client's association without its channels, established. */
  function barePeer() {
    const pair = new ChannelPair();
    const resets: number[] = [];
    const ignore = (): void => undefined;
    const association = new Association({
      hmacSha1: () => new Uint8Array(20),
      randomBytes: (length) => new Uint8Array(length).fill(7),
      counters: pair.client.counters,
      listener: {
        onPacket: (packet) => pair.toServer.send(pair.nowMs, packet),
        onReady: ignore,
        onRestarted: ignore,
        onClosed: ignore,
        onMessage: ignore,
        onOversizedMessage: ignore,
        onIncomingReset: (streamIds) => resets.push(...streamIds),
        onOutgoingReset: ignore,
      },
    });
    const timer = {
      deadlineMs: Number.POSITIVE_INFINITY,
      heapIndex: -1,
      fire: (nowMs: number) => {
        association.handleTimeout(nowMs);
        pair.client.timers.schedule(association.nextDeadlineMs, timer);
      },
      fail: (error: unknown) => {
        throw error;
      },
    };
    pair.toClient.deliver = (nowMs, packet) => {
      association.handlePacket(nowMs, packet);
      pair.client.timers.schedule(association.nextDeadlineMs, timer);
    };
    const send = (streamId: number, protocolId: number, data: Uint8Array): void => {
      association.send(pair.nowMs, {
        streamId,
        protocolId,
        data,
        isUnordered: false,
        maxRetransmits: Number.POSITIVE_INFINITY,
        expiresAtMs: Number.POSITIVE_INFINITY,
      });
      pair.client.timers.schedule(association.nextDeadlineMs, timer);
    };
    const open = (streamId: number, label = 'channel'): void => {
      const limits = { maxRetransmits: undefined, maxPacketLifeTimeMs: undefined };
      send(streamId, DCEP, writeDcepOpen({ label, protocol: '', ordered: true, priority: 256, ...limits }));
    };
    association.connect(pair.nowMs);
    pair.client.timers.schedule(association.nextDeadlineMs, timer);
    pair.run(1000);
    return { pair, send, open, resets };
  }

  test('unknown payload protocols, acknowledgements of no channel and messages on none are counted, and data flows on', () => {
    const { pair, send, open } = barePeer();

    open(0);
    send(0, 99, Uint8Array.of(1));
    send(6, DCEP, Uint8Array.of(2));
    send(8, TEXT, encoder.encode('on no channel'));
    send(0, TEXT, encoder.encode('still here'));
    pair.run(1000);

    expect(pair.server.messages.map(({ data }) => decoder.decode(data))).toEqual(['still here']);
    expect(pair.server.counters).toMatchObject({ strayMessages: 2, refusedChannels: 0 });
    expect(pair.server.aborted).toBe(0);
  });

  test('a broken OPEN, one with a label over 255 bytes and one on a stream that we use are reset or ignored, the others live', () => {
    const { pair, send, open, resets } = barePeer();

    const ours = pair.server.channels.open(pair.nowMs, { label: 'of the server' }) ?? -1;
    open(ours);
    send(2, DCEP, Uint8Array.from(Buffer.from('030000000000000000ff0000', 'hex')));
    open(4, 'l'.repeat(256));
    open(6);
    pair.run(2000);

    expect(pair.server.opened.map(({ streamId }) => streamId)).toEqual([6]);
    expect(new Set(resets)).toEqual(new Set([2, 4]));
    expect(pair.server.counters.refusedChannels).toBe(3);
  });

  test('a channel whose id has the parity of ours is taken, and ours go round it: aiortc opens such', () => {
    const { pair, open } = barePeer();

    open(1);
    pair.run(1000);

    expect(pair.server.opened).toMatchObject([{ streamId: 1, label: 'channel' }]);
    expect(pair.server.channels.open(pair.nowMs, { label: 'of the server' })).toBe(3);
  });

  test('of 10,000 OPENs at most 256 become channels, and the association goes on', () => {
    const { pair, send, open } = barePeer();

    for (let round = 0; round < 20; round++) {
      for (let streamId = 0; streamId < 1000; streamId += 2) open(streamId);
      pair.run(1000);
    }
    send(0, TEXT, encoder.encode('still here'));
    pair.run(1000);

    expect(pair.server.opened).toHaveLength(256);
    expect(pair.server.counters.refusedChannels).toBe(10_000 - 256);
    expect(pair.server.messages).toHaveLength(1);
  });

  test('a message over 256 KiB closes its channel and no other', () => {
    const { pair, send, open } = barePeer();

    open(0);
    open(2);
    send(0, 53, new Uint8Array(300_000));
    send(2, TEXT, encoder.encode('still here'));
    pair.run(5000);

    expect(pair.server.closed).toEqual([0]);
    expect(pair.server.counters.oversizedMessages).toBe(1);
    expect(pair.server.messages.map(({ streamId }) => streamId)).toEqual([2]);
  });

  test('one that begins with anything but INIT gets no association', () => {
    const pair = new ChannelPair();

    pair.server.channels.handlePacket(pair.nowMs, new Uint8Array(20));
    pair.server.channels.handlePacket(pair.nowMs, Uint8Array.of(1, 2, 3));
    pair.run(1000);

    expect(pair.server.counters.malformedPackets).toBe(2);
    expect(pair.server.channels.hasAssociation).toBe(false);
    expect(pair.toClient.sent).toBe(0);
  });
});

describe('messages that follow OPEN at once', () => {
  test.each([1, 2, 3, 4, 5])('arrive after it, in order even if the channel has none, though packets are lost (seed %i)', (seed) => {
    const pair = new ChannelPair({ seed, link: { delayMs: 50, lossProbability: 0.2 } });
    pair.open(pair.client, 'brings the association');
    const heardBefore = pair.server.messages.length;

    const streamId = pair.client.channels.open(pair.nowMs, { label: 'eager', ordered: false }) ?? -1;
    const sent = Array.from({ length: 40 }, (_, message) =>
      pair.client.channels.send(pair.nowMs, streamId, `${message} ${'x'.repeat(400)}`),
    );
    const openedBefore = pair.client.opened.filter((channel) => channel.streamId === streamId);
    pair.runUntil(() => pair.server.messages.length === heardBefore + 40, 60_000);

    expect(sent).not.toContain(false);
    expect(openedBefore).toEqual([]);
    expect(pair.client.announced).toContain(streamId);
    expect(pair.server.messages.map(({ data }) => Number.parseInt(decoder.decode(data), 10))).toEqual(
      Array.from({ length: 40 }, (_, message) => message),
    );
    expect(pair.server.counters.strayMessages).toBe(0);
  });

  test('are lost with the channel when that is closed, and nothing else is', () => {
    const pair = new ChannelPair();
    const kept = pair.open(pair.client, 'kept');

    const streamId = pair.client.channels.open(pair.nowMs, { label: 'given up' }) ?? -1;
    pair.client.channels.closeChannel(pair.nowMs, streamId);
    const isSent = pair.client.channels.send(pair.nowMs, streamId, 'too late');
    pair.client.channels.send(pair.nowMs, kept, 'still here');
    pair.run(2000);

    expect(isSent).toBe(false);
    expect(pair.client.closed).toEqual([streamId]);
    expect(pair.client.channels.channelCount).toBe(1);
    expect(pair.server.messages).toMatchObject([{ streamId: kept }]);
  });

  test('a message of the peer that overtakes its ACK opens the channel, and is not lost', () => {
    const pair = new ChannelPair();
    pair.open(pair.client, 'brings the association');
    pair.toClient.lose = (packet) => Buffer.from(packet).includes(DCEP_ACK);
    const streamId = pair.client.channels.open(pair.nowMs, { label: 'eager', ordered: false }) ?? -1;
    pair.runUntil(() => pair.toClient.lost > 0, 1000);

    pair.server.channels.send(pair.nowMs, streamId, 'faster than the ACK');
    pair.run(100);
    const openedEarly = pair.client.opened.length;
    pair.toClient.lose = () => false;
    pair.run(5000);

    expect(openedEarly).toBe(2);
    expect(pair.client.messages).toMatchObject([{ streamId }]);
    expect(pair.client.opened).toHaveLength(2);
  });
});

describe('a channel that waits for a peer that may still be in its DTLS handshake', () => {
  test('waits for half a second, and no longer', () => {
    const pair = new ChannelPair();
    pair.server.hasPeerFinished = false;

    pair.server.channels.open(pair.nowMs, { label: 'patient' });
    const tookMs = pair.runUntil(() => pair.toClient.sent > 0, 2000);

    expect(tookMs).toBe(500);
  });

  test('is opened as soon as the peer begins the association', () => {
    const pair = new ChannelPair();
    pair.server.hasPeerFinished = false;

    pair.server.channels.open(pair.nowMs, { label: 'patient' });
    pair.client.channels.begin(pair.nowMs);
    pair.client.channels.open(pair.nowMs, { label: 'early' });
    const tookMs = pair.runUntil(() => pair.client.opened.some(({ label }) => label === 'patient'), 2000);

    expect(tookMs).toBeLessThan(100);
  });
});
