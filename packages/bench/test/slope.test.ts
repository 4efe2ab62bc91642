import { slopeOf } from '../src/endurance/slope.ts';

test.each([
  ['a straight line', [0, 1, 2, 3].map((x) => ({ x, y: 5 + 2 * x })), 2],
  ['a level one', [0, 1, 2].map((x) => ({ x, y: 7 })), 0],
  ['a falling one', [1, 3].map((x) => ({ x, y: -x })), -1],
  ['noise around a line', [0, 1, 2, 3].map((x) => ({ x, y: x + (x % 2 === 0 ? 0.1 : -0.1) })), 0.96],
  ['a single point', [{ x: 1, y: 1 }], 0],
  ['nothing', [], 0],
])('the slope of %s', (_what, points, slope) => {
  expect(slopeOf(points)).toBeCloseTo(slope);
});
