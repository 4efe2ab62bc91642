import { settle } from '@causeway/testkit/manual-clock';
import { createNegotiationQueue } from '../../src/session/negotiation-queue.ts';

test('an exchange begins only when the previous one has ended', async () => {
  const queue = createNegotiationQueue();
  const log: string[] = [];
  const first = Promise.withResolvers<void>();

  const ran = queue.run(async () => {
    log.push('first begins');
    await first.promise;
    log.push('first ends');
  });
  const ranNext = queue.run(async () => log.push('second begins'));
  await settle();
  expect(log).toEqual(['first begins']);
  first.resolve();
  await Promise.all([ran, ranNext]);

  expect(log).toEqual(['first begins', 'first ends', 'second begins']);
});

test('a failed exchange rejects its caller and does not block the next', async () => {
  const queue = createNegotiationQueue();

  const failed = queue.run(() => Promise.reject(new Error('no')));
  const next = queue.run(async () => 'yes');

  await expect(failed).rejects.toThrow('no');
  await expect(next).resolves.toBe('yes');
});

test('closing lets the exchange under way finish, and rejects waiting and later ones', async () => {
  const queue = createNegotiationQueue();
  const first = Promise.withResolvers<string>();
  let hasSecondBegun = false;

  const underWay = queue.run(() => first.promise);
  await settle();
  const waiting = queue.run(async () => {
    hasSecondBegun = true;
  });
  queue.close(new Error('over'));
  const late = queue.run(async () => 'late');
  first.resolve('done');

  await expect(underWay).resolves.toBe('done');
  await expect(waiting).rejects.toThrow('over');
  await expect(late).rejects.toThrow('over');
  expect(hasSecondBegun).toBe(false);
});
