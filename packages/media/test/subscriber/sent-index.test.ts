import type { ExtendedSeq } from '@causeway/wire';
import fc from 'fast-check';
import { SentIndex } from '../../src/subscriber/sent-index.ts';

const RTT_MS = 100;

function seqOf(value: number): ExtendedSeq {
  return value as ExtendedSeq;
}

function noteRange(index: SentIndex, from: number, to: number, epoch = 1): void {
  for (let seq = from; seq <= to; seq++) index.note(0, seqOf(seq), seqOf(seq + 50_000), epoch);
}

/** Asks for a packet as a NACK does. @returns whether it was sent again */
function ask(index: SentIndex, nowMs: number, seq: number, rttMs = RTT_MS): boolean {
  if (!index.find(seqOf(seq)) || !index.mayResend(nowMs, rttMs)) return false;
  index.noteResent(nowMs);
  return true;
}

describe('SentIndex', () => {
  test('finds which source packet a number carried', () => {
    const index = new SentIndex(256);
    index.note(0, seqOf(10), seqOf(70_000), 3);

    expect(index.find(seqOf(10))).toBe(true);

    expect(index.sourceSeq).toBe(70_000);
    expect(index.epoch).toBe(3);
  });

  test('finds nothing before the first packet, and nothing that was not sent', () => {
    const index = new SentIndex(256);
    expect([0, -1, -20].map((seq) => index.find(seqOf(seq)))).toEqual([false, false, false]);

    index.note(0, seqOf(10), seqOf(1), 1);
    index.note(0, seqOf(13), seqOf(4), 1);

    expect([9, 11, 12, 14].map((seq) => index.find(seqOf(seq)))).toEqual([false, false, false, false]);
  });

  test('takes late packets', () => {
    const index = new SentIndex(256);
    index.note(0, seqOf(10), seqOf(1), 1);
    index.note(0, seqOf(13), seqOf(4), 1);

    index.note(0, seqOf(12), seqOf(3), 1);

    expect(index.find(seqOf(12))).toBe(true);
    expect(index.sourceSeq).toBe(3);
  });

  test('takes the request for a packet that was sent late for one that crossed it, until a round trip has passed', () => {
    const index = new SentIndex(256);
    index.note(0, seqOf(10), seqOf(1), 1);
    index.note(0, seqOf(13), seqOf(4), 1);
    index.note(500, seqOf(12), seqOf(3), 1);

    expect(ask(index, 500 + RTT_MS - 1, 12)).toBe(false);
    expect(ask(index, 500 + RTT_MS, 12)).toBe(true);
    expect(ask(index, 500 + 2 * RTT_MS, 12)).toBe(true);
    expect(ask(index, 500 + 3 * RTT_MS, 12)).toBe(true);
    expect(ask(index, 500 + 4 * RTT_MS, 12)).toBe(false);
  });

  test('reaches exactly as far back as it was told', () => {
    const index = new SentIndex(1024);
    noteRange(index, 1, 5000);

    expect(index.find(seqOf(5000 - 1023))).toBe(true);
    expect(index.find(seqOf(5000 - 1024))).toBe(false);
  });

  test('starts small and grows with the stream up to the window', () => {
    const index = new SentIndex(256);
    expect(index.capacity).toBe(64);

    noteRange(index, 1, 64);
    expect(index.capacity).toBe(64);

    noteRange(index, 65, 100);
    expect(index.capacity).toBe(128);

    noteRange(index, 101, 10_000);
    expect(index.capacity).toBe(256);
  });

  test('forgets nothing when it grows', () => {
    const index = new SentIndex(1024);
    noteRange(index, 1, 60);
    ask(index, 0, 50);

    noteRange(index, 61, 900);

    expect(index.find(seqOf(1))).toBe(true);
    expect(index.sourceSeq).toBe(50_001);
    expect(ask(index, 50, 50)).toBe(false);
    expect(ask(index, 100, 50)).toBe(true);
  });

  test('does not show what was sent a window ago in place of a number left out', () => {
    const index = new SentIndex(256);
    noteRange(index, 1, 300);

    index.note(0, seqOf(310), seqOf(1), 1);

    expect([301, 305, 309].map((seq) => index.find(seqOf(seq)))).toEqual([false, false, false]);
    expect(index.find(seqOf(310))).toBe(true);
    expect(index.find(seqOf(300))).toBe(true);
  });

  test('survives a jump of more than the window', () => {
    const index = new SentIndex(256);
    noteRange(index, 1, 300);

    index.note(0, seqOf(10_000), seqOf(1), 1);

    expect(index.find(seqOf(300))).toBe(false);
    expect(index.find(seqOf(9_900))).toBe(false);
    expect(index.find(seqOf(10_000))).toBe(true);
  });

  describe('answers', () => {
    test('are given at once the first time', () => {
      const index = new SentIndex(256);
      noteRange(index, 1, 10);

      expect(ask(index, 1000, 5)).toBe(true);
    });

    test('are given again only after one round trip', () => {
      const index = new SentIndex(256);
      noteRange(index, 1, 10);
      ask(index, 1000, 5);

      expect(ask(index, 1099, 5)).toBe(false);
      expect(ask(index, 1100, 5)).toBe(true);
    });

    test('are at least 20 ms apart, however short the round trip', () => {
      const index = new SentIndex(256);
      noteRange(index, 1, 10);
      ask(index, 1000, 5, 1);

      expect(ask(index, 1019, 5, 1)).toBe(false);
      expect(ask(index, 1020, 5, 1)).toBe(true);
    });

    test('are three a packet and no more', () => {
      const index = new SentIndex(256);
      noteRange(index, 1, 10);

      const given = Array.from({ length: 100 }, (_, i) => ask(index, i * 1000, 5)).filter(Boolean);

      expect(given).toHaveLength(3);
    });

    test('are counted for each packet by itself', () => {
      const index = new SentIndex(256);
      noteRange(index, 1, 10);

      expect([5, 6, 7].map((seq) => ask(index, 1000, seq))).toEqual([true, true, true]);
      expect([5, 6, 7].map((seq) => ask(index, 1050, seq))).toEqual([false, false, false]);
    });

    test('count again for the packet that takes the slot', () => {
      const index = new SentIndex(256);
      noteRange(index, 1, 256);
      for (let i = 0; i < 3; i++) ask(index, i * 1000, 5);

      noteRange(index, 257, 300);

      expect(ask(index, 2001, 5 + 256)).toBe(true);
    });

    test('not given do not count', () => {
      const index = new SentIndex(256);
      noteRange(index, 1, 10);

      for (let i = 0; i < 10; i++) {
        index.find(seqOf(5));
        index.mayResend(1000, RTT_MS);
      }

      expect(ask(index, 1000, 5)).toBe(true);
    });
  });

  test('agrees with a plain map of the last packets', () => {
    const step = fc.record({
      advance: fc.oneof({ weight: 9, arbitrary: fc.integer({ min: -30, max: 3 }) }, { weight: 1, arbitrary: fc.nat(400) }),
    });
    fc.assert(
      fc.property(fc.array(step, { minLength: 1, maxLength: 400, size: 'max' }), (steps) => {
        const index = new SentIndex(256);
        const model = new Map<number, number>();
        let highest = 65_500;
        steps.forEach(({ advance }, turn) => {
          const seq = Math.max(highest + advance, 65_500);
          index.note(0, seqOf(seq), seqOf(turn), (turn % 65_535) + 1);
          model.set(seq, turn);
          highest = Math.max(highest, seq);
        });
        for (let seq = highest - 300; seq <= highest + 5; seq++) {
          const turn = seq > highest - 256 ? model.get(seq) : undefined;
          expect(index.find(seqOf(seq))).toBe(turn !== undefined);
          if (turn !== undefined) expect([index.sourceSeq, index.epoch]).toEqual([turn, turn + 1]);
        }
      }),
      { seed: 10, numRuns: 60 },
    );
  });

  test('sends a packet again up to ten times on a link, three times elsewhere', () => {
    const answers = [true, false].map((isLink) => {
      const index = new SentIndex(256, { isLink });
      noteRange(index, 0, 10);
      return Array.from({ length: 20 }, (_, asked) => ask(index, 1000 * asked, 5)).filter(Boolean).length;
    });

    expect(answers).toEqual([10, 3]);
  });
});
