/** Paths on which routers mark packets instead of dropping them (RFC 3168), and paths that change the marks. */
import { Bottleneck, PublishingPeer, type ScriptedPeer, seededRandom, VideoSource, VirtualWorld } from '@causeway/testkit';
import { CongestionFeedbackReader } from '@causeway/wire';
import { reportByStream } from './report-by-stream.ts';
import { reportTransportWide } from './report-transport-wide.ts';

const CALL_MS = 12_000;
const [NOT_CAPABLE, OTHER_CAPABLE, CAPABLE, MARKED] = [0, 1, 2, 3];

/** Alice's camera, ninety packets of 900 bytes a second, and Bob who watches it. */
function call(isReportedByStream = true) {
  const world = new VirtualWorld(7);
  const alice = world.connectPeer('alice');
  const bob = world.connectPeer('bob');
  world.publish(alice, { trackId: 'camera', ssrcs: [{ ssrc: 7, rtxSsrc: undefined }], isReportedByStream: true });
  const publisher = new PublishingPeer(world, alice, new VideoSource({ ssrc: 7, payloadBytes: 900 }));
  world.subscribe(bob, { sourceTrackId: 'camera', ssrc: 70, rtxSsrc: 71, isReportedByStream });
  for (const peer of [alice, bob]) world.keepAlive(peer, CALL_MS);
  return { world, alice, bob, publisher };
}

/** How many packets have arrived with each value of the field. */
function fieldsOf({ received }: ScriptedPeer, fromMs = 0): readonly number[] {
  return [NOT_CAPABLE, OTHER_CAPABLE, CAPABLE, MARKED].map(
    (field) => received.filter(({ ecn, atMs }) => ecn === field && atMs >= fromMs).length,
  );
}

const targetOf = (world: VirtualWorld, id: string) =>
  world.engine.snapshot(world.nowMs).transports.find(({ transportId }) => transportId === id)?.estimate?.targetBps;

test('a narrow path that marks loses nothing, and is used', () => {
  const { world, bob, publisher } = call();
  const bottleneck = new Bottleneck(seededRandom(4), { rateBps: 800_000, queueMs: 300, markedMs: 30 });
  world.linksOf(bob.path).down.bottleneck = bottleneck;
  reportByStream(world, bob, CALL_MS);
  let longestMs = 0;
  for (let afterMs = 3000; afterMs < CALL_MS; afterMs += 10) {
    world.after(afterMs, (nowMs) => {
      longestMs = Math.max(longestMs, bottleneck.waitMs(nowMs));
    });
  }

  publisher.publishFor(CALL_MS);

  const { overflowed, marked } = bottleneck.counts;
  expect([overflowed, marked > 0]).toEqual([0, true]);
  expect(longestMs).toBeLessThan(150);
  expect(targetOf(world, 'bob')).toBeGreaterThan(300_000);
  expect(targetOf(world, 'bob')).toBeLessThan(820_000);
});

test('once the first reports have shown that the field arrives, every packet is ECN-capable', () => {
  const { world, bob, publisher } = call();
  reportByStream(world, bob, CALL_MS);

  publisher.publishFor(5000);

  const [notCapable = 0, otherCapable, capable = 0, marked] = fieldsOf(bob);
  expect([otherCapable, marked]).toEqual([0, 0]);
  expect(notCapable).toBeLessThan(30);
  expect(capable).toBeGreaterThan(400);
  expect(fieldsOf(bob, world.nowMs - 4000)[NOT_CAPABLE]).toBe(0);
});

test.each([
  ['clears the field', (ecn: number) => (ecn === CAPABLE ? NOT_CAPABLE : ecn)],
  ['turns it into that of another kind of traffic', (ecn: number) => (ecn === CAPABLE ? OTHER_CAPABLE : ecn)],
])('on a path that %s, only the first packets are ECN-capable', (_, changeEcn) => {
  const { world, bob, publisher } = call();
  const { down } = world.linksOf(bob.path);
  let capable = 0;
  down.changeEcn = (ecn) => {
    if (ecn === CAPABLE) capable++;
    return changeEcn(ecn);
  };
  reportByStream(world, bob, CALL_MS);

  publisher.publishFor(5000);

  expect(capable).toBeGreaterThanOrEqual(10);
  expect(capable).toBeLessThan(40);
  expect(bob.received.length).toBeGreaterThan(400);
});

test('a path that begins to clear the field in the middle of a call is sent nothing ECN-capable any more', () => {
  const { world, bob, publisher } = call();
  reportByStream(world, bob, CALL_MS);
  publisher.publishFor(3000);
  let capable = 0;
  world.linksOf(bob.path).down.changeEcn = (ecn) => {
    if (ecn === CAPABLE) capable++;
    return NOT_CAPABLE;
  };

  publisher.publishFor(5000);

  expect(capable).toBeGreaterThan(40);
  expect(capable).toBeLessThan(120);
});

test('a peer that moves to another address has its new path tried', () => {
  const { world, bob, publisher } = call();
  world.linksOf(bob.path).down.changeEcn = () => NOT_CAPABLE;
  reportByStream(world, bob, CALL_MS);
  publisher.publishFor(3000);
  const before = fieldsOf(bob)[CAPABLE];

  world.migrate(bob);
  bob.check(world.nowMs);
  publisher.publishFor(4000);

  expect(before).toBe(0);
  expect(fieldsOf(bob, world.nowMs - 2000)[CAPABLE]).toBeGreaterThan(150);
});

test('a peer that reports transport-wide is sent nothing ECN-capable, since it cannot report marks', () => {
  const { world, bob, publisher } = call(false);
  reportTransportWide(world, bob, CALL_MS);

  publisher.publishFor(3000);

  const [notCapable, ...others] = fieldsOf(bob);
  expect(notCapable).toBeGreaterThan(200);
  expect(others).toEqual([0, 0, 0]);
});

test('what a publisher sends is reported to it with the fields that it arrived with', () => {
  const { world, alice, publisher } = call();
  const { up } = world.linksOf(alice.path);
  up.ecn = OTHER_CAPABLE;
  let number = 0;
  up.changeEcn = (ecn) => (number++ % 10 === 0 ? MARKED : ecn);
  const reader = new CongestionFeedbackReader();
  const reported = [0, 0, 0, 0];
  alice.feedbackTaker = {
    takeTransportFeedback: () => false,
    takeCongestionFeedback(bytes, offset, end) {
      if (!reader.read(bytes, offset, end)) return false;
      for (let index = 0; index < reader.count; index++) {
        const ecn = reader.ecn(index);
        if (reader.isReceived(index)) reported[ecn] = (reported[ecn] ?? 0) + 1;
      }
      return true;
    },
  };

  publisher.publishFor(3000);

  const [notCapable, otherCapable = 0, capable, marked = 0] = reported;
  expect([notCapable, capable]).toEqual([0, 0]);
  expect(marked).toBeGreaterThan(20);
  expect(otherCapable / marked).toBeGreaterThan(7);
  expect(otherCapable / marked).toBeLessThan(12);
});
