/** The rate that loss allows: what lowers it, and what raises it again. */
import { LossLimit } from '../../src/congestion/loss-limit.ts';

const REPORT_MS = 100;
const PACKETS = 20;
const ARRIVING_BPS = 1_000_000;

/** Reports on a path behind which a policer loses a third of what is sent, for a second. */
function limited(): LossLimit {
  const limit = new LossLimit();
  report(limit, 0, 1000, PACKETS / 3, true);
  return limit;
}

function report(limit: LossLimit, fromMs: number, toMs: number, lost: number, isUsed: boolean): void {
  const seen = { arrivingBps: ARRIVING_BPS, queueDelayMs: 0, isUsed };
  for (let nowMs = fromMs; nowMs < toMs; nowMs += REPORT_MS) limit.update(nowMs, { ...seen, received: PACKETS - lost, lost });
}

test('there is none while little is lost', () => {
  const limit = new LossLimit();
  report(limit, 0, 10_000, 0, true);

  expect(limit.limitBps).toBe(Number.POSITIVE_INFINITY);
});

test('it falls below what arrives when much is lost, and rises while it is used and nothing is lost', () => {
  const limit = limited();
  const fallenBps = limit.limitBps;
  report(limit, 1000, 11_000, 0, true);

  expect(fallenBps).toBeLessThan(ARRIVING_BPS);
  expect(limit.limitBps / fallenBps).toBeGreaterThan(1.08 ** 8);
  expect(limit.limitBps / fallenBps).toBeLessThan(1.08 ** 11);
});

test('it does not rise while less is sent, which shows nothing, but a probe raises it', () => {
  const limit = limited();
  const fallenBps = limit.limitBps;
  report(limit, 1000, 11_000, 0, false);
  const unusedBps = limit.limitBps;
  limit.raiseTo(2 * ARRIVING_BPS);

  expect(unusedBps).toBe(fallenBps);
  expect(limit.limitBps).toBe(2 * ARRIVING_BPS);
});

test('it rises no more over a minute without packets than over two seconds with them', () => {
  const limit = limited();
  const fallenBps = limit.limitBps;
  report(limit, 60_000, 60_100, 0, true);

  expect(limit.limitBps / fallenBps).toBeGreaterThan(1);
  expect(limit.limitBps / fallenBps).toBeLessThan(1.08 ** 2.1);
});
