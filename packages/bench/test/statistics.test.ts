import { quotientOfTotals, spreadOf } from '../src/measure/statistics.ts';
import { formatQuotient } from '../src/report/figures.ts';

describe('spreadOf', () => {
  test('of an odd number of samples has the one in the middle as its median', () => {
    expect(spreadOf([9, 10, 1])).toEqual({ median: 9, lowest: 1, highest: 10 });
  });

  test('of an even number takes the mean of the two in the middle', () => {
    expect(spreadOf([4, 1, 3, 100]).median).toBe(3.5);
  });

  test('of one sample is that sample', () => {
    expect(spreadOf([7])).toEqual({ median: 7, lowest: 7, highest: 7 });
  });

  test('of nothing is refused', () => {
    expect(() => spreadOf([])).toThrow(RangeError);
  });
});

test('the quotient of differences is told of all rounds together, not as a mean of quotients', () => {
  expect(quotientOfTotals([9, 1, 5], [1, 9, 5])).toBe(1);
});

test('a quotient is written with the range of single rounds, where there are several', () => {
  expect(formatQuotient([9, 1, 5], [1, 9, 5])).toBe('1.00 (0.11-9.00)');
  expect(formatQuotient([3], [2])).toBe('1.50');
});
