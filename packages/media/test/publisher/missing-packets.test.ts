import fc from 'fast-check';
import { MissingPackets } from '../../src/publisher/missing-packets.ts';

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
