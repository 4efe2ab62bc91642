/** How long packets wait, by their transit times alone. */
import { QueueDelay } from '../../src/congestion/delay/queue-delay.ts';

const REPORT_MS = 100;
const BASE_MS = 500;

/** Reports for a while, with the queue that each packet meets. @returns what it was taken for at the end */
function reportFor(delay: QueueDelay, fromMs: number, toMs: number, queueMs: (nowMs: number) => number): number {
  for (let nowMs = fromMs; nowMs < toMs; nowMs += REPORT_MS) {
    delay.begin();
    for (const afterMs of [0, 30, 60]) delay.add(nowMs + afterMs, nowMs + afterMs + BASE_MS + queueMs(nowMs + afterMs));
  }
  return delay.ms;
}

/** The queue of a download: 200 ms after each loss, and 300 before the next. */
const sawtoothMs = (nowMs: number) => 200 + 100 * ((nowMs % 5000) / 5000);

test('a queue is what comes on top of the shortest transit of the last seconds, whatever the clocks', () => {
  const delay = new QueueDelay();

  expect(reportFor(delay, 0, 5000, () => 0)).toBe(0);
  expect(reportFor(delay, 5000, 6000, () => 80)).toBe(80);
});

test('a longer route is normal after twenty seconds', () => {
  const delay = new QueueDelay();
  reportFor(delay, 0, 5000, () => 0);

  expect(reportFor(delay, 5000, 26_000, () => 80)).toBe(0);
});

test('a queue of others is not forgotten as long as it varies', () => {
  const delay = new QueueDelay();
  reportFor(delay, 0, 5000, () => 0);
  reportFor(delay, 5000, 8000, sawtoothMs);
  delay.isContested = true;

  expect(reportFor(delay, 8000, 120_000, sawtoothMs)).toBeGreaterThan(290);
});

test('what is taken for a queue of others, but does not vary, is a longer route after all', () => {
  const delay = new QueueDelay();
  reportFor(delay, 0, 5000, () => 0);
  delay.isContested = true;

  expect(reportFor(delay, 5000, 36_000, (nowMs) => 30 + (nowMs % 130) / 10)).toBeLessThan(15);
});

test('what clocks drift apart while nothing is sent for an hour is not taken for a queue', () => {
  const delay = new QueueDelay();
  const hourMs = 3_600_000;
  reportFor(delay, 0, 5000, () => 0);

  // Fifty millionths are usual for two computers.
  const driftMs = 180;

  expect(reportFor(delay, hourMs, hourMs + 1000, () => driftMs)).toBe(0);
  expect(reportFor(delay, hourMs + 1000, hourMs + 2000, () => driftMs + 80)).toBe(80);
});
