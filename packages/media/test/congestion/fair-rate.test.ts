/** The rate that TCP would have at the losses that are seen. */
import { FairRate } from '../../src/congestion/fair-rate.ts';
import { MAX_LINK_RATE_BPS, MIN_RATE_BPS } from '../../src/congestion/rate-bounds.ts';

const REPORT_MS = 50;
const RTT_MS = 300;

/** Reports for a while on a flow that sends what it may, and loses a packet every so often. @returns the rates after each report */
function rates(fair: FairRate, seconds: number, lossEveryMs: number, arrivingBps = () => fair.bps, rttMs = RTT_MS): number[] {
  const seen: number[] = [];
  for (let nowMs = REPORT_MS; nowMs <= 1000 * seconds; nowMs += REPORT_MS) {
    fair.update(nowMs, arrivingBps(), nowMs % lossEveryMs === 0 ? 1 : 0, rttMs);
    seen.push(fair.bps);
  }
  return seen;
}

test('it starts with the rate it is given', () => {
  for (const bps of [60_000, 150_000, 1_000_000, 8_000_000]) expect(new FairRate(0, bps, RTT_MS).bps / bps).toBeCloseTo(1, 5);
});

test('at the same losses it is what CUBIC has', () => {
  const lossEveryMs = 4000;
  const arrivingBps = 1_000_000;
  const fair = new FairRate(0, arrivingBps, RTT_MS);

  rates(fair, 60, lossEveryMs, () => arrivingBps);

  // A source may be between two layers, so up to four times of what arrives counts.
  const packets = (Math.min(fair.bps, 4 * arrivingBps) / 9600) * (lossEveryMs / 1000);
  const expected = ((1.054 * (packets * 0.3) ** 0.75) / 0.3) * 9600;
  expect(fair.bps / expected).toBeGreaterThan(0.85);
  expect(fair.bps / expected).toBeLessThan(1.15);
});

test('more losses lower it, and a long time without one raises it', () => {
  const fair = new FairRate(0, 600_000, RTT_MS);
  const arrivingBps = () => 600_000;
  const seldom = rates(fair, 40, 4000, arrivingBps).at(-1) ?? 0;
  const often = new FairRate(0, 600_000, RTT_MS);
  const oftenBps = rates(often, 40, 1000, arrivingBps).at(-1) ?? 0;
  const never = new FairRate(0, 600_000, RTT_MS);
  const neverBps = rates(never, 40, Number.POSITIVE_INFINITY, arrivingBps).at(-1) ?? 0;

  expect(oftenBps).toBeLessThan(0.6 * seldom);
  expect(neverBps).toBeGreaterThan(2 * seldom);
});

test('losses within one overflow count once', () => {
  const once = new FairRate(0, 600_000, RTT_MS);
  const thrice = new FairRate(0, 600_000, RTT_MS);
  for (let nowMs = 1000; nowMs <= 30_000; nowMs += REPORT_MS) {
    const sinceOverflowMs = nowMs % 5000;
    once.update(nowMs, 600_000, sinceOverflowMs === 0 ? 1 : 0, RTT_MS);
    thrice.update(nowMs, 600_000, sinceOverflowMs <= 300 ? 7 : 0, RTT_MS);
  }

  expect(thrice.bps / once.bps).toBeGreaterThan(0.9);
});

test('it does not follow the queue of a download', () => {
  const fair = new FairRate(0, 600_000, RTT_MS);
  const before = rates(fair, 20, 4000, () => 600_000).at(-1) ?? 0;

  for (let nowMs = 20_050; nowMs <= 20_500; nowMs += REPORT_MS) fair.update(nowMs, 600_000, 0, 100);

  expect(fair.bps / before).toBeLessThan(1.3);
});

test('whatever a peer reports, it stays within bounds', () => {
  const hostile = [0, -1, 1e-9, 1e18, Number.POSITIVE_INFINITY, Number.NaN];
  for (const arrivingBps of hostile) {
    for (const rttMs of hostile) {
      const fair = new FairRate(0, arrivingBps, rttMs);
      for (let nowMs = 0; nowMs < 3000; nowMs += REPORT_MS) fair.update(nowMs, arrivingBps, nowMs % 100 === 0 ? 50 : 0, rttMs);
      fair.update(-1000, arrivingBps, 1, rttMs);

      expect(fair.bps).toBeGreaterThanOrEqual(MIN_RATE_BPS);
      expect(fair.bps).toBeLessThanOrEqual(MAX_LINK_RATE_BPS);
    }
  }
});
