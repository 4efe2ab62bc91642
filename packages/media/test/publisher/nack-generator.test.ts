import { type ExtendedSeq, SequenceUnwrapper, toSeq16 } from '@causeway/wire';
import fc from 'fast-check';
import { NackGenerator } from '../../src/publisher/nack-generator.ts';

function seqOf(value: number): ExtendedSeq {
  return value as ExtendedSeq;
}

function receive(nack: NackGenerator, nowMs: number, ...seqs: number[]): void {
  for (const seq of seqs) nack.receive(nowMs, seqOf(seq), false);
}

function collect(nack: NackGenerator, nowMs: number): number[] {
  const out: ExtendedSeq[] = [];
  const count = nack.collect(nowMs, out);
  expect(count).toBe(out.length);
  return out;
}

/** Calls `collect` whenever it is due, up to `untilMs`. @returns when each request for `seq` went out */
function requestTimes(nack: NackGenerator, untilMs: number, seq: number): number[] {
  const times: number[] = [];
  for (let nowMs = nack.dueAt(); nowMs <= untilMs; nowMs = nack.dueAt()) {
    if (collect(nack, nowMs).includes(seq)) times.push(nowMs);
  }
  return times;
}

function range(from: number, to: number): number[] {
  return Array.from({ length: to - from + 1 }, (_, index) => from + index);
}

describe('NackGenerator', () => {
  // Fed at time 0, collected when everything is past its guard: as mediasoup's table, in unwrapped numbers.
  test.each([
    ['nothing of an unbroken stream', [2371, 2372, 2373, 2374], []],
    ['nothing for packets older than the first', [2371, 2372, 2254, 2250], []],
    ['a missing packet', [2381, 2383], [2382]],
    ['nothing at the wrap', [65534, 65535, 65536], []],
    ['a packet missing at the wrap', [65534, 65535, 65537], [65536]],
    ['the last packet before the wrap', [65533, 65534, 65536], [65535]],
    ['packets missing on both sides of the wrap', [65534, 65538], [65535, 65536, 65537]],
    ['scattered packets', [1, 3, 5, 7, 9], [2, 4, 6, 8]],
    ['scattered runs', [1, 3, 7, 9], [2, 4, 5, 6, 8]],
    ['what remains of a big gap', [1, 300, 3, 4, 5], [2, ...range(6, 299)]],
    ['nothing after a late packet filled the gap', [1, 3, 2], []],
    ['nothing for copies', [1, 2, 2, 1, 2, 3], []],
  ])('asks for %s', (_, received, asked) => {
    const nack = new NackGenerator();

    receive(nack, 0, ...received);

    expect(collect(nack, 5)).toEqual(asked);
  });

  test('finds a loss across the wrap of raw sequence numbers, and goes on', () => {
    const nack = new NackGenerator();
    const unwrapper = new SequenceUnwrapper();

    for (const raw of [65533, 65534, 1, 2, 4]) nack.receive(0, unwrapper.unwrap(toSeq16(raw)), false);

    expect(collect(nack, 5).map(toSeq16)).toEqual([65535, 0, 3]);
  });

  test('has nothing due while nothing is missing', () => {
    const nack = new NackGenerator();

    receive(nack, 0, 1, 2, 3);

    expect(nack.dueAt()).toBe(Number.POSITIVE_INFINITY);
    expect(nack.pending).toBe(0);
  });

  describe('reorder guard', () => {
    test('gives a missing packet 5 ms', () => {
      const nack = new NackGenerator();

      receive(nack, 100, 1, 3);

      expect(nack.dueAt()).toBe(105);
      expect(collect(nack, 104)).toEqual([]);
      expect(collect(nack, 105)).toEqual([2]);
    });

    test('does not wait for the 5 ms once three newer packets have come', () => {
      const nack = new NackGenerator();

      receive(nack, 100, 1, 3, 4);
      expect(collect(nack, 100)).toEqual([]);

      receive(nack, 101, 5);
      expect(nack.dueAt()).toBe(101);
      expect(collect(nack, 101)).toEqual([2]);
    });

    test('asks for nothing that comes within it', () => {
      const nack = new NackGenerator();

      receive(nack, 100, 1, 3);
      receive(nack, 104, 2);

      expect(nack.dueAt()).toBe(Number.POSITIVE_INFINITY);
      expect(collect(nack, 200)).toEqual([]);
    });

    test('widens on a path that reorders', () => {
      const nack = new NackGenerator();
      receive(nack, 100, 1, 3);
      receive(nack, 104, 4, 5, 2);

      receive(nack, 200, 7, 8, 9, 10);

      expect(nack.dueAt()).toBe(206);
      expect(collect(nack, 205)).toEqual([]);
      expect(collect(nack, 206)).toEqual([6]);
    });

    test('learns from a packet that was asked for but came too soon to be the answer', () => {
      const nack = new NackGenerator();
      nack.setRttMs(100);
      receive(nack, 100, 1, 3);
      collect(nack, 105);
      receive(nack, 110, 2);

      receive(nack, 200, 5);

      expect(nack.dueAt()).toBe(215);
    });

    test('does not take a repair for a reordered packet', () => {
      const nack = new NackGenerator();
      nack.setRttMs(100);
      receive(nack, 100, 1, 3);
      collect(nack, 105);
      receive(nack, 210, 2);

      receive(nack, 300, 5);

      expect(nack.dueAt()).toBe(305);
    });

    test('asks for under 5 % of the packets of a lossless path with 15 ms of jitter and reordering of one packet in 33', () => {
      const nack = new NackGenerator();
      const arrivals: { atMs: number; seq: number }[] = [];
      for (let seq = 0; seq < 3000; seq++) arrivals.push({ atMs: seq * 4 + (seq % 33 === 32 ? 15 : 0), seq });
      arrivals.sort((a, b) => a.atMs - b.atMs || a.seq - b.seq);
      let asked = 0;

      for (const { atMs, seq } of arrivals) {
        while (nack.dueAt() <= atMs) asked += collect(nack, nack.dueAt()).length;
        receive(nack, atMs, seq);
      }

      expect(asked).toBeLessThan(Math.floor(3000 / 33) * 0.05);
      expect(nack.keyframeNeeded).toBe(false);
    });
  });

  describe('retries', () => {
    test('asks again after 1.2 round trips', () => {
      const nack = new NackGenerator();
      nack.setRttMs(200);
      receive(nack, 0, 1, 3);

      expect(requestTimes(nack, 600, 2)).toEqual([5, 245, 485]);
    });

    test('never asks again within 24 ms, however short the round trip', () => {
      const nack = new NackGenerator();
      nack.setRttMs(0.3);
      receive(nack, 0, 1, 3);

      expect(requestTimes(nack, 80, 2)).toEqual([5, 29, 53, 77]);
    });

    test('assumes a round trip of 100 ms until one is known', () => {
      const nack = new NackGenerator();
      receive(nack, 0, 1, 3);

      expect(requestTimes(nack, 300, 2)).toEqual([5, 125, 245]);
    });

    test('learns the round trip from a repair', () => {
      const nack = new NackGenerator();
      receive(nack, 0, 1, 3);
      collect(nack, 5);
      nack.receiveRepair(45, seqOf(2), false);

      receive(nack, 1000, 5);

      expect(requestTimes(nack, 1100, 4)).toEqual([1005, 1053]);
    });

    test('learns nothing from a repair asked for twice: either request may have brought it', () => {
      const nack = new NackGenerator();
      receive(nack, 0, 1, 3);
      collect(nack, 5);
      collect(nack, 125);
      nack.receiveRepair(130, seqOf(2), false);

      receive(nack, 1000, 5);

      expect(requestTimes(nack, 1200, 4)).toEqual([1005, 1125]);
    });

    test('stops when the packet arrives', () => {
      const nack = new NackGenerator();
      receive(nack, 0, 1, 3, 5);
      collect(nack, 5);

      receive(nack, 60, 2);
      nack.receiveRepair(61, seqOf(4), false);

      expect(nack.pending).toBe(0);
      expect(nack.dueAt()).toBe(Number.POSITIVE_INFINITY);
    });

    test('asks for each packet in its own time', () => {
      const nack = new NackGenerator();
      receive(nack, 0, 1, 3);
      collect(nack, 5);
      receive(nack, 60, 5);

      expect(collect(nack, 65)).toEqual([4]);
      expect(collect(nack, 125)).toEqual([2]);
      expect(collect(nack, 185)).toEqual([4]);
    });
  });

  describe('giving up', () => {
    test('gives up after ten requests, and wants a keyframe', () => {
      const nack = new NackGenerator();
      nack.setRttMs(20);
      receive(nack, 0, 1, 3);

      expect(requestTimes(nack, 10_000, 2)).toHaveLength(10);
      expect(nack.pending).toBe(0);
      expect(nack.keyframeNeeded).toBe(true);
    });

    test('gives up after a second, and wants a keyframe', () => {
      const nack = new NackGenerator();
      nack.setRttMs(400);
      receive(nack, 0, 1, 3);

      expect(requestTimes(nack, 999, 2)).toEqual([5, 485, 965]);
      expect(nack.dueAt()).toBe(1000);
      expect(collect(nack, 1000)).toEqual([]);
      expect(nack.pending).toBe(0);
      expect(nack.keyframeNeeded).toBe(true);
    });

    test('gives up at the very time it is due for it, at whatever fraction of a millisecond that is', () => {
      fc.assert(
        fc.property(fc.double({ min: 0, max: 2 ** 40, noNaN: true }), (missedAtMs) => {
          const nack = new NackGenerator();
          nack.setRttMs(2000);
          receive(nack, missedAtMs, 1, 3);
          collect(nack, nack.dueAt());

          collect(nack, nack.dueAt());

          expect(nack.pending).toBe(0);
        }),
        { seed: 12, numRuns: 1000 },
      );
    });

    test('says once that it wants a keyframe', () => {
      const nack = new NackGenerator();
      receive(nack, 0, 1, 3);
      collect(nack, 1000);

      expect(nack.takeKeyframeNeeded()).toBe(true);
      expect(nack.takeKeyframeNeeded()).toBe(false);
    });

    test('wants no keyframe if one began after the packet given up', () => {
      const nack = new NackGenerator();
      receive(nack, 0, 1, 3);
      nack.receive(500, seqOf(4), true);

      collect(nack, 1000);

      expect(nack.keyframeNeeded).toBe(false);
    });

    test('goes by the newest keyframe, though an older one begins late', () => {
      const nack = new NackGenerator();
      nack.receive(0, seqOf(1), false);
      nack.receive(0, seqOf(10), true);
      nack.receiveRepair(50, seqOf(5), true);

      collect(nack, 1000);

      expect(nack.pending).toBe(0);
      expect(nack.keyframeNeeded).toBe(false);
    });

    test('wants none any more once one has begun', () => {
      const nack = new NackGenerator();
      receive(nack, 0, 1, 3);
      collect(nack, 1000);

      nack.receive(1001, seqOf(4), true);

      expect(nack.keyframeNeeded).toBe(false);
    });

    test('wants another if a packet of the keyframe itself is given up', () => {
      const nack = new NackGenerator();
      nack.receive(0, seqOf(1), true);
      receive(nack, 0, 3);

      collect(nack, 1000);

      expect(nack.keyframeNeeded).toBe(true);
    });

    test('asks for nothing after a gap of more than 500, but for a keyframe', () => {
      const nack = new NackGenerator();

      receive(nack, 0, 1, 502);
      expect(nack.pending).toBe(500);

      receive(nack, 0, 1004);
      expect(nack.pending).toBe(0);
      expect(nack.dueAt()).toBe(Number.POSITIVE_INFINITY);
      expect(nack.keyframeNeeded).toBe(true);
    });

    test('wants no keyframe after a jump that lands on one', () => {
      const nack = new NackGenerator();
      receive(nack, 0, 1);

      nack.receive(0, seqOf(5000), true);

      expect(nack.pending).toBe(0);
      expect(nack.keyframeNeeded).toBe(false);
    });

    test('when too much is missing, lets go first of what came before the latest keyframe', () => {
      const nack = new NackGenerator();
      receive(nack, 0, 1, 301);
      nack.receive(0, seqOf(302), true);

      receive(nack, 0, 600);

      expect(nack.pending).toBe(297);
      expect(collect(nack, 5)).toEqual(range(303, 599));
      expect(nack.keyframeNeeded).toBe(false);
    });
  });

  test('keeps its limits, and forgets no missing packet, on any path', () => {
    const step = fc.record({
      gap: fc.oneof(
        { weight: 10, arbitrary: fc.constant(1) },
        { weight: 3, arbitrary: fc.integer({ min: -8, max: 8 }) },
        { weight: 1, arbitrary: fc.nat(700) },
      ),
      elapsedMs: fc.oneof({ weight: 10, arbitrary: fc.nat(8) }, { weight: 1, arbitrary: fc.nat(1500) }),
      isKeyframe: fc.boolean(),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 200, size: 'max' }), fc.integer({ min: 1, max: 400 }), (steps, rttMs) => {
        const nack = new NackGenerator();
        nack.setRttMs(rttMs);
        const received = new Set<number>();
        const requests = new Map<number, number[]>();
        const out: ExtendedSeq[] = [];
        let nowMs = 0;
        let highest = 65_400;
        const collectUntil = (untilMs: number) => {
          for (let dueMs = nack.dueAt(); dueMs <= untilMs; dueMs = nack.dueAt()) {
            out.length = 0;
            nack.collect(dueMs, out);
            expect(out.every((seq, i) => !received.has(seq) && (i === 0 || seq > out[i - 1]))).toBe(true);
            for (const seq of out) {
              const times = requests.get(seq);
              if (times === undefined) requests.set(seq, [dueMs]);
              else times.push(dueMs);
            }
          }
        };
        for (const { gap, elapsedMs, isKeyframe } of steps) {
          nowMs += elapsedMs;
          collectUntil(nowMs);
          const seq = highest + gap;
          received.add(seq);
          nack.receive(nowMs, seqOf(seq), isKeyframe && gap > 0);
          highest = Math.max(highest, seq);
          expect(nack.pending <= 500 && (nack.dueAt() === Number.POSITIVE_INFINITY) === (nack.pending === 0)).toBe(true);
        }
        collectUntil(nowMs + 2000);
        expect(nack.pending).toBe(0);
        const spacingMs = Math.max(rttMs, 20) * 1.2;
        for (const times of requests.values()) {
          const isSpaced = times.every((atMs, i) => i === 0 || atMs - times[i - 1] > spacingMs - 1e-6);
          if (!isSpaced || times.length > 10 || times[times.length - 1] - times[0] > 1000) expect(times).toBe('within the limits');
        }
      }),
      { seed: 4, numRuns: 40 },
    );
  });
});
