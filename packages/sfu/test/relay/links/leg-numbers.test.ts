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

test('streams of the two ends never collide, and a closed one is reused last', () => {
  const [even, odd] = [new LegNumbers('even'), new LegNumbers('odd')];
  const first = [even.takeStreamId(), even.takeStreamId(), odd.takeStreamId(), odd.takeStreamId()];
  even.releaseStreamId(2);

  const later = Array.from({ length: 32_000 - 1 }, () => even.takeStreamId());

  expect(first).toEqual([2, 4, 1, 3]);
  expect(later.slice(0, 2)).toEqual([6, 8]);
  expect(new Set(later).size).toBe(32_000 - 1);
  // As many as there may be are in use.
  expect(even.takeStreamId()).toBeUndefined();
  even.releaseStreamId(4);
  expect(even.takeStreamId()).toEqual(expect.any(Number));
});
