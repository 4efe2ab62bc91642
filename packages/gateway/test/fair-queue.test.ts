import { FairQueue } from '../src/http/fair-queue.ts';

function takeAll(queue: FairQueue<string>): readonly (string | undefined)[] {
  const taken: (string | undefined)[] = [];
  while (!queue.isEmpty) taken.push(queue.take());
  return taken;
}

test('owners take turns, and their items come in order', () => {
  const queue = new FairQueue<string>();
  for (const item of ['a1', 'a2', 'a3', 'b1', 'c1', 'b2']) queue.add(item.slice(0, 1), item);

  expect(takeAll(queue)).toEqual(['a1', 'b1', 'c1', 'a2', 'b2', 'a3']);
});

test('an owner that returns waits behind the others', () => {
  const queue = new FairQueue<string>();
  for (const item of ['a1', 'b1', 'b2']) queue.add(item.slice(0, 1), item);

  const first = queue.take();
  queue.add('a', 'a2');

  expect([first, ...takeAll(queue)]).toEqual(['a1', 'b1', 'a2', 'b2']);
});

test('an empty queue has nothing to take', () => {
  expect(new FairQueue<string>().take()).toBeUndefined();
});
