import { setImmediate as nextLoopTurn } from 'node:timers/promises';
import { BodyMemory } from '../src/http/body-memory.ts';

test('no two large bodies are parsed in one turn of the event loop', async () => {
  const memory = new BodyMemory();
  let turn = 0;
  const parsedIn: number[] = [];
  const bodies = [1, 2, 3].map(() => memory.takeTurn('app').then(() => parsedIn.push(turn)));
  const counting = (async () => {
    for (; parsedIn.length < bodies.length; turn++) await nextLoopTurn();
  })();

  await Promise.all([...bodies, counting]);

  expect(new Set(parsedIn).size).toBe(bodies.length);
});

test('apps take turns at parsing, however many bodies one of them has', async () => {
  const memory = new BodyMemory();
  const parsed: string[] = [];
  const bodies = ['rush', 'rush', 'rush', 'calm'].map((appId) => memory.takeTurn(appId).then(() => parsed.push(appId)));

  await Promise.all(bodies);
  await memory.takeTurn('late').then(() => parsed.push('late'));

  expect(parsed).toEqual(['rush', 'calm', 'rush', 'rush', 'late']);
});

test('an app may hold as much as it leaves free', () => {
  const memory = new BodyMemory(100);

  expect([memory.take('one', 50), memory.take('one', 1), memory.heldBytes]).toEqual([true, false, 50]);
  expect([memory.take('two', 25), memory.take('two', 1)]).toEqual([true, false]);
  expect([memory.take('three', 12), memory.take('four', 6), memory.heldBytes]).toEqual([true, true, 93]);
});

test('memory that is given back may be taken again', () => {
  const memory = new BodyMemory(100);
  memory.take('one', 40);

  memory.giveBack('one', 40);

  expect([memory.heldBytes, memory.take('one', 50), memory.heldBytes]).toEqual([0, true, 50]);
});
