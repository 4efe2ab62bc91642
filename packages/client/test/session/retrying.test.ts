import { refusal } from '@causeway/testkit/fake-sfu-api';
import { retryDelayMs } from '../../src/session/retrying.ts';

test.each(['negotiation_glare', 'negotiation_in_progress'] as const)('%s is retried with growing pauses', (code) => {
  const delays = [1, 2, 3, 4, 5, 6, 7].map((attempt) => retryDelayMs(refusal(code), { attempt, elapsedMs: 0 }));

  expect(delays).toEqual([100, 200, 400, 800, 1600, 2000, 2000]);
});

test('glare is retried for longer than the SFU keeps an unanswered offer', () => {
  expect(retryDelayMs(refusal('negotiation_glare'), { attempt: 9, elapsedMs: 10_500 })).toBe(2000);
  expect(retryDelayMs(refusal('negotiation_glare'), { attempt: 10, elapsedMs: 12_500 })).toBeUndefined();
});

test('the pause is at least what the SFU asks for', () => {
  const busy = refusal('rate_limited', { isRetryable: true, retryAfterMs: 1500 });

  expect(retryDelayMs(busy, { attempt: 1, elapsedMs: 0 })).toBe(1500);
});

test('a pause that would exceed the time limit is not begun', () => {
  const full = refusal('no_capacity', { isRetryable: true, retryAfterMs: 30_000 });

  expect(retryDelayMs(full, { attempt: 1, elapsedMs: 0 })).toBeUndefined();
});

test.each([refusal('track_not_found'), refusal('network_failure', { isRetryable: true }), new TypeError('a defect')])(
  '%s is not retried, because it would fail again',
  (failure) => {
    expect(retryDelayMs(failure, { attempt: 1, elapsedMs: 0 })).toBeUndefined();
  },
);
