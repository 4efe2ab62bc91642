import { setImmediate as nextLoopTurn } from 'node:timers/promises';
import { BodyMemory } from '../src/http/body-memory.ts';

test('no two large bodies are parsed in one turn of the event loop', async () => {
  const memory = new BodyMemory();
  let turn = 0;
  const parsedIn: number[] = [];
  const bodies = [1, 2, 3].map(() => memory.takeTurn().then(() => parsedIn.push(turn)));
  const counting = (async () => {
    for (; parsedIn.length < bodies.length; turn++) await nextLoopTurn();
  })();

  await Promise.all([...bodies, counting]);

  expect(new Set(parsedIn).size).toBe(bodies.length);
});

test('memory that is given back may be taken again', () => {
  const memory = new BodyMemory(100);

  expect([memory.take(60), memory.take(60), memory.heldBytes]).toEqual([true, false, 60]);
  memory.giveBack(60);
  expect([memory.take(100), memory.heldBytes]).toEqual([true, 100]);
});
