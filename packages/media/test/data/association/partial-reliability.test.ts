import { SctpChunkType } from '@causeway/wire';
import { AssociationPair } from './association-pair.ts';
import { chunkTypes } from './packets.ts';

const DELAY_MS = 30;
const INTERVAL_MS = 10;
const MESSAGES = 300;
const JITTER_MS = 15;
/** `SEEDS=50` is what data channels are shown with. */
const SEEDS = Array.from({ length: Number(process.env.SEEDS ?? 5) }, (_, seed) => seed + 1);

/** Sends small numbered messages at an even pace. */
function sendNumbered(pair: AssociationPair, options: { isUnordered?: boolean; maxRetransmits?: number; lifetimeMs?: number }): void {
  const { lifetimeMs = Number.POSITIVE_INFINITY, maxRetransmits = Number.POSITIVE_INFINITY, isUnordered = false } = options;
  for (let serial = 0; serial < MESSAGES; serial++) {
    pair.after(serial * INTERVAL_MS, () => {
      const data = new Uint8Array(100);
      new DataView(data.buffer).setFloat64(0, pair.nowMs);
      data[99] = serial;
      pair.send(pair.a, { data, isUnordered, maxRetransmits, expiresAtMs: pair.nowMs + lifetimeMs });
    });
  }
  pair.run(MESSAGES * INTERVAL_MS + 10_000);
}

/** How long each message that arrived was on its way. */
function latenciesMs({ b }: AssociationPair): number[] {
  return b.messages.map(({ atMs, data }) => atMs - new DataView(data.buffer).getFloat64(0));
}

describe.each([0, 0.01, 0.05, 0.1])(
  'with %d of the packets lost, others late or double, across the wrap of the TSNs',
  (lossProbability) => {
    const connect = (seed: number): AssociationPair =>
      AssociationPair.connected({
        seed,
        link: { delayMs: DELAY_MS, jitterMs: JITTER_MS, lossProbability, duplicateProbability: 0.02 },
        initialTsn: 0xffff_ffff - (seed % MESSAGES),
      });

    test.each(
      SEEDS.flatMap((seed) => [
        ['unordered', seed],
        ['ordered', seed],
      ]),
    )('messages that may not be sent again never wait for a hole, and never are (%s, seed %i)', (order, seed) => {
      const pair = connect(Number(seed));
      const isUnordered = order === 'unordered';

      sendNumbered(pair, { isUnordered, maxRetransmits: 0 });

      const latencies = latenciesMs(pair);
      expect(latencies.length).toBeGreaterThan(MESSAGES * (0.95 - 1.5 * lossProbability));
      // Ordered ones wait until the sender has noticed the loss and told of it; when that is lost too, it tells once more.
      expect(Math.max(...latencies)).toBeLessThanOrEqual(isUnordered ? DELAY_MS + JITTER_MS + 0.001 : 600);
      latencies.sort((one, other) => one - other);
      expect(latencies[Math.floor(latencies.length * 0.9)]).toBeLessThanOrEqual(250);
      const dataPackets = pair.a.sent.filter((packet) => chunkTypes(packet).some((type) => type === SctpChunkType.iData)).length;
      expect(dataPackets).toBeLessThanOrEqual(MESSAGES);
      expect(pair.a.association.send(pair.nowMs, sample())).toBe(true);
    });

    test.each(SEEDS)('a lifetime of 100 ms holds within 20 ms (seed %i)', (seed) => {
      const pair = connect(seed);

      sendNumbered(pair, { isUnordered: true, lifetimeMs: 100 });

      expect(Math.max(...latenciesMs(pair))).toBeLessThanOrEqual(100 + DELAY_MS + 20);
      expect(pair.b.messages.length).toBeGreaterThan(MESSAGES * (0.9 - lossProbability));
    });
  },
);

test('messages that expire in the queue are dropped there, and those behind them leave', () => {
  const pair = AssociationPair.connected({ link: { delayMs: 100 } });
  pair.send(pair.a, { data: new Uint8Array(200_000), streamId: 1 });

  for (let serial = 0; serial < 50; serial++) pair.send(pair.a, { data: Uint8Array.of(serial), streamId: 2, expiresAtMs: pair.nowMs - 1 });
  pair.send(pair.a, { data: Uint8Array.of(99), streamId: 2 });
  pair.run(10_000);

  expect(pair.b.messages.filter(({ streamId }) => streamId === 2).map(({ data }) => data[0])).toEqual([99]);
  expect(pair.b.messages.some(({ streamId }) => streamId === 1)).toBe(true);
});

test('a message given up half-way holds up nothing: not its stream, not the others, not the window', () => {
  const pair = AssociationPair.connected({ link: { delayMs: 50 } });
  pair.send(pair.a, { data: new Uint8Array(200_000), streamId: 3, expiresAtMs: pair.nowMs + 120 });
  pair.send(pair.a, { data: Uint8Array.of(1), streamId: 3 });

  pair.run(5000);

  expect(pair.b.messages.map(({ data }) => data.length)).toEqual([1]);
  // All of it can be sent again and again: nothing has stayed behind.
  for (let round = 0; round < 60; round++) {
    expect(pair.send(pair.a, { data: new Uint8Array(250_000), streamId: 3, expiresAtMs: pair.nowMs + 5 })).toBe(true);
    pair.run(200);
  }
  expect(pair.send(pair.a, { data: Uint8Array.of(2), streamId: 3 })).toBe(true);
  pair.run(5000);
  expect(pair.b.messages.at(-1)?.data).toEqual(Uint8Array.of(2));
});

test.each([1, 2, 3, 4, 5])('reliable messages beside unreliable ones all arrive, in order (seed %i)', (seed) => {
  const pair = AssociationPair.connected({
    seed,
    link: { delayMs: DELAY_MS, jitterMs: 20, lossProbability: 0.1 },
    initialTsn: 0xffff_ffd0,
  });
  for (let serial = 0; serial < 200; serial++) {
    pair.after(serial * 7, () => {
      pair.send(pair.a, { streamId: 0, data: Uint8Array.of(serial) });
      pair.send(pair.a, { streamId: 1, data: new Uint8Array(3000), maxRetransmits: serial % 3 });
      pair.send(pair.a, { streamId: 2, data: new Uint8Array(50), expiresAtMs: pair.nowMs + 60, isUnordered: true });
    });
  }

  pair.run(30_000);

  const reliable = pair.b.messages.filter(({ streamId }) => streamId === 0).map(({ data }) => data[0]);
  expect(reliable).toEqual(Array.from({ length: 200 }, (_, serial) => serial));
});

function sample() {
  return {
    streamId: 0,
    protocolId: 53,
    data: Uint8Array.of(1),
    isUnordered: false,
    maxRetransmits: 0,
    expiresAtMs: Number.POSITIVE_INFINITY,
  };
}
