import { type ProbeOrder, ProbePlan } from '../../src/congestion/probing/probe-plan.ts';
import { type ProbeOutcome, ProbeResult, UNCLEAR } from '../../src/congestion/probing/probe-result.ts';
import { PROBE_BURST_MS, ProbeRun } from '../../src/congestion/probing/probe-run.ts';

const ORDER: ProbeOrder = { probe: 7, rateBps: 2_000_000, bytes: 10_000, sizeBytes: 400 };
const BASE_MS = 20;

/** Sends a probe in bursts that are each `lateMs` late. @returns when each packet left */
function sendProbe(order: ProbeOrder, lateMs: number, mediaBytesPerBurst = 0): number[] {
  const run = new ProbeRun(0, order, 0);
  const sentAtMs: number[] = [];
  let bytesSent = 0;
  for (let nowMs = 0; !run.isOver(nowMs, bytesSent); nowMs += PROBE_BURST_MS + lateMs) {
    bytesSent += mediaBytesPerBurst;
    while (!run.isOver(nowMs, bytesSent) && run.isDue(nowMs, bytesSent)) {
      bytesSent += order.sizeBytes;
      sentAtMs.push(nowMs);
    }
  }
  return sentAtMs;
}

/** When packets arrive behind a link, at a machine that sees nothing from `stalledFromMs` until `stalledToMs` after the probe has begun. */
function arrivals(sentAtMs: readonly number[], linkBps: number, stalledFromMs = 0, stalledToMs = 0): number[] {
  let freeAtMs = 0;
  return sentAtMs.map((atMs) => {
    freeAtMs = Math.max(freeAtMs, atMs) + (8000 * ORDER.sizeBytes) / linkBps;
    const arrivedAtMs = freeAtMs + BASE_MS;
    return arrivedAtMs >= BASE_MS + stalledFromMs ? Math.max(arrivedAtMs, BASE_MS + stalledToMs) : arrivedAtMs;
  });
}

function evaluate(sentAtMs: readonly number[], arrivedAtMs: readonly number[]) {
  const result = new ProbeResult();
  result.begin(ORDER);
  const outcomes = sentAtMs.map((atMs, index) => result.add(ORDER.probe, atMs, arrivedAtMs[index] ?? 0, ORDER.sizeBytes, BASE_MS));
  return outcomes.filter((outcome) => outcome !== undefined);
}

test.each([0, 5])('a probe in bursts that are %i ms late shows a narrow path as narrow, and a wide one as wide', (lateMs) => {
  const sentAtMs = sendProbe(ORDER, lateMs);

  const narrow = evaluate(sentAtMs, arrivals(sentAtMs, 800_000));
  const wide = evaluate(sentAtMs, arrivals(sentAtMs, 50_000_000));

  expect(narrow).toEqual([{ rateBps: expect.closeTo(720_000, -5), hasFoundLimit: true, isNarrow: true }]);
  expect(wide).toEqual([{ rateBps: expect.closeTo(1_960_000, -5), hasFoundLimit: false, isNarrow: false }]);
});

test.each([
  ['at the beginning', -5, 12],
  ['in the middle', 12, 25],
  ['near the end', 20, 30],
])('a machine that is held up %s does not make a wide path narrow', (_, fromMs, toMs) => {
  const sentAtMs = sendProbe(ORDER, 0);

  const [outcome] = evaluate(sentAtMs, arrivals(sentAtMs, 50_000_000, fromMs, toMs));

  expect(outcome).toEqual({ rateBps: expect.any(Number), hasFoundLimit: false, isNarrow: false });
  expect((outcome as ProbeOutcome).rateBps).toBeGreaterThan(1_500_000);
});

test.each([
  ['at the beginning', -5, 25],
  ['in the middle', 30, 60],
])('nor a narrow one wide: held up %s', (_, fromMs, toMs) => {
  const sentAtMs = sendProbe(ORDER, 0);

  const [outcome] = evaluate(sentAtMs, arrivals(sentAtMs, 800_000, fromMs, toMs));

  if (outcome !== UNCLEAR) expect(outcome?.rateBps).toBeLessThan(1_000_000);
});

test('media that leaves during a probe takes the place of padding', () => {
  const alone = sendProbe(ORDER, 0).filter((atMs) => atMs < 20).length;

  const beside = sendProbe(ORDER, 0, 600).filter((atMs) => atMs < 20).length;

  expect(alone).toBeGreaterThan(11);
  expect(beside).toBeLessThan(alone - 4);
});

test('a probe that cannot be sent in time is given up', () => {
  const run = new ProbeRun(0, ORDER, 0);

  expect(run.isOver(100, 5000)).toBe(false);
  expect(run.isOver(300, 5000)).toBe(true);
});

test('a probe that arrives all at once shows nothing, and is sent again twice', () => {
  const sentAtMs = sendProbe(ORDER, 0);
  const outcomes = evaluate(
    sentAtMs,
    sentAtMs.map((_, index) => 100 + index / 10),
  );
  const plan = new ProbePlan(300_000, () => 0.5);
  const first = plan.take(0, 300_000);

  const retries = [200, 400, 600].map((nowMs) => {
    plan.retry(nowMs);
    return plan.take(nowMs, 300_000)?.rateBps;
  });

  expect(outcomes).toEqual([UNCLEAR]);
  expect(retries).toEqual([first?.rateBps, first?.rateBps, undefined]);
});

test('nothing is probed for that nobody wants', () => {
  const plan = new ProbePlan(300_000, () => 0.5);
  plan.demandBps = 0;

  expect(plan.wantsMore(300_000)).toBe(false);
  expect(plan.take(0, 300_000)).toBeUndefined();
  plan.demandBps = 1_000_000;
  expect(plan.take(10, 300_000)?.rateBps).toBeCloseTo(1_300_000);
});

test('raises that the path disproves come less often and in smaller steps, until one lasts', () => {
  const plan = new ProbePlan(300_000, () => 0.5);
  let nowMs = 0;
  const nextProbe = (): ProbeOrder => {
    for (; ; nowMs += 50) {
      const order = plan.take(nowMs, 2_000_000);
      if (order !== undefined) return order;
    }
  };
  const raise = (hasFoundLimit: boolean): number => {
    const { rateBps } = nextProbe();
    plan.succeed(rateBps, hasFoundLimit, 2_000_000, nowMs);
    plan.noteRaise(nowMs);
    return rateBps;
  };
  plan.giveUp(nowMs);

  const steps = Array.from({ length: 3 }, () => {
    const beganMs = nowMs;
    const rateBps = raise(false);
    const waitedMs = nowMs - beganMs;
    nowMs += 500;
    plan.giveUp(nowMs);
    return { rateBps, waitedMs };
  });
  const sentMs = nowMs;
  raise(true);
  const waitedMs = nowMs - sentMs;
  nextProbe();
  plan.succeed(2_200_000, true, 2_000_000, nowMs);
  nowMs += 5000;
  const afterwards = nextProbe().rateBps;

  expect(steps.map(({ rateBps }) => rateBps)).toEqual([3_000_000, 2_200_000, 2_200_000]);
  expect(steps[1]?.waitedMs).toBeCloseTo(4000, -2);
  expect(steps[2]?.waitedMs).toBeCloseTo(6000, -2);
  expect(waitedMs).toBeCloseTo(6000, -2);
  expect(afterwards).toBe(3_000_000);
});

test('steps on a shared path grow from the third probe in a row that has found no limit', () => {
  const plan = new ProbePlan(300_000, () => 0.5);
  plan.take(0, 300_000);
  plan.noteRaise(0);
  plan.giveUp(500);
  const ratesBps: number[] = [];
  let estimateBps = 2_000_000;
  for (let nowMs = 10_000; ratesBps.length < 5; nowMs += 50) {
    plan.noteRaise(nowMs);
    const order = plan.take(nowMs, estimateBps);
    if (order === undefined) continue;
    ratesBps.push(order.rateBps);
    plan.succeed(order.rateBps, false, estimateBps, nowMs + 200);
    estimateBps = order.rateBps;
  }

  expect(ratesBps).toEqual([2_200_000, 2_420_000, 2_662_000, 3_062_000, 3_862_000]);
});

test('a limit where none was known of is looked at again at once, and one that is known is not', () => {
  const plan = new ProbePlan(300_000, () => 0.5);
  plan.take(0, 300_000);
  const isConfirmedAtFirst = plan.succeed(900_000, true, 300_000, 150);

  const doubted = plan.take(150, 900_000);
  const isConfirmed = plan.succeed(880_000, true, 900_000, 300);
  const known = plan.take(300, 900_000);

  expect(isConfirmedAtFirst).toBe(false);
  expect(doubted?.rateBps).toBe(1_350_000);
  expect(isConfirmed).toBe(true);
  expect(known).toBeUndefined();
});

test('a frame that leaves during a probe does not make a path narrow that carries both', () => {
  const sentAtMs = sendProbe(ORDER, 0);
  const middle = Math.floor(sentAtMs.length / 4);
  const frame = new Array<number>(7).fill(sentAtMs[middle] ?? 0);
  const sent = [...sentAtMs.slice(0, middle), ...frame, ...sentAtMs.slice(middle)];
  const arrived = sent.map((atMs, index) => BASE_MS + atMs + (index >= middle ? 4 : 0));

  const [outcome] = evaluate(sent, arrived);

  expect(outcome).toMatchObject({ hasFoundLimit: false });
});
