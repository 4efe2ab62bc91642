import { LegNumbers } from '../../../src/relay/links/leg-numbers.ts';

test('SSRCs rise, as SRTP demands of a link, and are used up after 66 million of them', () => {
  const numbers = new LegNumbers('odd');
  const first = [numbers.nextSsrc(), numbers.nextSsrc(), numbers.nextSsrc()];
  const early = numbers.areUsedUp;

  while (!numbers.areUsedUp) numbers.nextSsrc();

  expect(first).toEqual([3, 5, 7]);
  expect(early).toBe(false);
  expect(numbers.nextSsrc()).toBe(2 ** 27 - 2 ** 20 + 1);
});
