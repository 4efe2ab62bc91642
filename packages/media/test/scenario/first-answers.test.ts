import { VirtualWorld } from '@causeway/testkit';
import { parseStun } from '@causeway/wire';

const PATH_MS = 20;

/** How much later than the path takes, there and back, a client gets the answer to its first check. */
function holdOf(clientTakesMs: number): number {
  const world = new VirtualWorld();
  const alice = world.addPeer('alice');
  world.run(clientTakesMs);
  const checkedAtMs = world.nowMs;
  alice.check(checkedAtMs);
  while (alice.checksAnswered === 0) world.run(1);
  return world.nowMs - checkedAtMs - PATH_MS;
}

test('the first answer waits for twice as long as the client took to check, a tenth of a second at most', () => {
  const oneWayMs = PATH_MS / 2;

  expect([0, 5, 30, 39, 40, 3000].map(holdOf)).toEqual([2 * oneWayMs, 2 * (oneWayMs + 5), 2 * (oneWayMs + 30), 98, 100, 100]);
});

test('checks are answered at once when the first ones have been', () => {
  const world = new VirtualWorld();
  const alice = world.addPeer('alice');
  world.run(200);
  alice.check(world.nowMs);
  world.run(60);
  alice.check(world.nowMs);
  const answeredEarly = alice.checksAnswered;
  world.run(90);
  const answeredLater = alice.checksAnswered;
  alice.check(world.nowMs);

  world.run(20);

  expect(answeredEarly).toBe(0);
  expect(answeredLater).toBe(1);
  expect(alice.checksAnswered).toBe(2);
});

test('a client that connects at once is answered without delay', () => {
  const world = new VirtualWorld();
  const alice = world.addPeer('alice', undefined, { connectsAtOnce: true });
  world.run(200);
  alice.check(world.nowMs);

  world.run(PATH_MS);

  expect(alice.checksAnswered).toBe(1);
});

test('the first answer is sent when the client goes on before the hold is over', () => {
  const world = new VirtualWorld();
  const alice = world.addPeer('alice');
  world.run(200);
  alice.check(world.nowMs);
  world.run(PATH_MS);
  const answeredBefore = alice.checksAnswered;

  world.engine.handleCommand(world.nowMs, { type: 'end-answer-hold', transportId: 'alice' });
  world.run(PATH_MS / 2);
  const answeredAfter = alice.checksAnswered;
  world.run(200);

  expect(answeredBefore).toBe(0);
  expect(answeredAfter).toBe(1);
  expect(alice.checksAnswered).toBe(1);
});

test('a call before the first check ends no hold: a backend may make it before the page has the answer', () => {
  const world = new VirtualWorld();
  const alice = world.addPeer('alice');
  world.engine.handleCommand(world.nowMs, { type: 'end-answer-hold', transportId: 'alice' });
  world.run(200);
  alice.check(world.nowMs);

  world.run(PATH_MS + 90);
  const answeredEarly = alice.checksAnswered;
  world.run(20);

  expect(answeredEarly).toBe(0);
  expect(alice.checksAnswered).toBe(1);
});

test('of several checks on one path the latest is answered, so that a client measures a short round trip', () => {
  const world = new VirtualWorld();
  const alice = world.addPeer('alice');
  const answered: (number | undefined)[] = [];
  world.linksOf(alice.path).down.lose = (datagram) => {
    const message = parseStun(datagram);
    if (message?.messageClass === 'success') answered.push(message.transactionId[3]);
    return false;
  };
  world.run(200);
  for (let check = 1; check <= 3; check++) {
    alice.check(world.nowMs);
    world.run(40);
  }

  world.run(100);

  expect(answered).toEqual([3]);
});

test('answers held back for a peer that is gone are not sent', () => {
  const world = new VirtualWorld();
  const alice = world.addPeer('alice');
  alice.check(world.nowMs);
  world.run(15);

  world.engine.handleCommand(world.nowMs, { type: 'close-transport', transportId: 'alice' });
  world.run(500);

  expect(alice.checksAnswered).toBe(0);
  expect(world.engine.nextDeadlineMs).toBe(Number.POSITIVE_INFINITY);
});
