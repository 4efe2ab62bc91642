import { RepairRate } from '../../../src/congestion/allocation/repair-rate.ts';

test('comes to what is sent again, within seconds, and goes back when nothing is', () => {
  const rate = new RepairRate();
  const seen: number[] = [];
  for (let nowMs = 0; nowMs <= 20_000; nowMs += 500) seen.push(rate.update(nowMs, Math.min(nowMs, 10_000) * 5));

  expect(seen[0]).toBe(0);
  expect(seen[20]).toBeGreaterThan(35_000);
  expect(seen[20]).toBeLessThanOrEqual(40_000);
  expect(seen[40]).toBeLessThan(2000);
});

test('several looks in a moment are one, and a track that ends is no repair', () => {
  const rate = new RepairRate();
  rate.update(0, 0);
  const first = rate.update(1000, 10_000);

  expect(rate.update(1000, 20_000)).toBe(first);
  expect(rate.update(1500, 0)).toBeLessThan(first);
  expect(rate.update(1500, 0)).toBeGreaterThan(0);
});
