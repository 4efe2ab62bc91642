import { createHash } from 'node:crypto';
import { seededRandom } from '@causeway/testkit';
import { AssociationPair, type PairOptions, type ReceivedMessage } from './association-pair.ts';

const JUST_BEFORE_WRAP = 0xffff_fff0;
const STREAMS = 4;
const MESSAGES = 120;

/** Sizes from a byte to many packets, mostly small, as apps send them. */
function sizeOf(random: () => number): number {
  return random() < 0.1 ? Math.ceil(random() * 40_000) : Math.ceil(random() * 1500);
}

function contentOf(random: () => number, serial: number): Uint8Array {
  const data = new Uint8Array(sizeOf(random));
  for (let at = 0; at < data.length; at++) data[at] = serial * 31 + at;
  return data;
}

/** Sends messages on ordered and unordered streams for a second. */
function sendMany(pair: AssociationPair, seed: number): Map<number, Uint8Array[]> {
  const random = seededRandom(seed);
  const sent = new Map<number, Uint8Array[]>();
  for (let serial = 0; serial < MESSAGES; serial++) {
    const streamId = serial % STREAMS;
    const data = contentOf(random, serial);
    pair.after(random() * 1000, () => {
      sent.set(streamId, [...(sent.get(streamId) ?? []), data]);
      expect(pair.send(pair.a, { streamId, data, isUnordered: streamId === STREAMS - 1 })).toBe(true);
    });
  }
  return sent;
}

function receivedOn(messages: readonly ReceivedMessage[], streamId: number): Uint8Array[] {
  return messages.filter((message) => message.streamId === streamId).map(({ data }) => data);
}

/** Describes all bytes briefly, because a difference of 40,000 numbers would not be readable. */
function summary(data: Uint8Array): string {
  return `${data.length} bytes ${createHash('sha1').update(data).digest('hex')}`;
}

describe.each([0, 0.01, 0.05, 0.1])('with %d of the packets lost, others late, double or out of order', (lossProbability) => {
  test.each(Array.from({ length: 50 }, (_, seed) => seed + 1))(
    'every byte arrives once and in order across the wrap of the TSNs (seed %i)',
    (seed) => {
      const link: PairOptions['link'] = { lossProbability, delayMs: 20, jitterMs: 15, duplicateProbability: 0.02 };
      const pair = AssociationPair.connected({ seed, link, initialTsn: JUST_BEFORE_WRAP - (seed % 40) });
      const sent = sendMany(pair, seed);

      const tookMs = pair.runUntil(() => pair.nowMs > 2000 && pair.b.messages.length >= MESSAGES, 60_000);
      pair.run(1000);

      expect(tookMs).toBeLessThan(60_000);
      expect(pair.b.messages).toHaveLength(MESSAGES);
      for (const [streamId, messages] of sent) {
        const received = receivedOn(pair.b.messages, streamId).map(summary);
        const expected = messages.map(summary);
        if (streamId < STREAMS - 1) expect(received).toEqual(expected);
        else expect(received.sort()).toEqual(expected.sort());
      }
      expect(pair.b.counters).toEqual({ ...pair.b.counters, malformedPackets: 0, overflow: 0 });
      expect(pair.a.closed + pair.b.closed).toBe(0);
    },
  );
});
