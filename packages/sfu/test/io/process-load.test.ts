import { createHistogram } from 'node:perf_hooks';
import { lookingIntervalMs, valuesOf, workShare } from '../../src/io/process-load.ts';

test.each([
  ['nothing was slept in held turns', { active: 250, idle: 750 }, 0, 0.25],
  ['all but a little of what looked like work was sleep', { active: 950, idle: 50 }, 900, 0.05],
  ['more was slept than there was time, by the grain of two clocks', { active: 100, idle: 0 }, 100.5, 0],
  ['no time has passed', { active: 0, idle: 0 }, 0, 0],
])('work is what is neither idle nor slept: %s', (_, since, sleptMs, share) => {
  expect(workShare(since, sleptMs)).toBeCloseTo(share);
});

test('a node that has work to do is looked at ten times a second, an idle one twice', () => {
  expect([0, 0.019, 0.02, 1].map(lookingIntervalMs)).toEqual([500, 500, 100, 100]);
});

test('every value of a histogram can be read back', () => {
  const histogram = createHistogram();
  for (const value of [7, 3, 900, 3, 50]) histogram.record(value);

  expect(valuesOf(histogram)).toEqual([3, 3, 7, 50, 900]);
});

test('an empty histogram has no values', () => {
  expect(valuesOf(createHistogram())).toEqual([]);
});
