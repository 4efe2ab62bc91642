import { JoinLane } from '../../src/overload/join-lane.ts';

/** A lane whose turns end when the test says so, and who has entered it. */
function openLane() {
  const endTurns: (() => void)[] = [];
  const entered: string[] = [];
  const displaced: string[] = [];
  const lane = new JoinLane((callback) => endTurns.push(callback));
  return {
    lane,
    entered,
    displaced,
    enter(appId: string, name: string) {
      const turn = lane.enter(appId);
      if (turn === undefined) entered.push(name);
      else turn.then((outcome) => (outcome === 'entered' ? entered : displaced).push(name));
    },
    async endTurn() {
      endTurns.shift()?.();
      await Promise.resolve();
    },
  };
}

test('the first caller in a turn is admitted at once', () => {
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

test('after an unused turn the next caller is admitted at once', async () => {
  const { entered, enter, endTurn } = openLane();
  enter('app', 'first');
  await endTurn();

  enter('app', 'second');

  expect(entered).toEqual(['first', 'second']);
});

test('there is room for 128 callers of one app', () => {
  const { lane, enter } = openLane();
  enter('one', 'at once');
  for (let number = 0; number < 128; number++) enter('one', 'waiting');

  expect(lane.hasRoom('one')).toBe(false);
  expect(lane.hasRoom('two')).toBe(true);
});

describe('a lane that is full', () => {
  function fullLane() {
    const opened = openLane();
    opened.enter('one', 'at once');
    for (let number = 0; number < 128; number++) opened.enter('one', `one ${number}`);
    for (let number = 0; number < 128; number++) opened.enter('two', `two ${number}`);
    return opened;
  }

  test('has no room for the apps that fill it, and room for one that does not', () => {
    const { lane } = fullLane();

    expect(lane.waiting).toBe(256);
    expect([lane.hasRoom('one'), lane.hasRoom('two'), lane.hasRoom('three')]).toEqual([false, false, true]);
  });

  test('makes room at the cost of the newest caller of the app with the most', async () => {
    const { lane, displaced, entered, enter, endTurn } = fullLane();

    enter('three', 'calm');
    for (let turn = 0; turn < 3; turn++) await endTurn();

    expect(displaced).toEqual(['one 127']);
    expect(entered).toEqual(['at once', 'one 0', 'two 0', 'calm']);
    expect(lane.waiting).toBe(253);
  });

  test('gives each app exactly its share, whichever came first', () => {
    const { lane, enter } = fullLane();
    let third = 0;
    while (lane.hasRoom('three')) enter('three', `three ${third++}`);

    expect(third).toBe(85);
    expect(lane.waiting).toBe(256);
  });
});
