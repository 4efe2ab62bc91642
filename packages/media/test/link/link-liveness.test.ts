import { CLEAN_LINK, connectWorlds, layPath, serialOf, VirtualTime, VirtualWorld } from '@causeway/testkit';
import { eventsOf, LINK, LinkedCall } from './linked-call.ts';

/** Roughly the rate at which `PublishingPeer` sends. */
const PACKETS_PER_SECOND = 90;

function twoWorlds(): { readonly a: VirtualWorld; readonly b: VirtualWorld } {
  const time = new VirtualTime();
  return { a: new VirtualWorld({ time, address: '203.0.113.1' }), b: new VirtualWorld({ seed: 2, time, address: '203.0.113.2' }) };
}

/** Both ends fall silent for as long as `isCut` says so. */
function cut(call: LinkedCall, isCut: boolean): void {
  call.link.there.lose = () => isCut;
  call.link.back.lose = () => isCut;
}

test('two engines connect in less than four round trips, whoever opens first', () => {
  for (const opensFirst of ['initiator', 'acceptor'] as const) {
    const { a, b } = twoWorlds();
    const { plans } = layPath(a, b, LINK, { ...CLEAN_LINK, delayMs: 40 });
    const openings = [
      () => a.engine.handleCommand(a.nowMs, { type: 'open-transport', plan: plans.initiator }),
      () => b.engine.handleCommand(b.nowMs, { type: 'open-transport', plan: plans.acceptor }),
    ];
    for (const open of opensFirst === 'initiator' ? openings : openings.reverse()) {
      open();
      a.run(20);
    }

    a.run(3 * 80 + 50);

    expect(eventsOf(a, LINK)).toEqual(['connecting', 'connected']);
    expect(eventsOf(b, LINK)).toEqual(['connecting', 'connected']);
  }
});

test('a link whose keys are nearly used up is given up within two seconds, to be opened again', () => {
  const { a, b } = twoWorlds();
  const { plans } = layPath(a, b, LINK);
  const createEndpoint = a.suite.createEndpoint.bind(a.suite);
  let areKeysNearlyUsedUp = false;
  a.suite.createEndpoint = (options) =>
    Object.defineProperty(createEndpoint(options), 'areKeysNearlyUsedUp', { get: () => areKeysNearlyUsedUp });
  b.engine.handleCommand(b.nowMs, { type: 'open-transport', plan: plans.acceptor });
  a.engine.handleCommand(a.nowMs, { type: 'open-transport', plan: plans.initiator });
  a.run(5000);
  const before = eventsOf(a, LINK);

  areKeysNearlyUsedUp = true;
  a.run(2000);

  expect(before).toEqual(['connecting', 'connected']);
  expect(eventsOf(a, LINK)).toEqual([...before, 'closed', 'connection_lost']);
  expect(a.engine.census()).toMatchObject({ transports: 0 });
});

test('of several addresses the one that answers is taken, and the peer is told which', () => {
  const { a, b } = twoWorlds();
  const { plans } = layPath(a, b, LINK);
  const nowhere = { address: '203.0.113.77', port: 9 };
  const reach = [nowhere, { ...nowhere, port: 10 }, { address: b.address, port: b.port }];
  b.engine.handleCommand(b.nowMs, { type: 'open-transport', plan: plans.acceptor });
  a.engine.handleCommand(a.nowMs, { type: 'open-transport', plan: { ...plans.initiator, reach } });

  a.run(1000);

  expect(eventsOf(a, LINK)).toEqual(['connecting', 'connected']);
  expect(a.selectedPaths.map(({ remoteAddress, remotePort }) => [remoteAddress, remotePort])).toContainEqual([b.address, b.port]);
  expect(b.selectedPaths.map(({ remoteAddress }) => remoteAddress)).toContain(a.address);
});

test('of more addresses than a node can have use for, eight are asked', () => {
  const { a } = twoWorlds();
  const { plans } = layPath(a, twoWorlds().b, LINK);
  const opened = jest.spyOn(a.network, 'openPath');
  const reach = Array.from({ length: 100 }, (_, port) => ({ address: '203.0.113.77', port }));

  a.engine.handleCommand(a.nowMs, { type: 'open-transport', plan: { ...plans.initiator, reach } });
  a.run(10_000);

  expect(new Set(opened.mock.calls.map(([, port]) => port)).size).toBe(8);
});

test('a node that is reached late is found within half a second, by checks that have become rare', () => {
  const { a, b } = twoWorlds();
  const { there, plans } = layPath(a, b, LINK);
  a.engine.handleCommand(a.nowMs, { type: 'open-transport', plan: plans.initiator });
  a.run(8000);
  const sentBefore = there.sent;
  b.engine.handleCommand(b.nowMs, { type: 'open-transport', plan: plans.acceptor });

  a.run(600);

  expect(sentBefore).toBeGreaterThan(16);
  expect(sentBefore).toBeLessThan(40);
  expect(eventsOf(b, LINK)).toEqual(['connecting', 'connected']);
});

test('a node that is reached late has lost nothing: it was not there yet', () => {
  for (const lateMs of [200, 1000, 3000]) {
    const { a, b } = twoWorlds();
    const { plans } = layPath(a, b, LINK, { ...CLEAN_LINK, delayMs: 40 });
    a.engine.handleCommand(a.nowMs, { type: 'open-transport', plan: plans.initiator });
    a.run(lateMs);
    b.engine.handleCommand(b.nowMs, { type: 'open-transport', plan: plans.acceptor });

    a.run(6000);

    expect(a.engine.answer('link-statistics')).toMatchObject([{ lossRatio: 0 }]);
    expect(b.engine.answer('link-statistics')).toMatchObject([{ lossRatio: 0 }]);
  }
});

test('a link that nobody answers is closed after fifteen seconds, by both sides', () => {
  const { a, b } = twoWorlds();
  const { there, back, plans } = layPath(a, b, LINK);
  there.lose = () => true;
  back.lose = () => true;
  a.engine.handleCommand(a.nowMs, { type: 'open-transport', plan: plans.initiator });
  b.engine.handleCommand(b.nowMs, { type: 'open-transport', plan: plans.acceptor });

  a.run(14_000);
  const before = [eventsOf(a, LINK), eventsOf(b, LINK)];
  a.run(1500);

  expect(before).toEqual([[], []]);
  expect(eventsOf(a, LINK)).toContain('setup_timeout');
  expect(eventsOf(b, LINK)).toContain('setup_timeout');
  for (const world of [a, b]) expect(new Set(Object.values(world.engine.census()))).toEqual(new Set([0]));
});

test('an idle link stays connected with a tenth of all packets lost', () => {
  const call = new LinkedCall({ link: { ...CLEAN_LINK, delayMs: 40, lossProbability: 0.1 } });

  call.a.run(300_000);

  expect(eventsOf(call.a, LINK)).toEqual(['connecting', 'connected']);
  expect(eventsOf(call.b, LINK)).toEqual(['connecting', 'connected']);
});

test('an idle link costs each side less than ten datagrams a second', () => {
  const call = new LinkedCall();
  const before = call.link.there.sent + call.link.back.sent;

  call.a.run(10_000);

  // Checks and their answers, of both.
  expect(call.link.there.sent + call.link.back.sent - before).toBeLessThan(2 * 10 * 10);
});

test('a node is woken for the checks of all its links together', () => {
  const time = new VirtualTime();
  const node = new VirtualWorld({ time, address: '203.0.113.1' });
  const wakings = new Set<number>();
  for (let place = 2; place <= 7; place++) {
    const other = new VirtualWorld({ time, seed: place, address: `203.0.113.${place}` });
    const { there, back } = connectWorlds(node, other, `link-${place}`, { ...CLEAN_LINK, delayMs: 20 });
    for (const way of [there, back]) {
      const { deliver } = way;
      way.deliver = (nowMs, datagram) => {
        wakings.add(nowMs);
        deliver(nowMs, datagram);
      };
    }
    // They do not begin at the same time.
    node.run(137);
  }
  node.run(2000);
  wakings.clear();

  node.run(10_000);

  // Four times a second checks arrive, and then their answers.
  expect(wakings.size).toBeGreaterThan(0);
  expect(wakings.size).toBeLessThanOrEqual(2 * 4 * 10);
});

test('the silence of a link is noticed by both sides within two seconds, and not much before 1.5', () => {
  const call = new LinkedCall();
  call.relay();
  call.subscribeBob();
  call.runFor(1000);
  const cutAtMs = call.a.nowMs;
  cut(call, true);

  call.runFor(2500);

  for (const world of [call.a, call.b]) {
    const noticed = world.events.find(({ id, what }) => id === LINK && what === 'disconnected');
    expect((noticed?.atMs ?? 0) - cutAtMs).toBeGreaterThanOrEqual(1300);
    expect((noticed?.atMs ?? 0) - cutAtMs).toBeLessThanOrEqual(2000);
  }
});

test('a link that was silent for five seconds comes back by itself, and the picture with it within half a second of that', () => {
  const call = new LinkedCall({ link: { ...CLEAN_LINK, delayMs: 40 } });
  call.relay();
  call.subscribeBob();
  call.runFor(2000);
  cut(call, true);
  call.runFor(5000);
  cut(call, false);
  const backAtMs = call.a.nowMs;
  const sentBefore = call.publisher.packetsSent;
  const requestsBefore = call.publisher.keyframeRequestsMs.length;

  call.runFor(3000);
  call.a.run(200);

  expect(eventsOf(call.a, LINK)).toEqual(['connecting', 'connected', 'disconnected', 'connected']);
  expect(eventsOf(call.b, LINK)).toEqual(['connecting', 'connected', 'disconnected', 'connected']);
  const keyframe = call.publisher.keyframeRequestsMs[requestsBefore];
  // The search asks twice a second.
  expect((keyframe ?? Number.POSITIVE_INFINITY) - backAtMs).toBeLessThan(500 + 2 * 40 + 20);
  const received = new Set(call.receiver.inOrder.map(({ payload }) => serialOf(payload)));
  let complete = call.publisher.packetsSent;
  while (received.has(complete - 1)) complete--;
  expect(complete).toBeLessThan(sentBefore + PACKETS_PER_SECOND);
});

test('a link that stays silent is closed after fifteen seconds, and everything on it with it', () => {
  const call = new LinkedCall();
  call.relay();
  call.subscribeBob();
  call.runFor(1000);
  cut(call, true);

  call.runFor(14_000);
  const before = [eventsOf(call.a, LINK), eventsOf(call.b, LINK)];
  call.runFor(2000);

  for (const events of before) expect(events.at(-1)).toBe('disconnected');
  expect(eventsOf(call.a, LINK)).toContain('connection_lost');
  expect(eventsOf(call.b, LINK)).toContain('connection_lost');
  expect(call.a.engine.census()).toMatchObject({ transports: 1, subscriberTracks: 0, linkChecks: 0 });
  expect(call.b.engine.census()).toMatchObject({ transports: 1, publisherTracks: 0, linkChecks: 0 });
});

test('a node that begins again at the same address takes the path over from its former life', () => {
  const call = new LinkedCall();
  const { a, b } = call;
  // Nobody hears A's last word.
  call.link.back.lose = () => true;
  a.engine.handleCommand(a.nowMs, { type: 'close-transport', transportId: LINK });
  a.run(1);
  call.link.back.lose = () => false;
  const again = layPath(b, a, 'again');
  a.engine.handleCommand(a.nowMs, { type: 'open-transport', plan: again.plans.acceptor });

  b.engine.handleCommand(b.nowMs, { type: 'open-transport', plan: again.plans.initiator });
  b.run(20_000);

  expect(eventsOf(a, 'again')).toEqual(['connecting', 'connected']);
  expect(eventsOf(b, 'again')).toEqual(['connecting', 'connected']);
  expect(eventsOf(b, LINK)).toEqual(['connecting', 'connected', 'disconnected', 'closed', 'connection_lost']);
  // Alice and Bob have gone meanwhile.
  expect(b.engine.census()).toMatchObject({ paths: 2, userFragments: 2 });
});
