import { Lane } from '../../src/session/session-work.ts';

test('256 calls of one session wait for their turn; one more is told to retry', async () => {
  const lane = new Lane();
  const { promise: released, resolve: release } = Promise.withResolvers<void>();
  const calls = Array.from({ length: 256 }, (_, number) => lane.run(() => released.then(() => number)));

  expect(() => lane.run(async () => 0)).toThrow(expect.objectContaining({ code: 'rate_limited', retryAfterMs: 1_000 }));
  release();

  expect(await Promise.all(calls)).toEqual(Array.from({ length: 256 }, (_, number) => number));
});

test('a call that fails makes room and does not hold up the next', async () => {
  const lane = new Lane();
  const failing = lane.run(() => Promise.reject(new Error('of this call')));
  const next = lane.run(async () => 'done');

  await expect(failing).rejects.toThrow('of this call');
  expect(await next).toBe('done');
});
