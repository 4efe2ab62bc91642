import fc from 'fast-check';
import { StepGuard, type StepInput } from '../../../src/congestion/allocation/step-guard.ts';

const COSTS = [150_000, 600_000, 1_750_000];

/** A track of three layers under a budget that a test sets; time passes in steps of 100 ms. */
class GuardedTrack {
  readonly #guard = new StepGuard();
  nowMs = 0;
  current: number;
  readonly steps: { readonly atMs: number; readonly to: number }[] = [];

  constructor(current: number) {
    this.current = current;
  }

  run(durationMs: number, budgetBps: number, how: Partial<StepInput> = {}): void {
    const fits = (bps: number) =>
      Math.max(
        0,
        COSTS.findLastIndex((cost) => cost <= bps),
      );
    for (const endMs = this.nowMs + durationMs; this.nowMs < endMs; this.nowMs += 100) {
      const input = {
        current: this.current,
        fitting: fits(budgetBps),
        roomy: fits(budgetBps / 1.1),
        costsBps: COSTS,
        budgetBps,
        isProven: false,
        ...how,
      };
      const to = this.#guard.decide(this.nowMs, input);
      if (to !== this.current) this.steps.push({ atMs: this.nowMs, to });
      this.current = to;
    }
  }
}

test('a layer that does not fit any more is left at once', () => {
  const track = new GuardedTrack(2);

  track.run(100, 500_000);

  expect(track.steps).toEqual([{ atMs: 0, to: 0 }]);
});

test('a better layer is taken once it has fitted for a second with room to spare', () => {
  const track = new GuardedTrack(0);
  track.run(5000, 640_000);
  const withoutRoom = track.steps.length;

  track.run(3000, 670_000);

  expect(withoutRoom).toBe(0);
  expect(track.steps).toEqual([{ atMs: 6000, to: 1 }]);
});

test('the second begins again whenever it does not fit in between', () => {
  const track = new GuardedTrack(0);
  for (let round = 0; round < 10; round++) {
    track.run(800, 700_000);
    track.run(200, 400_000);
  }

  expect(track.steps).toEqual([]);
});

test('what a probe has shown to fit is taken without waiting', () => {
  const track = new GuardedTrack(0);

  track.run(100, 4_000_000, { isProven: true });

  expect(track.steps).toEqual([{ atMs: 0, to: 2 }]);
});

test('after a step up that was taken back the next try waits for 5, 10, 20, 40, 80 and then 120 seconds', () => {
  const track = new GuardedTrack(0);
  for (let round = 0; round < 8; round++) {
    while (track.current === 0) track.run(100, 700_000);
    track.run(500, 400_000);
  }

  const ups = track.steps.filter(({ to }) => to === 1).map(({ atMs }) => atMs);
  const waits = ups.slice(1).map((atMs, index) => Math.round((atMs - (ups[index] ?? 0)) / 1000));
  // The failed step lasted for a moment, and what fits again must have fitted for a second.
  expect(waits).toEqual([6, 11, 21, 41, 81, 121, 121]);
});

test('a layer that fits for fifteen seconds at a time is not tried every sixteen', () => {
  const track = new GuardedTrack(0);
  for (let round = 0; round < 20; round++) {
    track.run(15_000, 700_000);
    track.run(1000, 590_000);
  }

  expect(track.steps.length).toBeLessThan(16);
});

test('the keyframe that a better layer begins with is not taken for its failure, and a path that narrows is', () => {
  const fitting = new GuardedTrack(0);
  while (fitting.current === 0) fitting.run(100, 700_000);
  const narrowing = new GuardedTrack(0);
  while (narrowing.current === 0) narrowing.run(100, 700_000);

  fitting.run(800, 580_000);
  fitting.run(5000, 650_000);
  narrowing.run(100, 450_000);

  expect(fitting.current).toBe(1);
  expect(narrowing.current).toBe(0);
});

test('a track that did not fit at all is tried again after five seconds, however often it has failed', () => {
  const guard = new StepGuard();
  const resumedAfterMs: number[] = [];
  let nowMs = 0;
  for (let round = 0; round < 6; round++) {
    const fromMs = nowMs;
    const input = { current: -1, fitting: 0, roomy: 0, costsBps: [150_000], budgetBps: 200_000, isProven: false };
    while (guard.decide(nowMs, input) < 0) nowMs += 100;
    resumedAfterMs.push(nowMs - fromMs);
    nowMs += 500;
    guard.decide(nowMs, { ...input, current: 0, fitting: -1, roomy: -1, budgetBps: 100_000 });
  }

  expect(Math.max(...resumedAfterMs)).toBeLessThanOrEqual(6200);
});

test('a step down that follows no recent step up is nobody’s failure', () => {
  const track = new GuardedTrack(2);
  track.run(1000, 700_000);

  track.run(1500, 4_000_000);

  expect(track.steps.at(-1)).toEqual({ atMs: 2000, to: 2 });
});

test('a layer below the one that failed is not held back', () => {
  const track = new GuardedTrack(1);
  track.run(1500, 2_000_000);
  track.run(100, 400_000);

  track.run(1500, 700_000);

  expect(track.steps.map(({ to }) => to)).toEqual([2, 0, 1]);
});

test('a path that carries far more than when the step failed is tried without waiting', () => {
  const track = new GuardedTrack(0);
  track.run(1100, 700_000);
  track.run(100, 500_000);
  const failedAtMs = track.nowMs;

  track.run(2000, 4_000_000);

  expect(track.current).toBe(2);
  expect((track.steps.at(-1)?.atMs ?? 0) - failedAtMs).toBeLessThanOrEqual(1100);
});

test('whatever the budget does, no step up comes within a second of a step down', () => {
  const budgets = fc.array(fc.record({ durationMs: fc.integer({ min: 100, max: 3000 }), bps: fc.integer({ min: 0, max: 3_000_000 }) }), {
    maxLength: 60,
  });
  fc.assert(
    fc.property(budgets, (phases) => {
      const track = new GuardedTrack(0);
      for (const { durationMs, bps } of phases) track.run(durationMs, bps);
      for (const [index, { atMs, to }] of track.steps.entries()) {
        const before = track.steps[index - 1];
        if (before !== undefined && to > before.to) expect(atMs - before.atMs).toBeGreaterThanOrEqual(1000);
      }
    }),
  );
});
