import { JoinLane } from '../../src/overload/join-lane.ts';

/** A lane whose turns end when the test says so, and who has entered it. */
function openLane() {
  const endTurns: (() => void)[] = [];
  const entered: string[] = [];
  const lane = new JoinLane((callback) => endTurns.push(callback));
  return {
    lane,
    entered,
    enter(appId: string, name: string) {
      const turn = lane.enter(appId);
      if (turn === undefined) entered.push(name);
      else turn.then(() => entered.push(name));
    },
    async endTurn() {
      endTurns.shift()?.();
      await Promise.resolve();
    },
  };
}

test('who comes first in a turn goes in at once', () => {
  const { entered, enter } = openLane();

  enter('app', 'first');

  expect(entered).toEqual(['first']);
});

test('the others go in one a turn, in the order in which they came', async () => {
  const { lane, entered, enter, endTurn } = openLane();
  for (const name of ['first', 'second', 'third']) enter('app', name);
  const seen = [[...entered]];

  await endTurn();
  seen.push([...entered]);
  await endTurn();

  expect(seen).toEqual([['first'], ['first', 'second']]);
  expect(entered).toEqual(['first', 'second', 'third']);
  expect(lane.waiting).toBe(0);
});

test('apps take turns, however many callers one of them has', async () => {
  const { entered, enter, endTurn } = openLane();
  for (let number = 0; number < 5; number++) enter('rush', `rush ${number}`);
  enter('calm', 'calm');

  await endTurn();
  await endTurn();

  expect(entered).toEqual(['rush 0', 'rush 1', 'calm']);
});

test('after a turn that nobody wanted the next caller goes in at once', async () => {
  const { entered, enter, endTurn } = openLane();
  enter('app', 'first');
  await endTurn();

  enter('app', 'second');

  expect(entered).toEqual(['first', 'second']);
});

test('there is room for 128 callers of one app, and for 256 in all', () => {
  const { lane, enter } = openLane();
  enter('one', 'at once');
  for (let number = 0; number < 128; number++) enter('one', 'waiting');
  const afterOne = [lane.hasRoom('one'), lane.hasRoom('two')];
  for (let number = 0; number < 128; number++) enter('two', 'waiting');

  expect(afterOne).toEqual([false, true]);
  expect(lane.waiting).toBe(256);
  expect(lane.hasRoom('three')).toBe(false);
});
