import fc from 'fast-check';
import { type AllocationWish, allocate, NO_GRANT } from '../../../src/congestion/allocation/allocate.ts';

const CAMERA = [150_000, 600_000, 1_750_000];

function camera(priority = 1): AllocationWish {
  return { costsBps: CAMERA, priority };
}

const arbitraryWish = fc.record({
  costsBps: fc.array(fc.integer({ min: 1, max: 1_000_000 }), { maxLength: 6 }).map((costs) => [...costs].sort((a, b) => a - b)),
  priority: fc.double({ min: 0.01, max: 1000, noNaN: true }),
});
const arbitraryWishes = fc.array(arbitraryWish, { maxLength: 8 });
const arbitraryBudget = fc.integer({ min: 0, max: 5_000_000 });

function spentBps(wishes: readonly AllocationWish[], grants: readonly number[]): number {
  return grants.reduce((sum, grant, index) => sum + (grant === NO_GRANT ? 0 : (wishes[index]?.costsBps[grant] ?? Number.NaN)), 0);
}

describe('one track', () => {
  test.each([
    [4_000_000, 2],
    [1_750_000, 2],
    [1_749_999, 1],
    [600_000, 1],
    [150_000, 0],
  ])('of %d bit/s it gets option %d, the best that fits', (budgetBps, option) => {
    expect(allocate(budgetBps, [camera()])).toEqual([option]);
  });

  test('gets its lowest option even if that does not fit', () => {
    expect(allocate(30_000, [camera()])).toEqual([0]);
  });

  test('that has no options gets nothing, and costs nobody else anything', () => {
    expect(allocate(600_000, [{ costsBps: [], priority: 9 }, camera()])).toEqual([NO_GRANT, 1]);
  });
});

describe('several tracks', () => {
  test('all get their lowest option before any gets a better one', () => {
    expect(allocate(800_000, [camera(), camera()])).toEqual([1, 0]);
    expect(allocate(700_000, [camera(), camera()])).toEqual([0, 0]);
  });

  test('of equal weight are raised in turn', () => {
    expect(allocate(1_200_000, [camera(), camera()])).toEqual([1, 1]);
    expect(allocate(2_400_000, [camera(), camera()])).toEqual([2, 1]);
  });

  test('the less important ones are left out first where not even the lowest options fit', () => {
    expect(allocate(300_000, [camera(1), camera(4), camera(2)])).toEqual([NO_GRANT, 0, 0]);
    expect(allocate(100_000, [camera(1), camera(4), camera(2)])).toEqual([NO_GRANT, 0, NO_GRANT]);
  });

  test('a cheap one still gets what a dear one before it could not use', () => {
    const share = { costsBps: [500_000], priority: 2 };

    expect(allocate(320_000, [camera(3), share, camera(1)])).toEqual([0, NO_GRANT, 0]);
  });

  test('a weight of 4 to 1 decides who is raised first', () => {
    expect(allocate(2_000_000, [camera(1), camera(4)])).toEqual([0, 2]);
    expect(allocate(2_400_000, [camera(1), camera(4)])).toEqual([1, 2]);
  });
});

test('what is granted fits, unless it is the lowest option of the most important track alone', () => {
  fc.assert(
    fc.property(arbitraryBudget, arbitraryWishes, (budgetBps, wishes) => {
      const grants = allocate(budgetBps, wishes);
      const granted = grants.flatMap((grant, index) => (grant === NO_GRANT ? [] : [{ grant, index }]));
      if (spentBps(wishes, grants) <= budgetBps) return;
      const most = Math.max(...wishes.filter(({ costsBps }) => costsBps.length > 0).map(({ priority }) => priority));
      expect(granted).toHaveLength(1);
      expect(granted[0]?.grant).toBe(0);
      expect(wishes[granted[0]?.index ?? -1]?.priority).toBe(most);
    }),
  );
});

test('nothing is left over that any track that is sent could have used', () => {
  fc.assert(
    fc.property(arbitraryBudget, arbitraryWishes, (budgetBps, wishes) => {
      const grants = allocate(budgetBps, wishes);
      const leftBps = budgetBps - spentBps(wishes, grants);
      for (const [index, grant] of grants.entries()) {
        const costs = wishes[index]?.costsBps ?? [];
        const next = costs[grant + 1];
        if (grant === NO_GRANT || next === undefined) continue;
        expect(next - (costs[grant] ?? 0)).toBeGreaterThan(leftBps);
      }
    }),
  );
});

test('something is sent whenever something can be, and a track without options never is', () => {
  fc.assert(
    fc.property(arbitraryBudget, arbitraryWishes, (budgetBps, wishes) => {
      const grants = allocate(budgetBps, wishes);
      expect(grants).toHaveLength(wishes.length);
      expect(grants.some((grant) => grant !== NO_GRANT)).toBe(wishes.some(({ costsBps }) => costsBps.length > 0));
      for (const [index, grant] of grants.entries()) expect(grant).toBeLessThan(wishes[index]?.costsBps.length || 1);
      for (const [index, grant] of grants.entries()) if (wishes[index]?.costsBps.length === 0) expect(grant).toBe(NO_GRANT);
    }),
  );
});

test('an unlimited budget gives everybody the best', () => {
  fc.assert(
    fc.property(arbitraryWishes, (wishes) => {
      expect(allocate(Number.POSITIVE_INFINITY, wishes)).toEqual(wishes.map(({ costsBps }) => costsBps.length - 1));
    }),
  );
});

test('three cameras of 4:2:1 are each within one layer of the best combination there is', () => {
  const weights = [4, 2, 1];
  const worth = (options: readonly number[]) =>
    options.reduce((sum, option, index) => sum + (weights[index] ?? 0) * Math.log(CAMERA[option] ?? Number.NaN), 0);
  for (let budgetBps = 450_000; budgetBps < 6_000_000; budgetBps += 10_000) {
    const grants = allocate(
      budgetBps,
      weights.map((priority) => camera(priority)),
    );
    let best = [0, 0, 0];
    for (let code = 0; code < 27; code++) {
      const options = [code % 3, Math.floor(code / 3) % 3, Math.floor(code / 9)];
      const costBps = options.reduce((sum, option) => sum + (CAMERA[option] ?? 0), 0);
      if (costBps <= budgetBps && worth(options) > worth(best)) best = options;
    }
    for (const [index, grant] of grants.entries()) expect(Math.abs(grant - (best[index] ?? Number.NaN))).toBeLessThanOrEqual(1);
  }
});
