import fc from 'fast-check';
import { ResendBudget } from '../../src/subscriber/retransmitter.ts';

/** What a stream has that sends a packet of `sizeBytes` every `intervalMs`. */
function rateBps(sizeBytes: number, intervalMs: number): number {
  return (sizeBytes * 8000) / intervalMs;
}

/** A stream that has only just begun. */
const NO_RATE_BPS = 0;

describe('ResendBudget', () => {
  test('repairs a short burst of loss at once, even at the start of a stream', () => {
    const budget = new ResendBudget();

    const allowed = Array.from({ length: 20 }, () => budget.allow(0, 1200, NO_RATE_BPS));

    expect(allowed.filter(Boolean)).toHaveLength(10);
    expect(allowed.indexOf(false)).toBe(10);
  });

  test('repairs a burst of 100 ms of a fast stream', () => {
    const budget = new ResendBudget();

    const allowed = Array.from({ length: 200 }, () => budget.allow(2000, 1200, rateBps(1200, 1))).filter(Boolean);

    expect(allowed.length).toBeGreaterThanOrEqual(98);
    expect(allowed.length).toBeLessThanOrEqual(101);
  });

  test('resends no more than a fifth of a stream to a peer that asks for everything', () => {
    const budget = new ResendBudget();
    let resentBytes = 0;

    for (let nowMs = 0; nowMs < 12_000; nowMs += 4) {
      for (let ask = 0; ask < 5; ask++) {
        // The burst that a budget begins with is not counted.
        if (budget.allow(nowMs, 1200, rateBps(1200, 4)) && nowMs >= 2000) resentBytes += 1200;
      }
    }

    const sentBytes = 2500 * 1200;
    expect(resentBytes).toBeLessThanOrEqual(sentBytes * 0.205);
    expect(resentBytes).toBeGreaterThanOrEqual(sentBytes * 0.19);
  });

  test('lets a stream on a path with 10 % loss be repaired in full', () => {
    const budget = new ResendBudget();
    let refused = 0;

    for (let i = 0; i < 5000; i++) {
      // Each loss is asked for twice: the first answer is lost as often as not.
      if (i % 10 === 0 && !budget.allow(i * 4, 1200, rateBps(1200, 4))) refused++;
      if (i % 20 === 10 && !budget.allow(i * 4, 1200, rateBps(1200, 4))) refused++;
    }

    expect(refused).toBe(0);
  });

  test('lets a thin stream be repaired: every fifth packet of audio', () => {
    const budget = new ResendBudget();
    let refused = 0;

    for (let i = 0; i < 3000; i++) {
      if (i % 5 === 0 && !budget.allow(i * 20, 150, rateBps(150, 20))) refused++;
    }

    expect(refused).toBe(0);
  });

  test('saves nothing up beyond the burst', () => {
    const budget = new ResendBudget();
    budget.allow(0, 1200, NO_RATE_BPS);

    const allowed = Array.from({ length: 100 }, () => budget.allow(3_600_000, 1200, NO_RATE_BPS)).filter(Boolean);

    expect(allowed).toHaveLength(10);
  });

  test('takes nothing for what it refuses', () => {
    const budget = new ResendBudget();
    for (let i = 0; i < 9; i++) budget.allow(0, 1200, NO_RATE_BPS);

    expect(budget.allow(0, 1500, NO_RATE_BPS)).toBe(false);
    expect(budget.allow(0, 1200, NO_RATE_BPS)).toBe(true);
  });

  test('holds to a fifth of the stream and one burst over any stretch of time', () => {
    const sentBytesPerMs = 300;
    fc.assert(
      fc.property(fc.array(fc.record({ quietMs: fc.nat(400), asks: fc.nat(60) }), { maxLength: 60, size: 'max' }), (bursts) => {
        const budget = new ResendBudget();
        const resent: { atMs: number; bytes: number }[] = [];
        let nowMs = 0;
        for (const { quietMs, asks } of bursts) {
          nowMs += quietMs;
          for (let i = 0; i < asks; i++) if (budget.allow(nowMs, 1000, sentBytesPerMs * 8000)) resent.push({ atMs: nowMs, bytes: 1000 });
        }
        let worstShare = 0;
        for (let first = 0; first < resent.length; first++) {
          let bytes = 0;
          for (let last = first; last < resent.length; last++) {
            bytes += resent[last].bytes;
            const elapsedMs = resent[last].atMs - resent[first].atMs;
            worstShare = Math.max(worstShare, bytes / (100 * sentBytesPerMs + 0.2 * sentBytesPerMs * elapsedMs));
          }
        }
        expect(worstShare).toBeLessThanOrEqual(1 + 1e-9);
      }),
      { seed: 11, numRuns: 60 },
    );
  });
});
