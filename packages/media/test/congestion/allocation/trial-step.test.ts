import { TrialStep } from '../../../src/congestion/allocation/trial-step.ts';

const LAYERS = [150_000, 600_000, 1_750_000];

/** A receiver that names an estimate: 8% a second more, but no more than half again of what it gets, and no more than the path carries. */
function watch(capacityBps: number, seconds: number, startBps: number) {
  const trial = new TrialStep();
  let estimateBps = startBps;
  const sent: number[] = [];
  for (let nowMs = 0; nowMs < 1000 * seconds; nowMs += 500) {
    const granted = Math.max(
      0,
      LAYERS.findLastIndex((cost) => cost <= estimateBps),
    );
    const [grantedBps = 0, nextBps = grantedBps] = LAYERS.slice(granted);
    const allowedBps = trial.update(nowMs, { budgetBps: estimateBps, grantedBps, nextBps, isOverusing: false });
    const sentBps = LAYERS.findLast((cost) => cost <= allowedBps) ?? LAYERS[0] ?? 0;
    sent.push(sentBps);
    if (sentBps > capacityBps) estimateBps = Math.min(estimateBps, 0.85 * capacityBps);
    else estimateBps = Math.max(estimateBps, Math.min(estimateBps * 1.04, 1.5 * sentBps));
  }
  return sent;
}

test('finds the best layer on a wide path, step by step', () => {
  const sent = watch(5_000_000, 60, 200_000);

  expect(sent[0]).toBe(150_000);
  expect(sent.at(-1)).toBe(1_750_000);
  expect(sent.indexOf(1_750_000) / 2).toBeLessThan(30);
});

test('on a narrow path tries what does not fit ever less often', () => {
  const sent = watch(500_000, 300, 200_000);

  const tries = sent.flatMap((bps, index) => (bps > 500_000 && (sent[index - 1] ?? 0) <= 500_000 ? [index / 2] : []));
  const waits = tries.slice(1).map((at, index) => at - (tries[index] ?? 0));
  expect(tries.length).toBeGreaterThan(3);
  expect(tries.length).toBeLessThan(10);
  expect(waits).toEqual([...waits].sort((a, b) => a - b));
  expect(sent.filter((bps) => bps > 500_000).length).toBeLessThan(0.06 * sent.length);
});

test('tries nothing while a queue grows, nor where there is nothing better', () => {
  const trial = new TrialStep();
  const busy = { budgetBps: 200_000, grantedBps: 150_000, nextBps: 600_000, isOverusing: true };
  const best = { budgetBps: 2_000_000, grantedBps: 1_750_000, nextBps: 1_750_000, isOverusing: false };
  for (let nowMs = 0; nowMs < 60_000; nowMs += 500) {
    expect(trial.update(nowMs, busy)).toBe(200_000);
    expect(new TrialStep().update(nowMs, best)).toBe(2_000_000);
  }
});
