import {
  type ExtendedSeq,
  parseRtcp,
  type TransportFeedback,
  TransportFeedbackWriter,
  toSeq16,
  writeTransportFeedback,
} from '@causeway/wire';
import fc from 'fast-check';
import { bytes, hex, written } from '../bytes.ts';
import { SEEDED, uint16 } from '../seeded.ts';

const SENDER = 1;
const MEDIA = 2;

/** Feedback with these fixed fields: base 5, reference time 3 * 64 ms, feedback count 9. */
function feedbackBytes(statusCount: string, chunksAndDeltas: string): Uint8Array {
  const fci = bytes(`0005 ${statusCount} 000003 09 ${chunksAndDeltas}`);
  const padded = Uint8Array.of(...fci, ...new Uint8Array((4 - (fci.length % 4)) % 4));
  const words = 2 + padded.length / 4;
  return Uint8Array.of(0x8f, 0xcd, 0, words, ...bytes('00000001 00000002'), ...padded);
}

function parseFeedback(packet: Uint8Array): TransportFeedback | undefined {
  const [message] = parseRtcp(packet, packet.length) ?? [];
  return message?.type === 'transport-feedback' ? message : undefined;
}

/** Sequence and arrival of each received packet, as the sender works them out. */
function arrivalsIn(feedback: TransportFeedback): { seq: number; atMs: number }[] {
  let ticks = feedback.referenceTimeMs * 4;
  return Array.from(feedback.receivedOffsets, (offset, i) => {
    ticks += feedback.deltaTicks250us[i];
    return { seq: toSeq16(feedback.baseSequence + offset), atMs: ticks / 4 };
  });
}

function columnsOf(feedback: TransportFeedback | undefined) {
  return feedback && { offsets: [...feedback.receivedOffsets], deltas: [...feedback.deltaTicks250us] };
}

test('the fixed fields are where the draft puts them', () => {
  expect(parseFeedback(feedbackBytes('0001', '2001 04'))).toEqual({
    type: 'transport-feedback',
    senderSsrc: SENDER,
    mediaSsrc: MEDIA,
    baseSequence: 5,
    statusCount: 1,
    feedbackCount: 9,
    referenceTimeMs: 192,
    receivedOffsets: Uint16Array.of(0),
    deltaTicks250us: Int16Array.of(4),
  });
});

test.each([
  ['a run of lost packets', '00dd', '00dd', [], []],
  ['a run of small deltas', '0003', '2003 01 02 ff', [0, 1, 2], [1, 2, 255]],
  ['a run of large deltas', '0002', '4002 0100 fffe', [0, 1], [256, -2]],
  ['the one-bit vector of the draft', '000e', '9f1c 01 02 03 04 05 06 07 08', [1, 2, 3, 4, 5, 9, 10, 11], [1, 2, 3, 4, 5, 6, 7, 8]],
  ['a two-bit vector', '0007', 'c654 01 8000 02 03 04', [1, 2, 3, 4, 5], [1, -32_768, 2, 3, 4]],
  ['a vector longer than the count', '0002', 'bfff 01 02', [0, 1], [1, 2]],
  ['a run longer than the count', '0002', '2009 01 02', [0, 1], [1, 2]],
  ['several chunks', '0011', '8001 0001 d000 0a 0b', [13, 15], [10, 11]],
])('reads %s', (_, statusCount, chunksAndDeltas, offsets, deltas) => {
  expect(columnsOf(parseFeedback(feedbackBytes(statusCount, chunksAndDeltas)))).toEqual({ offsets, deltas });
});

test('the reference time is signed', () => {
  const packet = feedbackBytes('0001', '2001 00');
  packet.set([0xff, 0xff, 0xfe], 16);

  expect(parseFeedback(packet)?.referenceTimeMs).toBe(-128);
});

test.each([
  ['the chunks end before the count', '0009', '2001 01'],
  ['the deltas end before the statuses', '0009', '2009 01 02'],
  ['half a large delta is missing', '0002', 'd800 01 80'],
  ['a status in a vector is the reserved one', '0002', 'f000 01'],
  ['a run is of the reserved status', '0002', '6002 01 01'],
])('refuses feedback in which %s', (_, statusCount, chunksAndDeltas) => {
  const packet = feedbackBytes(statusCount, chunksAndDeltas);

  expect(parseRtcp(packet, packet.length)).toBeUndefined();
});

test('a few bytes that declare 65,535 packets lost make a short list', () => {
  const feedback = parseFeedback(feedbackBytes('ffff', '1fff '.repeat(9)));

  expect(feedback?.statusCount).toBe(65_535);
  expect(feedback?.receivedOffsets).toHaveLength(0);
});

test('a few bytes that declare 65,535 packets received are refused', () => {
  const packet = feedbackBytes('ffff', '3fff '.repeat(9));

  expect(parseRtcp(packet, packet.length)).toBeUndefined();
});

function extended(seq: number): ExtendedSeq {
  return seq as ExtendedSeq;
}

function writtenFrom(writer: TransportFeedbackWriter): Uint8Array {
  return written((out, offset) => writer.write(out, offset, SENDER, MEDIA, 9));
}

test('arrivals are written as one packet: reference time, a chunk, deltas', () => {
  const writer = new TransportFeedbackWriter(1_200);
  writer.begin(extended(5), 200);

  for (const [seq, atMs] of [
    [5, 200],
    [6, 201],
    [9, 200.5],
    [10, 300],
  ]) {
    expect(writer.add(extended(seq), atMs)).toBe(true);
  }

  // 200 ms is 3 * 64 ms and 32 ticks; then 4, -2 (large) and 398 (large). Statuses 1 1 0 0 2 2.
  expect(hex(writtenFrom(writer))).toBe(hex(feedbackBytes('0006', 'd428 20 04 fffe 018e')));
  expect(writer.nextSeq).toBe(11);
});

test('the base may be lost', () => {
  const writer = new TransportFeedbackWriter(1_200);
  writer.begin(extended(5), 192);
  writer.add(extended(8), 192);

  expect(columnsOf(parseFeedback(writtenFrom(writer)))).toEqual({ offsets: [3], deltas: [0] });
});

test('sequence numbers continue past the wrap', () => {
  const writer = new TransportFeedbackWriter(1_200);
  writer.begin(extended(65_535), 192);
  writer.add(extended(65_535), 192);
  writer.add(extended(65_537), 192);

  const feedback = parseFeedback(writtenFrom(writer));

  expect(feedback?.baseSequence).toBe(65_535);
  expect([...(feedback?.receivedOffsets ?? [])]).toEqual([0, 2]);
});

test('rounding errors of deltas do not add up', () => {
  const writer = new TransportFeedbackWriter(1_200);
  writer.begin(extended(0), 0);
  for (let i = 0; i <= 100; i++) writer.add(extended(i), i * 1.1);

  const feedback = parseFeedback(writtenFrom(writer));
  const last = feedback && arrivalsIn(feedback).at(-1);

  expect(last).toEqual({ seq: 100, atMs: 110 });
});

test.each([
  ['not after the last one', 4, 200],
  ['before the base', 2, 200],
  ['over 8 s later', 6, 200 + 8_192],
  ['over 8 s earlier', 6, 200 - 8_193],
  ['65,535 packets on', 3 + 65_535, 200],
])('an arrival %s waits for the next feedback', (_, seq, atMs) => {
  const writer = new TransportFeedbackWriter(1_200);
  writer.begin(extended(3), 200);
  writer.add(extended(4), 200);

  expect(writer.add(extended(seq), atMs)).toBe(false);
  expect(writer.nextSeq).toBe(5);
  expect(columnsOf(parseFeedback(writtenFrom(writer)))).toEqual({ offsets: [1], deltas: [32] });
});

test('nothing is written when nothing arrived', () => {
  const writer = new TransportFeedbackWriter(1_200);

  expect(writer.write(new Uint8Array(64), 8, SENDER, MEDIA, 0)).toBe(8);
  writer.begin(extended(3), 200);
  expect(writer.write(new Uint8Array(64), 8, SENDER, MEDIA, 0)).toBe(8);
});

test('the smallest writer holds one arrival, even a large delta far from the base', () => {
  const writer = new TransportFeedbackWriter(0);
  writer.begin(extended(0), 1_000);

  expect(writer.add(extended(8_000), 3_000)).toBe(true);
  expect(writtenFrom(writer).length).toBeLessThanOrEqual(32);
});

const arrival = fc.record({
  lostBefore: fc.oneof(fc.constant(0), fc.nat(3), fc.nat(20_000)),
  laterMs: fc.oneof(fc.double({ min: -60, max: 60, noNaN: true }), fc.double({ min: -9_000, max: 9_000, noNaN: true })),
});

test('any arrivals are told whole, over as many packets as it takes, none of them too large', () => {
  const arrivals = fc.array(arrival, { minLength: 1, maxLength: 400, size: 'max' });
  fc.assert(
    fc.property(fc.nat(70_000), fc.integer({ min: 32, max: 300 }), arrivals, (base, maxSizeBytes, steps) => {
      let seq = base - 1;
      // The reference time has 24 signed bits of 64 ms, about six days.
      let atMs = 4e8;
      const received = steps.map(({ lostBefore, laterMs }) => {
        seq += 1 + lostBefore;
        atMs += laterMs;
        return { seq, atMs: Math.round(atMs * 4) / 4 };
      });

      const told: { seq: number; atMs: number }[] = [];
      const writer = new TransportFeedbackWriter(maxSizeBytes);
      for (let next = 0; next < received.length; ) {
        writer.begin(extended(received[next].seq), received[next].atMs);
        const before = next;
        while (next < received.length && writer.add(extended(received[next].seq), received[next].atMs)) next++;
        expect(next).toBeGreaterThan(before);
        const packet = writtenFrom(writer);
        expect(packet.length).toBeLessThanOrEqual(maxSizeBytes);
        const feedback = parseFeedback(packet);
        told.push(...(feedback ? arrivalsIn(feedback) : []));
      }

      expect(told).toEqual(received.map((one) => ({ seq: toSeq16(one.seq), atMs: one.atMs })));
    }),
    { ...SEEDED, numRuns: 300 },
  );
});

test('a steady stream costs little over a byte a packet', () => {
  const writer = new TransportFeedbackWriter(1_200);
  writer.begin(extended(0), 0);
  let added = 0;
  while (writer.add(extended(added), added * 4)) added++;

  expect(added).toBeGreaterThan(1_150);
  expect(writtenFrom(writer).length).toBeLessThanOrEqual(1_200);
});

const delta = fc.oneof(fc.integer({ min: 0, max: 255 }), fc.integer({ min: -32_768, max: 32_767 }));
const gap = fc.oneof({ weight: 3, arbitrary: fc.constant(0) }, fc.nat(20), fc.nat(9_000));

test('any feedback value is read back as it was written', () => {
  const packets = fc.array(fc.tuple(gap, delta), { maxLength: 60, size: 'max' });
  fc.assert(
    fc.property(uint16, packets, gap, (baseSequence, received, lostBehind) => {
      const offsets: number[] = [];
      let next = 0;
      for (const [lostBefore] of received) {
        if (next + lostBefore > 65_534) break;
        offsets.push(next + lostBefore);
        next += lostBefore + 1;
      }
      const feedback = {
        senderSsrc: SENDER,
        mediaSsrc: MEDIA,
        baseSequence: toSeq16(baseSequence),
        statusCount: Math.min(next + lostBehind, 65_535),
        feedbackCount: 200,
        referenceTimeMs: -64,
        receivedOffsets: Uint16Array.from(offsets),
        deltaTicks250us: Int16Array.from(received.slice(0, offsets.length), ([, ticks]) => ticks),
      };

      const packet = written((out, offset) => writeTransportFeedback(out, offset, feedback));

      expect(parseFeedback(packet)).toEqual({ type: 'transport-feedback', ...feedback });
    }),
    SEEDED,
  );
});
