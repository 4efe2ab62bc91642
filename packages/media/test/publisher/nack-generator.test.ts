import { type ExtendedSeq, SequenceUnwrapper, toSeq16 } from '@causeway/wire';
import fc from 'fast-check';
import { MissingPackets, NackGenerator, ReorderGuard } from '../../src/publisher/nack-generator.ts';
import { collect, range, receive, seqOf } from './nack-feed.ts';

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
          expect(nack.pending <= 500 && (nack.pending === 0 || nack.dueAt() < Number.POSITIVE_INFINITY)).toBe(true);
        }
        collectUntil(nowMs + 2000);
        expect(nack.pending).toBe(0);
        expect(nack.dueAt()).toBe(Number.POSITIVE_INFINITY);
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

function add(missing: MissingPackets, ...seqs: number[]): void {
  for (const seq of seqs) missing.add(seq, seq * 10, seq * 100, seq * 1000);
}

function seqsOf(missing: MissingPackets): number[] {
  return Array.from(missing.seq.subarray(0, missing.count));
}

describe('MissingPackets', () => {
  test('finds the row of a packet, or none', () => {
    const missing = new MissingPackets();
    add(missing, 3, 7, 8, 20);

    expect([3, 7, 8, 20].map((seq) => missing.rowOf(seq))).toEqual([0, 1, 2, 3]);
    expect([0, 4, 19, 21].map((seq) => missing.rowOf(seq))).toEqual([-1, -1, -1, -1]);
  });

  test('keeps the columns of a row together when others are removed', () => {
    const missing = new MissingPackets();
    add(missing, 3, 7, 8, 20);
    missing.tries[3] = 4;
    missing.askedAtMs[3] = 55;

    missing.remove(1);

    expect(seqsOf(missing)).toEqual([3, 8, 20]);
    const { missedAtMs, missedAtArrival, dueAtMs, askedAtMs, tries } = missing;
    expect([missedAtMs[2], missedAtArrival[2], dueAtMs[2], askedAtMs[2], tries[2]]).toEqual([200, 2000, 20_000, 55, 4]);
  });

  test('removes everything below a number', () => {
    const missing = new MissingPackets();
    add(missing, 3, 7, 8, 20);

    missing.removeBefore(8);
    expect(seqsOf(missing)).toEqual([8, 20]);

    missing.removeBefore(Number.NEGATIVE_INFINITY);
    expect(seqsOf(missing)).toEqual([8, 20]);

    missing.removeBefore(100);
    expect(seqsOf(missing)).toEqual([]);
  });

  test("does not hand a removed packet's tries to the next one added", () => {
    const missing = new MissingPackets();
    add(missing, 1);
    missing.tries[0] = 9;
    missing.remove(0);

    add(missing, 2);

    expect(missing.tries[0]).toBe(0);
  });

  test('agrees with a plain list while it grows and shrinks', () => {
    const step = fc.oneof(
      fc.record({ kind: fc.constant('add' as const), value: fc.integer({ min: 1, max: 5 }) }),
      fc.record({ kind: fc.constant('remove' as const), value: fc.nat(99) }),
      fc.record({ kind: fc.constant('removeBefore' as const), value: fc.nat(20) }),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 300, size: 'max' }), (steps) => {
        const missing = new MissingPackets();
        let model: number[] = [];
        let next = 0;
        for (const { kind, value } of steps) {
          if (kind === 'add') {
            for (let i = 0; i < 10; i++) {
              next += value;
              add(missing, next);
              model.push(next);
            }
          } else if (kind === 'remove' && model.length > 0) {
            const seq = model[value % model.length];
            missing.remove(missing.rowOf(seq));
            model = model.filter((other) => other !== seq);
          } else if (kind === 'removeBefore') {
            missing.removeBefore(next - value * 5);
            model = model.filter((seq) => seq >= next - value * 5);
          }
          expect(seqsOf(missing)).toEqual(model);
        }
        for (let row = 0; row < missing.count; row++) expect(missing.dueAtMs[row]).toBe(missing.seq[row] * 1000);
      }),
      { seed: 3, numRuns: 50 },
    );
  });
});

describe('ReorderGuard', () => {
  test('waits 5 ms or three newer packets on a path that keeps order', () => {
    const guard = new ReorderGuard();

    expect(guard.delayMs(0)).toBe(5);
    expect(guard.newerPackets(0)).toBe(3);
  });

  test('waits longer after a packet was late, up to 40 ms', () => {
    const guard = new ReorderGuard();

    guard.recordLate(100, 8, 2);
    expect(guard.delayMs(101)).toBe(12);
    expect(guard.newerPackets(101)).toBe(3);

    guard.recordLate(200, 50, 2);
    expect(guard.delayMs(201)).toBe(40);
  });

  test('does not forget a long delay because of a shorter one', () => {
    const guard = new ReorderGuard();
    guard.recordLate(100, 12, 2);

    guard.recordLate(200, 1, 1);

    expect(guard.delayMs(201)).toBe(18);
  });

  test('stops counting newer packets on a path that overtakes by three or more', () => {
    const guard = new ReorderGuard();

    guard.recordLate(100, 2, 3);
    guard.recordLate(150, 2, 1);

    expect(guard.newerPackets(151)).toBe(Number.POSITIVE_INFINITY);
  });

  test('trusts the path again after ten seconds in order', () => {
    const guard = new ReorderGuard();
    guard.recordLate(100, 15, 9);

    expect(guard.delayMs(10_099)).toBe(22.5);
    expect(guard.delayMs(10_100)).toBe(5);
    expect(guard.newerPackets(10_100)).toBe(3);
  });
});
