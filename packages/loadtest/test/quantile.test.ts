import { quantile } from '../src/load/packet-tally.ts';

describe('quantile', () => {
  test('takes the nearest rank, whatever the order of the samples', () => {
    const samples = [5, 1, 4, 2, 3, 10, 9, 8, 7, 6];

    expect([0, 0.1, 0.5, 0.9, 0.91, 1].map((share) => quantile(samples, share))).toEqual([1, 1, 5, 9, 10, 10]);
  });

  test('sorts samples as numbers, not as text', () => {
    expect(quantile([9, 10, 100], 0.5)).toBe(10);
  });

  test('does not change the samples', () => {
    const samples = [3, 1, 2];
    quantile(samples, 0.5);

    expect(samples).toEqual([3, 1, 2]);
  });

  test('throws if there are no samples', () => {
    expect(() => quantile([], 0.5)).toThrow(RangeError);
  });
});
