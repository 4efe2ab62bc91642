import { type ExtendedSeq, SequenceUnwrapper, toSeq16 } from '@causeway/wire';
import fc from 'fast-check';
import { NackGenerator } from '../../src/publisher/nack-generator.ts';
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
