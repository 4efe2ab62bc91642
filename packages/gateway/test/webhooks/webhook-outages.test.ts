/** Whatever fails, each receiver gets each event of a session once and in order, as far as it can tell by `webhook-id`. */
import { type Delivered, WebhookWorld } from './webhook-world.ts';

const MINUTE_MS = 60_000;

let world: WebhookWorld;

afterEach(() => world.close());

/** As a receiver that knows what it has. */
function withoutRepeats(taken: readonly Delivered[]): readonly Delivered[] {
  return [...new Map(taken.toReversed().map((each) => [each.messageId, each])).values()].toReversed();
}

function expectAllInOrder(taken: readonly Delivered[]): void {
  const numbers = taken.map(({ number }) => number);
  expect(numbers.toSorted((one, other) => one - other)).toEqual(Array.from({ length: world.numbers }, (_, index) => index + 1));
  for (const ofSession of Map.groupBy(taken, ({ sessionId }) => sessionId).values()) {
    const inSession = ofSession.map(({ number }) => number);
    expect(inSession).toEqual(inSession.toSorted((one, other) => one - other));
  }
  expect(world.defects).toEqual([]);
}

async function play(steps: number, stepMs: number): Promise<void> {
  for (let step = 0; step < steps; step++) {
    world.note(step % 3, step % 2 === 0 ? 'a' : 'b');
    await world.pass(stepMs, stepMs);
  }
}

test('a receiver that is down for ten minutes gets everything once, in order, though the node that sends is killed', async () => {
  world = await WebhookWorld.start(2, 'shared');
  await world.createWebhook();
  await play(10, 200);
  await world.pass(2_000);
  expectAllInOrder(world.taken);

  world.status = () => 503;
  await play(30, 10_000);
  // All that it has appended: what a node without a folder takes with it is told of elsewhere.
  await world.pass(1_000);
  const former = world.lead;
  world.kill(former);
  await play(30, 10_000);
  world.status = () => 200;
  await play(10, 200);
  await world.pass(36 * MINUTE_MS, 5_000);

  expect(world.lead).not.toBe(former);
  expectAllInOrder(world.taken);
});

test('an event that was taken as its node was killed is sent again with the same id, and no other is', async () => {
  world = await WebhookWorld.start(2);
  await world.createWebhook();
  const former = world.lead;
  former.receiver.onTaken = ({ number }) => {
    if (number === 5) world.kill(former);
  };
  for (let count = 0; count < 8; count++) world.note(world.nodes.indexOf(former) + 1);
  await world.pass(30_000);

  const taken = world.taken;
  expect(taken.length).toBe(world.numbers + 1);
  expect(taken.filter(({ number }) => number === 5).map(({ messageId }) => messageId)).toEqual(Array(2).fill(taken[4]?.messageId));
  expectAllInOrder(withoutRepeats(taken));
});

test.each(['refused', 'silent'] as const)('Redis %s for a minute, and a node that is killed, lose and repeat nothing', async (state) => {
  world = await WebhookWorld.start(3);
  await world.createWebhook();
  await play(10, 100);
  world.way = { state };
  if (state === 'refused') world.redis.closeConnections();
  await play(30, 1_000);
  const killed = world.lead;
  world.kill(killed);
  await play(30, 1_000);
  world.way = { state: 'open', oneWayMs: 1 };
  await world.startNode(world.nodes.indexOf(killed), killed);
  await play(10, 100);
  await world.pass(30_000);

  expectAllInOrder(world.taken);
});

test('a Redis that was emptied repeats nothing', async () => {
  world = await WebhookWorld.start(2);
  await world.createWebhook();
  for (let round = 0; round < 3; round++) {
    await play(10, 100);
    world.redis.forgetAll();
    await play(5, 100);
    await world.pass(15_000);
  }

  expectAllInOrder(world.taken);
});

test('a session whose events are refused waits, and others go on', async () => {
  world = await WebhookWorld.start(1);
  const { id } = await world.createWebhook();
  world.status = ({ sessionId }) => (sessionId.endsWith('-a') ? 500 : 200);
  await play(20, 100);
  await world.pass(10_000);

  expect(world.taken.length).toBe(10);
  expect(world.taken.every(({ sessionId }) => sessionId.endsWith('-b'))).toBe(true);
  const waiting = await world.webhooks.listDeliveries(id, { limit: 100, state: 'waiting' });
  expect(waiting.map(({ attempts }) => attempts.length).toReversed()).toEqual([2, ...Array(9).fill(0)]);
  expect(world.lead.desk.report()).toMatchObject({ apps: 1, attempts: { delivered: 10, retried: 2, failed: 0 } });
  expect(world.lead.desk.report().queueAgeMs).toBeGreaterThan(10_000);
});

test('a node that ends hands its apps over, and nothing is sent twice', async () => {
  world = await WebhookWorld.start(3);
  await world.createWebhook();
  for (let round = 0; round < 2; round++) {
    const leaving = world.lead;
    await play(5, 100);
    world.note(0);
    const closing = leaving.desk.close();
    await world.pass(6_000);
    await closing;
    await play(5, 100);
    await world.pass(5_000);
  }

  expectAllInOrder(world.taken);
});

test('a receiver that says it is gone gets nothing more', async () => {
  world = await WebhookWorld.start(1);
  const { id } = await world.createWebhook();
  world.status = () => 410;
  world.note(0);
  await world.pass(2_000);
  world.note(0);
  await world.pass(60_000);

  expect(world.disabled).toEqual([`${id}: gone`]);
  expect(world.lead.receiver.attempts).toBe(1);
});
