import { type ProbeOrder, ProbePlan } from '../../src/congestion/probing/probe-plan.ts';
import { ProbeResult, UNCLEAR } from '../../src/congestion/probing/probe-result.ts';
import { PROBE_BURST_MS, ProbeRun } from '../../src/congestion/probing/probe-run.ts';

const ORDER: ProbeOrder = { probe: 7, rateBps: 2_000_000, bytes: 7500, sizeBytes: 300 };

/** Sends a probe in bursts that are each `lateMs` late. @returns when each packet left */
function sendProbe(order: ProbeOrder, lateMs: number, mediaBytesPerBurst = 0): number[] {
  const run = new ProbeRun(0, order, 0);
  const sentAtMs: number[] = [];
  let bytesSent = 0;
  for (let nowMs = 0; !run.isOver(nowMs); nowMs += PROBE_BURST_MS + lateMs) {
    bytesSent += mediaBytesPerBurst;
    let burstBytes = 0;
    while (!run.isOver(nowMs) && run.isDue(nowMs, bytesSent, burstBytes)) {
      burstBytes += order.sizeBytes;
      run.note(order.sizeBytes);
      sentAtMs.push(nowMs);
    }
    bytesSent += burstBytes;
  }
  return sentAtMs;
}

test.each([0, 5])('a probe in bursts that are %i ms late shows a narrow path as narrow, and a wide one as wide', (lateMs) => {
  const sentAtMs = sendProbe(ORDER, lateMs);
  const measure = (linkBps: number) => {
    const result = new ProbeResult();
    result.begin(ORDER.probe, ORDER.bytes);
    let freeAtMs = 0;
    const outcomes = sentAtMs.map((atMs) => {
      freeAtMs = Math.max(freeAtMs, atMs) + (8000 * ORDER.sizeBytes) / linkBps;
      return result.add(ORDER.probe, atMs, freeAtMs + 20, ORDER.sizeBytes);
    });
    const outcome = outcomes.find((candidate) => candidate !== undefined);
    return outcome === UNCLEAR ? undefined : outcome;
  };

  const narrow = measure(800_000);
  const wide = measure(50_000_000);

  expect(narrow?.hasFoundLimit).toBe(true);
  expect(narrow?.rateBps).toBeGreaterThan(700_000);
  expect(narrow?.rateBps).toBeLessThan(850_000);
  expect(wide?.hasFoundLimit).toBe(false);
  expect(wide?.rateBps).toBeGreaterThan(1_500_000);
  expect(wide?.rateBps).toBeLessThan(2_200_000);
});

test('media that leaves during a probe takes the place of padding', () => {
  const alone = sendProbe(ORDER, 0).filter((atMs) => atMs < 20).length;

  const beside = sendProbe(ORDER, 0, 600).filter((atMs) => atMs < 20).length;

  expect(alone).toBeGreaterThan(15);
  expect(beside).toBeLessThan(alone - 6);
});

test('a probe that cannot be sent in time is given up', () => {
  const run = new ProbeRun(0, ORDER, 0);

  expect(run.isOver(100)).toBe(false);
  expect(run.isOver(300)).toBe(true);
});

test('a probe that arrives all at once shows nothing, and is sent again twice', () => {
  const result = new ProbeResult();
  result.begin(ORDER.probe, ORDER.bytes);
  const outcomes = sendProbe(ORDER, 0).map((atMs, index) => result.add(ORDER.probe, atMs, 100 + index / 10, ORDER.sizeBytes));
  const plan = new ProbePlan(300_000, () => 0.5);
  const first = plan.take(0, 300_000);

  const retries = [200, 400, 600].map((nowMs) => {
    plan.retry(nowMs);
    return plan.take(nowMs, 300_000)?.rateBps;
  });

  expect(outcomes.filter((outcome) => outcome !== undefined)).toEqual([UNCLEAR]);
  expect(retries).toEqual([first?.rateBps, first?.rateBps, undefined]);
});

test('nothing is probed for that nobody wants', () => {
  const plan = new ProbePlan(300_000, () => 0.5);
  plan.demandBps = 0;

  expect(plan.wantsMore(300_000)).toBe(false);
  expect(plan.take(0, 300_000)).toBeUndefined();
  plan.demandBps = 1_000_000;
  expect(plan.take(10, 300_000)?.rateBps).toBeCloseTo(1_100_000);
});
