import { seededRandom } from '@causeway/testkit';
import { SctpChunkType, writeOpaqueChunk, writeSctpHeader } from '@causeway/wire';
import { AssociationPair } from './association-pair.ts';
import { chunkTypes, withChecksum } from './packets.ts';

const HELLO = Uint8Array.of(1, 2, 3);

/** Both ends say hello as soon as they can. */
function greetWhenReady({ a, b }: AssociationPair, send: (from: typeof a) => void): void {
  for (const end of [a, b]) end.whenReady = () => send(end);
}

function pairThatGreets(options: ConstructorParameters<typeof AssociationPair>[0] = {}): AssociationPair {
  const pair = new AssociationPair(options);
  greetWhenReady(pair, (end) => pair.send(end, { data: HELLO }));
  return pair;
}

test('data travels with COOKIE ECHO: it arrives two round trips after the first packet at most', () => {
  const pair = pairThatGreets();

  pair.a.association.connect(pair.nowMs);
  pair.run(100);

  expect(pair.b.messages).toMatchObject([{ atMs: 1030, data: HELLO }]);
  expect(pair.a.messages).toMatchObject([{ atMs: 1040, data: HELLO }]);
  expect(pair.a.sent.slice(0, 2).map(chunkTypes)).toEqual([[SctpChunkType.init], [SctpChunkType.cookieEcho, SctpChunkType.iData]]);
});

test('both may begin at the same moment, and have one association', () => {
  const pair = pairThatGreets();

  pair.a.association.connect(pair.nowMs);
  pair.b.association.connect(pair.nowMs);
  pair.run(2000);

  for (const end of [pair.a, pair.b]) {
    expect(end.messages.map(({ data }) => data)).toEqual([HELLO]);
    expect(end.restarts + end.closed).toBe(0);
    expect(end.readyAtMs).toHaveLength(1);
  }
});

test.each(Array.from({ length: 40 }, (_, seed) => seed + 1))('both may begin though a third of all packets is lost (seed %i)', (seed) => {
  const pair = pairThatGreets({ seed, link: { lossProbability: 0.33, jitterMs: 20, duplicateProbability: 0.1 } });

  pair.a.association.connect(pair.nowMs);
  pair.b.association.connect(pair.nowMs + 3);
  pair.runUntil(() => pair.a.messages.length > 0 && pair.b.messages.length > 0, 30_000);
  pair.run(5000);

  for (const end of [pair.a, pair.b]) {
    expect(end.messages.map(({ data }) => data)).toEqual([HELLO]);
    expect(end.restarts + end.closed).toBe(0);
  }
});

test('COOKIE ACK comes again until the peer shows that it has it, though the peer asks for it only once', () => {
  const pair = pairThatGreets();
  let echoes = 0;
  let acks = 0;
  pair.there.lose = (packet) => packet[12] === SctpChunkType.cookieEcho && ++echoes > 1;
  pair.back.lose = (packet) => chunkTypes(packet).includes(SctpChunkType.cookieAck) && ++acks <= 3;

  pair.a.association.connect(pair.nowMs);
  const tookMs = pair.runUntil(() => pair.a.messages.length > 0, 60_000);
  pair.run(20_000);

  expect(tookMs).toBeLessThan(2_000);
  expect(acks).toBe(4);
  expect(pair.b.messages.map(({ data }) => data)).toEqual([HELLO]);
});

test('a peer that never shows it is told a few times, and then needs no timer', () => {
  const pair = new AssociationPair();
  pair.a.association.connect(pair.nowMs);
  pair.run(60_000);

  const acks = pair.b.sent.filter((packet) => chunkTypes(packet).includes(SctpChunkType.cookieAck));
  expect(acks.length).toBeLessThanOrEqual(9);
  expect(pair.b.association.nextDeadlineMs).toBe(Number.POSITIVE_INFINITY);
});

test('with 20% loss 200 of 200 associations carry a message both ways within 10 s', () => {
  const tookMs = Array.from({ length: 200 }, (_, seed) => {
    const pair = pairThatGreets({ seed: seed + 1, link: { delayMs: 50, lossProbability: 0.2 } });
    pair.a.association.connect(pair.nowMs);
    return pair.runUntil(() => pair.a.messages.length > 0 && pair.b.messages.length > 0, 60_000);
  });

  expect(tookMs.filter((ms) => ms > 10_000)).toEqual([]);
});

test('an INIT costs the one who answers nothing but the answer, and a forged or old cookie is worth nothing', () => {
  const pair = new AssociationPair();
  pair.a.association.connect(pair.nowMs);
  pair.there.lose = (packet) => packet[12] === SctpChunkType.cookieEcho;
  pair.run(100);
  const echo = pair.a.sent.find((packet) => packet[12] === SctpChunkType.cookieEcho) ?? Uint8Array.of();

  for (let at = 16; at < echo.length; at += 7) {
    const forged = echo.slice();
    forged[at] = (forged[at] ?? 0) ^ 1;
    pair.b.association.handlePacket(pair.nowMs, withChecksum(forged));
  }
  pair.b.association.handlePacket(pair.nowMs + 61_000, echo);
  const before = pair.b.association.isReady;
  pair.b.association.handlePacket(pair.nowMs, echo);

  expect(before).toBe(false);
  expect(pair.b.association.isReady).toBe(true);
  expect(pair.b.counters.foreignPackets).toBeGreaterThan(5);
});

test('a peer that begins again gets a new association, and what was under way is gone', () => {
  const pair = AssociationPair.connected();
  pair.send(pair.a, { data: HELLO });
  pair.run(1000);
  const reborn = new AssociationPair({ seed: 7 });
  // The other end lives on, and hears from the new one over the same path.
  reborn.a.onSend = (packet) => pair.there.send(pair.nowMs, packet);
  pair.back.deliver = (nowMs, packet) => reborn.a.association.handlePacket(nowMs, packet);
  reborn.a.whenReady = () => reborn.send(reborn.a, { data: Uint8Array.of(9) });

  reborn.a.association.connect(pair.nowMs);
  for (let turn = 0; turn < 50; turn++) {
    reborn.nowMs = pair.nowMs;
    if (reborn.a.association.nextDeadlineMs <= pair.nowMs) reborn.a.association.handleTimeout(pair.nowMs);
    pair.run(5);
  }

  expect(pair.b.restarts).toBe(1);
  expect(pair.b.messages.map(({ data }) => data)).toEqual([HELLO, Uint8Array.of(9)]);
  expect(reborn.a.association.isReady).toBe(true);
});

test('a stranger to the association cannot make it begin again: its INIT leads nowhere without the tags', () => {
  const pair = AssociationPair.connected();
  const random = seededRandom(3);
  const init = pair.a.sent[0] ?? Uint8Array.of();
  for (let turn = 0; turn < 100; turn++) {
    const other = init.slice();
    for (let at = 16; at < 20; at++) other[at] = random() * 256;
    pair.b.association.handlePacket(pair.nowMs, withChecksum(other));
  }

  pair.send(pair.a, { data: HELLO });
  pair.run(1000);

  expect(pair.b.messages.map(({ data }) => data)).toEqual([HELLO]);
  expect(pair.b.restarts).toBe(0);
});

test('who closes tells the other, who hears it once; nothing is sent after', () => {
  const pair = AssociationPair.connected();

  pair.a.association.close();
  pair.run(1000);
  const { length } = pair.b.sent;
  pair.send(pair.b, { data: HELLO });
  pair.run(10_000);

  expect(pair.b.closed).toBe(1);
  expect(pair.a.closed).toBe(0);
  expect(pair.b.sent).toHaveLength(length);
  expect(pair.send(pair.b, { data: HELLO })).toBe(false);
});

test('a peer that shuts down gets what was on its way, and then its answer', () => {
  const pair = AssociationPair.connected();
  pair.send(pair.b, { data: new Uint8Array(100_000) });
  pair.run(15);
  const tag = (pair.a.sent.at(-1) ?? Uint8Array.of()).subarray(4, 8);
  const shutdown = new Uint8Array(64);
  const at = writeSctpHeader(shutdown, 5000, new DataView(Uint8Array.from(tag).buffer).getUint32(0));
  const cumulativeTsn = new Uint8Array(4);
  const end = writeOpaqueChunk(shutdown, at, SctpChunkType.shutdown, cumulativeTsn);

  pair.b.association.handlePacket(pair.nowMs, withChecksum(shutdown.slice(0, end)));
  const refused = pair.send(pair.b, { data: HELLO });
  pair.runUntil(() => pair.a.messages.length > 0, 5000);
  pair.b.association.handlePacket(pair.nowMs, withChecksum(shutdown.slice(0, end)));
  pair.run(10_000);

  expect(refused).toBe(false);
  expect(pair.a.messages.map(({ data }) => data.length)).toEqual([100_000]);
  expect(pair.b.sent.flatMap(chunkTypes)).toContain(SctpChunkType.shutdownAck);
  expect(pair.b.closed).toBe(1);
});
