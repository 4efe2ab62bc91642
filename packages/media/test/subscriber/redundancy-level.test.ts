import { RedundancyLevel } from '../../src/subscriber/redundancy.ts';

const SOUND_BPS = 50_000;

/** Reports the same loss twice a second. @returns the levels that were chosen */
function report(level: RedundancyLevel, fromMs: number, durationMs: number, loss: number | undefined, limitBps?: number): number[] {
  const levels: number[] = [];
  for (let nowMs = fromMs; nowMs < fromMs + durationMs; nowMs += 500) {
    level.decide(nowMs, loss, SOUND_BPS, limitBps);
    levels.push(level.value);
  }
  return levels;
}

test.each([
  [undefined, 0],
  [0, 0],
  [0.019, 0],
  [0.021, 1],
  [0.09, 1],
  [0.11, 2],
  [1, 2],
])('a lasting loss of %d asks for %i earlier packets', (loss, levels) => {
  expect(report(new RedundancyLevel(), 0, 20_000, loss).at(-1)).toBe(levels);
});

test('a loss of 5% is answered within 2.5 s, and a single second of 8% not at all', () => {
  expect(report(new RedundancyLevel(), 0, 2500, 0.05).at(-1)).toBe(1);
  const level = new RedundancyLevel();
  expect([...report(level, 0, 1000, 0.08), ...report(level, 1000, 5000, 0)].every((value) => value === 0)).toBe(true);
});

test('each packet less needs ten seconds with less than half of the loss', () => {
  const level = new RedundancyLevel();
  report(level, 0, 20_000, 0.12);

  expect(report(level, 20_000, 30_000, 0.06).at(-1)).toBe(2);
  const calm = report(level, 50_000, 30_000, 0);
  const [one, none] = [calm.indexOf(1), calm.indexOf(0)];
  expect(one).toBeGreaterThanOrEqual(20);
  expect(one).toBeLessThanOrEqual(24);
  expect(none - one).toBeGreaterThanOrEqual(20);
  expect(none - one).toBeLessThanOrEqual(34);
});

test('a loss in between starts the ten seconds again', () => {
  const level = new RedundancyLevel();
  report(level, 0, 10_000, 0.03);
  report(level, 10_000, 8000, 0);
  report(level, 18_000, 6000, 0.019);

  expect(report(level, 24_000, 9000, 0).at(-1)).toBe(1);
  expect(report(level, 33_000, 8000, 0).at(-1)).toBe(0);
});

test.each([
  [1_000_000, 2],
  [300_000, 2],
  [299_000, 1],
  [200_000, 1],
  [199_000, 0],
  [30_000, 0],
])('on a path of %d bit/s, sound of 50 kbit/s has %i earlier packets, so that it takes at most half', (limitBps, levels) => {
  expect(report(new RedundancyLevel(), 0, 5000, 0.2, limitBps).at(-1)).toBe(levels);
});
