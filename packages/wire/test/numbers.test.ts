import { isNewerSeq16, SequenceUnwrapper, seq16Distance, TimestampUnwrapper, timestampDistance, toSeq16 } from '@causeway/wire';
import fc from 'fast-check';
import { SEEDED, uint16, uint32 } from './seeded.ts';

test.each([
  [0, 0, 0],
  [0, 1, 1],
  [1, 0, -1],
  [65_535, 0, 1],
  [0, 65_535, -1],
  [65_530, 10, 16],
  [10, 65_530, -16],
  [0, 32_767, 32_767],
  [0, 32_768, -32_768],
  [32_768, 0, -32_768],
])('from sequence number %i to %i it is %i steps', (from, to, distance) => {
  expect(seq16Distance(toSeq16(from), toSeq16(to))).toBe(distance);
});

test('a sequence number after the wrap is newer than one before it', () => {
  expect(isNewerSeq16(toSeq16(0), toSeq16(65_535))).toBe(true);
  expect(isNewerSeq16(toSeq16(65_535), toSeq16(0))).toBe(false);
  expect(isNewerSeq16(toSeq16(7), toSeq16(7))).toBe(false);
});

test('of two sequence numbers half a circle apart neither is newer', () => {
  expect(isNewerSeq16(toSeq16(0), toSeq16(32_768))).toBe(false);
  expect(isNewerSeq16(toSeq16(32_768), toSeq16(0))).toBe(false);
});

test('the low 16 bits of negative and of large numbers go on the wire', () => {
  expect(toSeq16(-1)).toBe(65_535);
  expect(toSeq16(-65_536)).toBe(0);
  expect(toSeq16(2 ** 48 + 5)).toBe(5);
});

test('the first sequence number unwraps to itself', () => {
  const unwrapper = new SequenceUnwrapper();

  expect(unwrapper.highest).toBeUndefined();
  expect(unwrapper.unwrap(toSeq16(40_000))).toBe(40_000);
  expect(unwrapper.highest).toBe(40_000);
});

test('unwrapped sequence numbers continue past the wrap', () => {
  const unwrapper = new SequenceUnwrapper();

  const unwrapped = [65_534, 65_535, 0, 1].map((seq) => unwrapper.unwrap(toSeq16(seq)));

  expect(unwrapped).toEqual([65_534, 65_535, 65_536, 65_537]);
});

test('a loss across the wrap does not break unwrapping', () => {
  const unwrapper = new SequenceUnwrapper();

  const unwrapped = [65_500, 3_000].map((seq) => unwrapper.unwrap(toSeq16(seq)));

  expect(unwrapped).toEqual([65_500, 68_536]);
});

test('a late packet from before the wrap unwraps to its old place and does not lower the highest', () => {
  const unwrapper = new SequenceUnwrapper();
  unwrapper.unwrap(toSeq16(65_535));
  unwrapper.unwrap(toSeq16(2));

  expect(unwrapper.unwrap(toSeq16(65_534))).toBe(65_534);
  expect(unwrapper.highest).toBe(65_538);
});

test('a packet from before the first one, across the wrap, becomes negative and keeps its wire value', () => {
  const unwrapper = new SequenceUnwrapper();
  unwrapper.unwrap(toSeq16(1));

  const early = unwrapper.unwrap(toSeq16(65_535));

  expect(early).toBe(-1);
  expect(toSeq16(early)).toBe(65_535);
});

test('peeking at an untrusted sequence number changes nothing', () => {
  const unwrapper = new SequenceUnwrapper();
  unwrapper.unwrap(toSeq16(10));

  expect(unwrapper.peek(toSeq16(30_000))).toBe(30_000);
  expect(unwrapper.highest).toBe(10);
});

test('any walk of steps under half a circle unwraps to the sum of its steps', () => {
  fc.assert(
    fc.property(uint16, fc.array(fc.integer({ min: -1_000, max: 30_000 })), (first, steps) => {
      const unwrapper = new SequenceUnwrapper();
      let highest = first;
      unwrapper.unwrap(toSeq16(first));
      for (const step of steps) {
        // Steps count from the newest packet, as a late one does not move the window back.
        const expected = highest + step;
        highest = Math.max(highest, expected);
        expect(unwrapper.unwrap(toSeq16(expected))).toBe(expected);
      }
      expect(unwrapper.highest).toBe(highest);
    }),
    SEEDED,
  );
});

test.each([
  [0xffffffff, 0, 1],
  [0, 0xffffffff, -1],
  [0xffffff00, 0x100, 0x200],
  [0, 0x7fffffff, 0x7fffffff],
  [0, 0x80000000, -0x80000000],
])('from timestamp %i to %i it is %i ticks', (from, to, distance) => {
  expect(timestampDistance(from, to)).toBe(distance);
});

test('timestamps unwrap past 32 bits, and late ones keep their place', () => {
  const unwrapper = new TimestampUnwrapper();

  const unwrapped = [0xfffffff0, 0x10, 0xfffffff8].map((timestamp) => unwrapper.unwrap(timestamp));

  expect(unwrapped).toEqual([0xfffffff0, 0x1_0000_0010, 0xfffffff8]);
  expect(unwrapper.highest).toBe(0x1_0000_0010);
});

test('an unwrapped timestamp has the low 32 bits of the raw one', () => {
  fc.assert(
    fc.property(fc.array(uint32, { minLength: 1 }), (timestamps) => {
      const unwrapper = new TimestampUnwrapper();
      for (const timestamp of timestamps) expect(unwrapper.unwrap(timestamp) >>> 0).toBe(timestamp);
    }),
    SEEDED,
  );
});
