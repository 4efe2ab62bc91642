import { LookUpBudget } from '../../src/apps/look-up-budget.ts';

const PER_SECOND = 500;

/** Asks so many times in each millisecond of the next second, and stops at its end; returns how many look-ups there were. */
function flood(budget: LookUpBudget, clock: { nowMs: number }, askers: readonly string[], triesPerMs: number): number {
  const startMs = Math.floor(clock.nowMs / 1_000) * 1_000 + 1_000;
  let granted = 0;
  for (let ms = 0; ms < 1_000; ms++) {
    clock.nowMs = startMs + ms;
    for (let attempt = 0; attempt < triesPerMs; attempt++) {
      if (budget.take(askers[(ms * triesPerMs + attempt) % askers.length] ?? '')) granted++;
    }
  }
  return granted;
}

describe('the budget of look-ups', () => {
  let clock: { nowMs: number };
  let budget: LookUpBudget;

  beforeEach(() => {
    clock = { nowMs: 0 };
    budget = new LookUpBudget(PER_SECOND, () => clock.nowMs);
  });

  test('gives all of it to a network that asks alone for a second, and half in the seconds after', () => {
    expect([1, 2, 3].map(() => flood(budget, clock, ['one'], 3))).toEqual([500, 250, 250]);
  });

  test.each([1, 10, 100, 499])('is never exceeded, and leaves a newcomer a part, while %i networks flood', (count) => {
    const askers = Array.from({ length: count }, (_unused, index) => `attacker ${index}`);
    flood(budget, clock, askers, 3);

    for (let second = 0; second < 5; second++) {
      const granted = flood(budget, clock, askers, 3);

      expect(budget.take('somebody new')).toBe(true);
      expect(granted).toBeLessThan(PER_SECOND);
    }
  });

  test('is not exceeded by more networks than it has look-ups', () => {
    const askers = Array.from({ length: 3_000 }, (_unused, index) => `attacker ${index}`);

    const granted = [1, 2, 3].map(() => flood(budget, clock, askers, 3));

    expect(granted).toEqual([500, 500, 500]);
  });

  test('is full again after a second without questions', () => {
    flood(budget, clock, ['one', 'other'], 3);
    clock.nowMs += 1_000;

    expect(flood(budget, clock, ['one'], 1)).toBe(500);
  });

  test('distinguishes 10,000 askers in a second and refuses the rest', () => {
    const roomy = new LookUpBudget(1_000_000, () => 0);

    const granted = Array.from({ length: 10_001 }, (_unused, index) => roomy.take(`asker ${index}`)).filter(Boolean);

    expect(granted).toHaveLength(10_000);
  });
});
