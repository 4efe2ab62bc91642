import { type ExtendedSeq, SequenceUnwrapper, timestampDistance, toSeq16 } from '@causeway/wire';
import fc from 'fast-check';
import { CatchUp, SequenceRewriter } from '../../src/subscriber/sequence-rewriter.ts';

const CLOCK_HZ = 90_000;

function seqOf(value: number): ExtendedSeq {
  return value as ExtendedSeq;
}

/** Switches to a source and maps its first packet. */
function enter(rewriter: SequenceRewriter<string>, nowMs: number, source: string, seq: number, timestamp: number): number | undefined {
  rewriter.switchSource(nowMs, source, seqOf(seq), timestamp, CLOCK_HZ);
  return rewriter.map(nowMs, seqOf(seq), timestamp);
}

describe('SequenceRewriter', () => {
  test('maps nothing before the first switch', () => {
    const rewriter = new SequenceRewriter<string>(700);

    expect(rewriter.epoch).toBe(0);
    expect(rewriter.highest).toBeUndefined();
    expect(rewriter.map(0, seqOf(1), 0)).toBeUndefined();
    expect(rewriter.drop(seqOf(1))).toBe(true);
  });

  test("starts with the number it was given, and the source's own timestamps", () => {
    const rewriter = new SequenceRewriter<string>(700);

    expect(enter(rewriter, 0, 'low', 40_000, 123_456)).toBe(700);

    expect(rewriter.map(1, seqOf(40_001), 123_456)).toBe(701);
    expect(rewriter.mapTimestamp(123_456)).toBe(123_456);
    expect(rewriter.highest).toBe(701);
  });

  test('continues without a gap when the source is switched', () => {
    const rewriter = new SequenceRewriter<string>(700);
    enter(rewriter, 0, 'low', 40_000, 1000);
    rewriter.map(10, seqOf(40_001), 1900);

    expect(enter(rewriter, 50, 'high', 5, 77)).toBe(702);
    expect(rewriter.map(51, seqOf(6), 77)).toBe(703);
  });

  test('does not give away the places of packets of the old source that never came', () => {
    const rewriter = new SequenceRewriter<string>(700);
    enter(rewriter, 0, 'low', 100, 0);
    rewriter.map(1, seqOf(105), 0);

    expect(enter(rewriter, 2, 'high', 9, 0)).toBe(706);
  });

  test('advances the timestamp by the time since the newest packet', () => {
    const rewriter = new SequenceRewriter<string>(1);
    enter(rewriter, 0, 'low', 1, 1_000_000);
    rewriter.map(1000, seqOf(2), 1_090_000);
    rewriter.map(1005, seqOf(3), 1_090_000);

    enter(rewriter, 1040, 'high', 500, 42);

    expect(rewriter.mapTimestamp(42)).toBe(1_090_000 + 40 * 90);
    expect(rewriter.mapTimestamp(42 + 3000)).toBe(1_090_000 + 40 * 90 + 3000);
  });

  test('reckons from the newest timestamp, not from a packet that came late', () => {
    const rewriter = new SequenceRewriter<string>(1);
    enter(rewriter, 0, 'low', 1, 1000);
    rewriter.map(33, seqOf(3), 1000 + 6000);
    rewriter.map(60, seqOf(2), 1000 + 3000);

    enter(rewriter, 133, 'high', 500, 0);

    expect(rewriter.mapTimestamp(0)).toBe(7000 + 100 * 90);
  });

  test('gives the first frame of a source a timestamp of its own, even within the same millisecond', () => {
    const rewriter = new SequenceRewriter<string>(1);
    enter(rewriter, 100, 'low', 1, 1000);

    enter(rewriter, 100, 'high', 1, 9999);

    expect(rewriter.mapTimestamp(9999)).toBe(1001);
  });

  test('advances over the wrap of the timestamp', () => {
    const rewriter = new SequenceRewriter<string>(1);
    enter(rewriter, 0, 'low', 1, 0xffff_fff0);

    enter(rewriter, 10, 'high', 1, 5);

    expect(rewriter.mapTimestamp(5)).toBe(0xffff_fff0 + 900 - 2 ** 32);
  });

  test('continues after a pause of the same source as after a switch', () => {
    const rewriter = new SequenceRewriter<string>(10);
    enter(rewriter, 0, 'mic', 100, 0);

    expect(enter(rewriter, 10_000, 'mic', 600, 480_000)).toBe(11);
    expect(rewriter.mapTimestamp(480_000)).toBe(900_000);
  });

  test('begins with kept packets so that the newest has the timestamp of its time and the others come after what was sent', () => {
    const rewriter = new SequenceRewriter<string>(10);
    enter(rewriter, 1000, 'high', 100, 500_000);
    rewriter.map(1400, seqOf(101), 536_000);

    rewriter.switchToKept(1450, 'low', seqOf(7), 1000, { atMs: 1440, timestamp: 37_000 }, CLOCK_HZ);

    const placed = [1000, 19_000, 28_000, 37_000, 40_000].map((timestamp) => rewriter.mapTimestamp(timestamp));
    expect(placed.slice(3)).toEqual([539_600, 542_600]);
    expect(placed[0]).toBeGreaterThan(536_000);
    expect(placed[2]).toBeLessThan(536_360);
    expect(placed).toEqual([...placed].sort((one, other) => one - other));
    expect(rewriter.map(1450, seqOf(7), 1000)).toBe(12);
  });

  test('begins with kept packets under their own timestamps if they are the first', () => {
    const rewriter = new SequenceRewriter<string>(10);

    rewriter.switchToKept(1450, 'low', seqOf(7), 1000, { atMs: 1440, timestamp: 37_000 }, CLOCK_HZ);

    expect([1000, 37_000].map((timestamp) => rewriter.mapTimestamp(timestamp))).toEqual([1000, 37_000]);
  });

  /** More than half of the time in which a clock of 90 kHz goes round. */
  const MUTED_MS = 8 * 3_600_000;

  test('begins with kept packets after hours without any, and their timestamps advance as they did', () => {
    const rewriter = new SequenceRewriter<string>(10);
    enter(rewriter, 1000, 'camera', 100, 500_000);

    const nowMs = 1000 + MUTED_MS;
    rewriter.switchToKept(nowMs, 'screen', seqOf(7), 1000, { atMs: nowMs, timestamp: 19_000 }, CLOCK_HZ);

    const placed = [1000, 10_000, 19_000, 28_000].map((timestamp) => rewriter.mapTimestamp(timestamp));
    const last = (500_000 + MUTED_MS * 90) % 2 ** 32;
    expect(placed).toEqual([last - 18_000, last - 9000, last, last + 9000]);
  });

  test.each([
    ['whose clock has run a second ahead in hours without a packet', MUTED_MS, 500_000 + (MUTED_MS + 1000) * 90],
    ['whose timestamps begin again from 0', 33, 0],
  ])('advances from the newest timestamp of a source %s', (_, pauseMs, timestamp) => {
    const rewriter = new SequenceRewriter<string>(10);
    enter(rewriter, 1000, 'low', 100, 2_000_000);
    rewriter.map(1033, seqOf(101), 2_003_000);

    const nowMs = 1033 + pauseMs;
    rewriter.map(nowMs, seqOf(102), timestamp >>> 0);
    enter(rewriter, nowMs + 100, 'high', 5, 77);

    expect(timestampDistance(timestamp, rewriter.mapTimestamp(77))).toBe(9000);
  });

  test('does not map packets from before the switch', () => {
    const rewriter = new SequenceRewriter<string>(10);
    enter(rewriter, 0, 'low', 100, 0);
    enter(rewriter, 10, 'high', 50, 0);

    expect(rewriter.map(11, seqOf(49), 0)).toBeUndefined();
  });

  test('closes the gap of a dropped packet', () => {
    const rewriter = new SequenceRewriter<string>(10);
    enter(rewriter, 0, 'low', 100, 0);

    rewriter.drop(seqOf(101));

    expect(rewriter.map(1, seqOf(102), 0)).toBe(11);
    expect(rewriter.map(1, seqOf(101), 0)).toBeUndefined();
  });

  test('remembers sources and timestamps of the last four epochs, for what is sent again', () => {
    const rewriter = new SequenceRewriter<string>(10);
    const sources = ['a', 'b', 'c', 'd', 'e'];
    for (const [index, source] of sources.entries()) enter(rewriter, index * 100, source, 7, 1_000_000 * index);

    expect([1, 2, 3, 4, 5, 6].map((epoch) => rewriter.sourceOf(epoch))).toEqual([undefined, 'b', 'c', 'd', 'e', undefined]);
    expect(rewriter.mapTimestamp(1_000_000, 2)).toBe(100 * 90);
    expect(rewriter.mapTimestamp(4_000_000)).toBe(400 * 90);
    expect(rewriter.epoch).toBe(5);
  });

  test('numbers epochs within 16 bits, never 0', () => {
    const rewriter = new SequenceRewriter<string>(10);

    for (let i = 0; i < 65_535; i++) enter(rewriter, i, 'x', i, i);
    expect(rewriter.epoch).toBe(65_535);

    enter(rewriter, 70_000, 'y', 0, 0);
    expect(rewriter.epoch).toBe(1);
    expect(rewriter.sourceOf(1)).toBe('y');
    expect(rewriter.sourceOf(65_535)).toBe('x');
  });

  test('sends any number at most once, without gaps of its own, through wraps, reordering, drops and switches', () => {
    const step = fc.record({
      advance: fc.oneof({ weight: 12, arbitrary: fc.constant(1) }, { weight: 3, arbitrary: fc.integer({ min: -15, max: 10 }) }),
      action: fc.oneof(
        { weight: 20, arbitrary: fc.constant('map' as const) },
        { weight: 4, arbitrary: fc.constant('drop' as const) },
        { weight: 1, arbitrary: fc.constant('switch' as const) },
      ),
      elapsedMs: fc.double({ min: 0, max: 40, noNaN: true }),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 500, size: 'max' }), fc.nat(65_535), (steps, firstRaw) => {
        const rewriter = new SequenceRewriter<number>(0xff00);
        const sentBy = new Map<number, string>();
        const arrived = new Set<string>();
        const unwrapper = new SequenceUnwrapper();
        let nowMs = 0;
        let source = 0;
        let highest = 0;
        let epochFirst = 0;
        let neverCame = 0;
        let newestTimestamp: number | undefined;
        const countMissing = () => {
          for (let seq = epochFirst; seq <= highest; seq++) if (!arrived.has(`${source}/${seq}`)) neverCame++;
        };
        const startSource = (raw: number) => {
          if (source > 0) countMissing();
          source++;
          // One unwrapper a source, as one receive stream has.
          highest = source === 1 ? unwrapper.unwrap(toSeq16(raw)) : raw;
          epochFirst = highest;
          rewriter.switchSource(nowMs, source, seqOf(highest), raw * 7, CLOCK_HZ);
        };
        const send = (seq: number) => {
          const timestamp = (seq * 3000) >>> 0;
          const out = rewriter.map(nowMs, seqOf(seq), timestamp);
          if (out === undefined) return;
          const packet = `${source}/${seq}`;
          expect(sentBy.get(out) ?? packet).toBe(packet);
          sentBy.set(out, packet);
          arrived.add(packet);
          if (seq < highest) return;
          const outTimestamp = rewriter.mapTimestamp(timestamp);
          if (newestTimestamp !== undefined) expect(timestampDistance(newestTimestamp, outTimestamp)).toBeGreaterThanOrEqual(0);
          newestTimestamp = outTimestamp;
        };

        startSource(firstRaw);
        send(highest);
        for (const { advance, action, elapsedMs } of steps) {
          nowMs += elapsedMs;
          const seq = highest + advance;
          if (action === 'switch') {
            startSource((firstRaw * 31 + source * 7919) & 0xffff);
            send(highest);
          } else if (action === 'drop' && seq > highest) {
            rewriter.drop(seqOf(seq));
            arrived.add(`${source}/${seq}`);
            highest = seq;
          } else if (action === 'map') {
            highest = Math.max(highest, seq);
            send(seq);
          }
        }
        countMissing();
        const numbers = [...sentBy.keys()].sort((a, b) => a - b);
        expect(numbers[0]).toBe(0xff00);
        expect((rewriter.highest ?? 0) - 0xff00 + 1).toBe(numbers.length + neverCame);
      }),
      { seed: 9, numRuns: 100 },
    );
  });
});

const FRAME_TICKS = 3000;

/** A layer of which 20 frames are older than what was sent last, which is half a frame behind the last of them. */
function place(firstTimestamp: number): number[] {
  const overtakenTicks = 19.5 * FRAME_TICKS;
  const catchUp = new CatchUp(firstTimestamp, overtakenTicks);
  return Array.from({ length: 30 }, (_, frame) => catchUp.place((firstTimestamp + frame * FRAME_TICKS) | 0));
}

test.each([0, 2 ** 31 - 30_000, -30_000])('timestamps that begin at %i only ever advance', (firstTimestamp) => {
  const placed = place(firstTimestamp);

  const steps = placed.slice(1).map((timestamp, index) => timestampDistance(placed[index] ?? 0, timestamp));
  expect(Math.min(...steps)).toBeGreaterThan(0);
});

test('what is older than what was sent follows within four milliseconds, and what is newer keeps its time', () => {
  const placed = place(0);

  const sent = 19.5 * FRAME_TICKS;
  expect(placed[0]).toBeGreaterThan(sent);
  expect(placed[19]).toBeLessThan(sent + 360);
  expect(placed.slice(20)).toEqual(Array.from({ length: 10 }, (_, index) => (20 + index) * FRAME_TICKS));
});

test('once the clock has gone round, frames keep their time', () => {
  const catchUp = new CatchUp(0, FRAME_TICKS);
  const before = catchUp.place(FRAME_TICKS);

  catchUp.place(-FRAME_TICKS);

  expect(before).toBeGreaterThan(FRAME_TICKS);
  expect(catchUp.place(FRAME_TICKS)).toBe(FRAME_TICKS);
});
