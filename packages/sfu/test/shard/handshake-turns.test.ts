import { Path } from '@causeway/media';
import { HandshakeTurns } from '../../src/shard/handshake-turns.ts';

/** Steps that take as long as their first byte says, on a clock that only they move. */
function openTurns() {
  let nowMs = 0;
  const handled: number[] = [];
  let overflows = 0;
  const turns = new HandshakeTurns({
    nowMs: () => nowMs,
    handle(_path, [tookMs = 0, id = 0]) {
      nowMs += tookMs;
      handled.push(id);
    },
    onOverflow: () => {
      overflows++;
    },
  });
  const path = new Path('192.0.2.1', 5000);
  return {
    turns,
    handled,
    overflows: () => overflows,
    receive: (id: number, tookMs: number) => turns.receive(path, Uint8Array.of(tookMs, id)),
  };
}

test('a turn takes steps at once until four milliseconds are spent; the rest wait for the next turn', () => {
  const { turns, handled, receive } = openTurns();

  for (let id = 1; id <= 5; id++) receive(id, 2);
  const atOnce = [...handled];
  turns.beginTurn();

  expect(atOnce).toEqual([1, 2]);
  expect(handled).toEqual([1, 2, 3, 4]);
  expect(turns.waiting).toBe(1);
});

test('waiting datagrams come before new ones, however short those are', () => {
  const { turns, handled, receive } = openTurns();
  receive(1, 4);
  receive(2, 4);
  turns.beginTurn();

  receive(3, 0);
  turns.beginTurn();

  expect(handled).toEqual([1, 2, 3]);
});

test('steps that waited use up the time of those that come in the same turn', () => {
  const { turns, handled, receive } = openTurns();
  receive(1, 5);
  receive(2, 3);
  receive(3, 3);
  turns.beginTurn();

  receive(4, 1);

  expect(handled).toEqual([1, 2, 3]);
  expect(turns.waiting).toBe(1);
});

test('a step longer than the quota is carried out all the same, one a turn', () => {
  const { turns, handled, receive } = openTurns();
  for (let id = 1; id <= 3; id++) receive(id, 50);

  turns.beginTurn();
  turns.beginTurn();

  expect(handled).toEqual([1, 2, 3]);
  expect(turns.waiting).toBe(0);
});

test('a flood of steps waits in bounded memory, and what is too much is counted', () => {
  const { turns, receive, overflows } = openTurns();
  receive(0, 4);

  for (let step = 0; step < 600; step++) receive(1, 1);

  expect(turns.waiting).toBe(512);
  expect(overflows()).toBe(88);
});
