import { VirtualWorld } from '@causeway/testkit';

test('the first checks of a peer are answered a tenth of a second late, later ones at once', () => {
  const world = new VirtualWorld();
  const alice = world.addPeer('alice');
  alice.check(world.nowMs);
  world.run(60);
  alice.check(world.nowMs);
  world.run(30);
  const answeredEarly = alice.checksAnswered;
  world.run(60);
  const answeredLater = alice.checksAnswered;
  alice.check(world.nowMs);

  world.run(20);

  expect(answeredEarly).toBe(0);
  expect(answeredLater).toBe(2);
  expect(alice.checksAnswered).toBe(3);
});

test('answers held back for a peer that is gone are not sent', () => {
  const world = new VirtualWorld();
  const alice = world.addPeer('alice');
  alice.check(world.nowMs);
  world.run(30);

  world.engine.handleCommand(world.nowMs, { type: 'close-transport', transportId: 'alice' });
  world.run(500);

  expect(alice.checksAnswered).toBe(0);
  expect(world.engine.nextDeadlineMs).toBe(Number.POSITIVE_INFINITY);
});
