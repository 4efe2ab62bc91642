import { SctpChunkType } from '@causeway/wire';
import { AssociationPair } from './association-pair.ts';
import { chunkTypes } from './packets.ts';

const DELAY_MS = 50;
const RTT_MS = 2 * DELAY_MS;
/** What RACK waits for packets that are late, at most, on a path that has not reordered. */
const REORDERING_MS = RTT_MS / 4;

/** A pair that knows its round trip. */
function warmPair(options: { delayMs?: number } = {}): AssociationPair {
  const pair = AssociationPair.connected({ link: { delayMs: options.delayMs ?? DELAY_MS } });
  for (let serial = 0; serial < 30; serial++) {
    pair.send(pair.a, { streamId: 9, data: new Uint8Array(100) });
    pair.run(RTT_MS);
  }
  pair.b.messages.length = 0;
  return pair;
}

/** Loses the packets with data that have these numbers, counted from now on. */
function loseData(pair: AssociationPair, ...numbers: readonly number[]): void {
  let count = 0;
  pair.there.lose = (packet) => chunkTypes(packet).includes(SctpChunkType.iData) && numbers.includes(count++);
}

test('one packet lost of many is repaired a round trip later', () => {
  const pair = warmPair();
  loseData(pair, 2);

  pair.send(pair.a, { data: new Uint8Array(9000) });
  const tookMs = pair.runUntil(() => pair.b.messages.length > 0, 5000);

  expect(tookMs).toBeLessThanOrEqual(RTT_MS + DELAY_MS + REORDERING_MS);
});

test('a lost end is repaired by a probe two round trips later, long before the timeout', () => {
  const pair = warmPair({ delayMs: 20 });
  loseData(pair, 0);

  pair.send(pair.a, { data: new Uint8Array(100) });
  const tookMs = pair.runUntil(() => pair.b.messages.length > 0, 5000);

  expect(tookMs).toBeLessThanOrEqual(2 * 2 * 20 + 20 + 10);
});

test('a probe that is lost too is followed by the timeout, and that one is armed from the probe on', () => {
  const pair = warmPair();
  loseData(pair, 0, 1);

  pair.send(pair.a, { data: new Uint8Array(100) });
  const tookMs = pair.runUntil(() => pair.b.messages.length > 0, 5000);

  expect(tookMs).toBeGreaterThan(2 * RTT_MS + 400);
  expect(tookMs).toBeLessThanOrEqual(2 * RTT_MS + 400 + DELAY_MS + 100);
});

test('a retransmission that is lost is noticed by what follows it, not by the timeout', () => {
  const pair = warmPair();
  loseData(pair, 2, 40);

  for (let serial = 0; serial < 60; serial++) pair.after(serial * 10, () => pair.send(pair.a, { data: new Uint8Array(1000) }));
  pair.run(3000);

  const latest = pair.b.messages.at(-1)?.atMs ?? Number.POSITIVE_INFINITY;
  expect(pair.b.messages).toHaveLength(60);
  expect(latest - pair.nowMs + 3000).toBeLessThan(60 * 10 + 3 * RTT_MS);
});

test('a path that is dead for ten seconds carries everything soon after it has come back', () => {
  const pair = warmPair();
  pair.there.lose = () => true;
  pair.send(pair.a, { data: new Uint8Array(50_000) });
  pair.run(10_000);

  pair.there.lose = () => false;
  const tookMs = pair.runUntil(() => pair.b.messages.length > 0, 20_000);

  expect(tookMs).toBeLessThan(6000);
});

test('what was late is not taken for lost again and again: few copies are sent on a path that reorders', () => {
  const pair = AssociationPair.connected({ seed: 5, link: { delayMs: 20, jitterMs: 15 } });

  for (let serial = 0; serial < 400; serial++) pair.after(serial * 5, () => pair.send(pair.a, { data: new Uint8Array(1100) }));
  pair.run(10_000);

  const dataPackets = pair.a.sent.filter((packet) => chunkTypes(packet).includes(SctpChunkType.iData)).length;
  expect(pair.b.messages).toHaveLength(400);
  expect(dataPackets).toBeLessThan(400 * 1.1);
});

test('small messages of one turn share packets', () => {
  const pair = warmPair();
  const { length } = pair.a.sent;

  for (let serial = 0; serial < 50; serial++) pair.send(pair.a, { data: new Uint8Array(20) });
  pair.run(1000);

  expect(pair.b.messages).toHaveLength(50);
  expect(pair.a.sent.length - length).toBeLessThanOrEqual(3);
});

test('acknowledgements are few on a path that loses nothing: one for two packets, and for a single one that says that it is the last', () => {
  const pair = warmPair();
  // Until then the path counts as new.
  for (let message = 0; message < 4; message++) pair.send(pair.a, { data: new Uint8Array(150_000) });
  pair.run(5000);
  pair.b.messages.length = 0;
  const [sent, acked] = [pair.a.sent.length, pair.b.sent.length];

  pair.send(pair.a, { data: new Uint8Array(100_000) });
  pair.run(3000);

  expect(pair.b.messages).toHaveLength(1);
  expect(pair.b.sent.length - acked).toBeLessThanOrEqual((pair.a.sent.length - sent) / 2 + 5);
});

test('100 small messages a second with 5% loss: nobody waits for a timeout', () => {
  const latenciesMs = Array.from({ length: 10 }, (_, seed) => {
    const pair = AssociationPair.connected({ seed: seed + 1, link: { delayMs: 25, lossProbability: 0.05 } });
    for (let serial = 0; serial < 500; serial++) {
      pair.after(serial * 40, () => {
        const data = new Uint8Array(100);
        new DataView(data.buffer).setFloat64(0, pair.nowMs);
        pair.send(pair.a, { data });
      });
    }
    pair.run(25_000);
    expect(pair.b.messages).toHaveLength(500);
    return pair.b.messages.map(({ atMs, data }) => atMs - new DataView(data.buffer).getFloat64(0));
  }).flat();

  latenciesMs.sort((one, other) => one - other);
  expect(latenciesMs[Math.floor(latenciesMs.length * 0.99)]).toBeLessThanOrEqual(200);
});
