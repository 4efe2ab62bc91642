import { DataBudget } from '../../src/inbound-limits.ts';
import { DEFAULT_DATA_LIMITS } from '../../src/plan.ts';

const PACKET_BYTES = 1_229;

/** How many datagrams are let in of fifty every millisecond. */
function admitted(budget: DataBudget, sizeBytes: number, forMs: number): number {
  let count = 0;
  for (let step = 0; step < forMs * 50; step++) if (budget.admit(step / 50, sizeBytes)) count++;
  return count;
}

test('full packets are let in up to the rate in bytes, and half a second of it at once', () => {
  const budget = new DataBudget(DEFAULT_DATA_LIMITS.bytesPerSecond);

  let burst = 0;
  while (budget.admit(0, PACKET_BYTES)) burst++;

  expect(burst).toBe(Math.floor(DEFAULT_DATA_LIMITS.bytesPerSecond / 2 / PACKET_BYTES));
  expect(admitted(budget, PACKET_BYTES, 2000) * PACKET_BYTES).toBeCloseTo(2 * DEFAULT_DATA_LIMITS.bytesPerSecond, -6);
});

test('short datagrams cost what their cryptography does: about 40,000 a second', () => {
  const budget = new DataBudget(DEFAULT_DATA_LIMITS.bytesPerSecond);
  while (budget.admit(0, 60));

  let count = 0;
  for (let nowMs = 1; nowMs <= 1000; nowMs++) while (budget.admit(nowMs, 60)) count++;

  expect(count).toBeGreaterThan(39_000);
  expect(count).toBeLessThan(41_000);
});
