import type { DeliveryReply } from '../../src/webhooks/delivery-sender.ts';
import { nextStep, RETRY_DELAYS_MS } from '../../src/webhooks/retry-schedule.ts';

const HOUR_MS = 3_600_000;

const reply = (status: number, retryAfterMs?: number): DeliveryReply => ({
  type: 'reply',
  status,
  durationMs: 1,
  excerpt: '',
  retryAfterMs,
});
const NONE: DeliveryReply = { type: 'none', error: 'timeout', durationMs: 1 };
const step = (count: number, of: DeliveryReply, random = 0.5) => nextStep({ count, reply: of, nowMs: 1_000, random: () => random });

test('eight attempts are spread over 28 hours', () => {
  const steps = Array.from({ length: 8 }, (_, index) => step(index + 1, NONE));

  expect(steps.map((each) => (each.state === 'waiting' ? each.nextAtMs - 1_000 : each.state))).toEqual([...RETRY_DELAYS_MS, 'failed']);
  expect(RETRY_DELAYS_MS.reduce((sum, delayMs) => sum + delayMs, 0) / HOUR_MS).toBeCloseTo(27.6, 1);
});

test('attempts that failed together are spread by a tenth', () => {
  expect([0, 0.5, 1].map((random) => step(4, NONE, random))).toEqual(
    [1.8, 2, 2.2].map((hours) => ({ state: 'waiting', nextAtMs: Math.round(1_000 + hours * HOUR_MS) })),
  );
});

test.each([
  [200, { state: 'delivered' }],
  [204, { state: 'delivered' }],
  [301, { state: 'waiting', nextAtMs: 6_000 }],
  [404, { state: 'waiting', nextAtMs: 6_000 }],
  [410, { state: 'failed', disables: 'gone' }],
  [500, { state: 'waiting', nextAtMs: 6_000 }],
])('after %i comes %j', (status, expected) => {
  expect(step(1, reply(status))).toEqual(expected);
});

test('a receiver may put the next attempt off, by a day at most, and not bring it forward', () => {
  expect(step(1, reply(503, HOUR_MS))).toEqual({ state: 'waiting', nextAtMs: 1_000 + HOUR_MS });
  expect(step(1, reply(429, 100 * HOUR_MS))).toEqual({ state: 'waiting', nextAtMs: 1_000 + 24 * HOUR_MS });
  expect(step(3, reply(429, 1_000))).toEqual({ state: 'waiting', nextAtMs: 1_000 + HOUR_MS / 2 });
});
