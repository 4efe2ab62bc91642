import type { AccountUsage } from '@causeway/media';
import { CLEAN_LINK, PublishingPeer, ReceivingPeer, VideoSource, VirtualWorld } from '@causeway/testkit';
import { DEPENDENCY_DESCRIPTOR_URI, MID_URI } from '@causeway/wire';
import { LINK_SSRC, LinkedCall } from './link/linked-call.ts';

const PAYLOAD_BYTES = 200;
const PACKET_BYTES = 12 + PAYLOAD_BYTES;
const RTX_PACKET_BYTES = PACKET_BYTES + 2;
const ALICE_SSRC = 7;

/** Alice's camera, seen by Bob; each on an account of their own, unless it is said otherwise. */
function call({ alicesAccount = 'alices-app', bobsAccount = 'bobs-app' }: { alicesAccount?: string; bobsAccount?: string } = {}) {
  const world = new VirtualWorld(7);
  const alice = world.connectPeer('alice', CLEAN_LINK, alicesAccount);
  const bob = world.connectPeer('bob', CLEAN_LINK, bobsAccount);
  world.publish(alice, { trackId: 'camera', ssrcs: [{ ssrc: ALICE_SSRC, rtxSsrc: undefined }] });
  world.subscribe(bob, { sourceTrackId: 'camera', ssrc: 70, rtxSsrc: 71, extensions: [{ id: 1, uri: MID_URI }] });
  const publisher = new PublishingPeer(world, alice, new VideoSource({ ssrc: ALICE_SSRC, payloadBytes: PAYLOAD_BYTES }));
  return { world, publisher, receiver: new ReceivingPeer(world, bob, { ssrc: 70, rtxSsrc: 71 }) };
}

function bytesOf(usage: readonly AccountUsage[], account: string) {
  return usage.find((each) => each.account === account)?.bytes;
}

test('who subscribes is charged for payloads and fixed headers, who publishes for what was let in', () => {
  const { world, publisher, receiver } = call();

  publisher.publishFor(330);

  const usage = world.engine.answer('usage');
  expect(receiver.packets.size).toBe(publisher.packetsSent);
  expect(usage).toHaveLength(2);
  expect(bytesOf(usage, 'bobs-app')).toEqual({ down: publisher.packetsSent * PACKET_BYTES, up: 0, relay: 0, retransmitted: 0, data: 0 });
  expect(bytesOf(usage, 'alices-app')).toEqual({ down: 0, up: publisher.packetsSent * PACKET_BYTES, relay: 0, retransmitted: 0, data: 0 });
});

test('what a full uplink drops is neither charged nor counted as sent', () => {
  const { world, publisher, receiver } = call();
  publisher.publishFor(330);
  const sentBefore = world.engine.traffic.rtpPacketsSent;
  const paid = bytesOf(world.engine.answer('usage'), 'bobs-app');

  world.isUplinkFull = true;
  publisher.publishFor(330);
  const whileFull = [world.engine.answer('usage'), world.engine.traffic.rtpPacketsSent];
  world.isUplinkFull = false;
  publisher.publishFor(330);

  const down = (paid?.down ?? 0) + (bytesOf(world.engine.answer('usage'), 'bobs-app')?.down ?? 0);
  expect(sentBefore).toBeGreaterThan(0);
  expect(bytesOf(whileFull[0] as AccountUsage[], 'bobs-app')).toBeUndefined();
  expect(world.engine.traffic.rtpPacketsSent).toBe(receiver.packets.size);
  expect(down).toBe(receiver.packets.size * PACKET_BYTES);
});

test('a packet that is dropped long after it was charged is taken off what follows', () => {
  const { world, publisher, receiver } = call();
  publisher.publishFor(330);
  const paid = bytesOf(world.engine.answer('usage'), 'bobs-app')?.down ?? 0;
  const { rtpPacketsSent } = world.engine.traffic;
  const late = new Uint8Array(PACKET_BYTES + 10);
  late.set([0x80, 96, 0, 1, 0, 0, 0, 0, 0, 0, 0, 70]);
  const [path] = world.selectedPaths.filter(({ transport }) => transport?.id === 'bob');
  if (path === undefined) throw new Error('bob has a path');

  world.engine.handleUnsent(path, late);
  const meanwhile = bytesOf(world.engine.answer('usage'), 'bobs-app');
  const sentMeanwhile = world.engine.traffic.rtpPacketsSent;
  publisher.publishFor(330);

  const total = paid + (bytesOf(world.engine.answer('usage'), 'bobs-app')?.down ?? 0);
  expect(meanwhile).toBeUndefined();
  expect(sentMeanwhile).toBe(rtpPacketsSent);
  expect(world.engine.traffic.rtpPacketsSent).toBe(receiver.packets.size - 1);
  expect(total).toBe((receiver.packets.size - 1) * PACKET_BYTES);
});

test('what a publisher carries in header extensions beyond what they are for is charged like payload', () => {
  const world = new VirtualWorld(7);
  const extensions = [{ id: 3, uri: DEPENDENCY_DESCRIPTOR_URI }];
  const alice = world.connectPeer('alice', CLEAN_LINK, 'alices-app');
  const bob = world.connectPeer('bob', CLEAN_LINK, 'bobs-app');
  world.publish(alice, { trackId: 'camera', ssrcs: [{ ssrc: ALICE_SSRC, rtxSsrc: undefined }], extensions });
  world.subscribe(bob, { sourceTrackId: 'camera', ssrc: 70, extensions });
  const keyframe = [0x10, 0x10, 0x02, 0x00, 0x9d, 0x01, 0x2a, 0x40, 0x01, 0xf0, 0x00];

  [10, 200].forEach((valueBytes, sequence) => {
    const words = Math.ceil((2 + valueBytes) / 4);
    const value = [3, valueBytes, ...new Array<number>(4 * words - 2).fill(0)];
    alice.sendRaw(
      world.nowMs,
      Uint8Array.from([0x90, 96, 0, sequence, 0, 0, 0, 0, 0, 0, 0, ALICE_SSRC, 0x10, 0, 0, words, ...value, ...keyframe]),
    );
  });
  world.run(100);

  const beyond = 2 + 200 - 32;
  expect(bytesOf(world.engine.answer('usage'), 'bobs-app')?.down).toBe(2 * (12 + keyframe.length) + beyond);
});

test('what was taken is not told again, and an account without traffic is not told at all', () => {
  const { world, publisher } = call();
  publisher.publishFor(330);
  const first = bytesOf(world.engine.answer('usage'), 'bobs-app')?.down ?? 0;
  const silent = world.engine.answer('usage');
  publisher.publishFor(330);
  const second = bytesOf(world.engine.answer('usage'), 'bobs-app')?.down ?? 0;

  expect(silent).toEqual([]);
  expect(first).toBeGreaterThan(0);
  expect(second).toBeGreaterThan(0);
  expect(first + second).toBe(publisher.packetsSent * PACKET_BYTES);
});

test('one app is one account, however many of its peers there are', () => {
  const { world, publisher } = call({ alicesAccount: 'app', bobsAccount: 'app' });
  world.subscribe(world.connectPeer('carol', CLEAN_LINK, 'app'), { sourceTrackId: 'camera', ssrc: 80 });

  publisher.publishFor(330);

  const sentBytes = publisher.packetsSent * PACKET_BYTES;
  expect(world.engine.answer('usage')).toMatchObject([
    { account: 'app', bytes: { down: 2 * sentBytes, up: sentBytes, relay: 0, retransmitted: 0, data: 0 } },
  ]);
});

test('what each peer gets of each track is told apart, and tracks are called as plans say', () => {
  const { world, publisher } = call({ alicesAccount: 'app', bobsAccount: 'app' });
  world.subscribe(world.connectPeer('carol', CLEAN_LINK, 'app'), { sourceTrackId: 'camera', ssrc: 80, chargedAs: 'alice/front' });

  publisher.publishFor(330);

  const bytes = publisher.packetsSent * PACKET_BYTES;
  const nothing = { down: 0, up: 0, relay: 0, retransmitted: 0, data: 0 };
  const [usage] = world.engine.answer('usage');
  expect(usage?.parts).toEqual([
    { transportId: 'alice', track: 'camera', kind: 'video', bytes: { ...nothing, up: bytes } },
    { transportId: 'bob', track: 'camera', kind: 'video', bytes: { ...nothing, down: bytes } },
    { transportId: 'carol', track: 'alice/front', kind: 'video', bytes: { ...nothing, down: bytes } },
  ]);
});

test('a subscription that moves to another track is charged for each of them what it got of it', () => {
  const { world, publisher } = call();
  const screen = world.connectPeer('dave', CLEAN_LINK, 'daves-app');
  world.publish(screen, { trackId: 'screen', ssrcs: [{ ssrc: 9, rtxSsrc: undefined }] });
  const other = new PublishingPeer(world, screen, new VideoSource({ ssrc: 9, payloadBytes: PAYLOAD_BYTES }));
  publisher.publishFor(330);

  world.subscribe({ id: 'bob' }, { sourceTrackId: 'screen', ssrc: 70, rtxSsrc: 71, extensions: [{ id: 1, uri: MID_URI }] });
  other.publishFor(165);

  const parts = world.engine.answer('usage').find(({ account }) => account === 'bobs-app')?.parts;
  expect(parts?.map(({ track, bytes }) => [track, bytes.down])).toEqual([
    ['camera', publisher.packetsSent * PACKET_BYTES],
    ['screen', other.packetsSent * PACKET_BYTES],
  ]);
});

test.each([
  [
    'a subscription ends',
    (world: VirtualWorld) => world.engine.handleCommand(world.nowMs, { type: 'remove-subscriber-track', subscriptionId: 'bob/70' }),
  ],
  [
    'its transport closes',
    (world: VirtualWorld) => world.engine.handleCommand(world.nowMs, { type: 'close-transport', transportId: 'bob' }),
  ],
  ['the engine closes', (world: VirtualWorld) => world.engine.close(world.nowMs)],
  ['its peer is gone for good', (world: VirtualWorld) => world.run(60_000)],
])('nothing is left out when %s', (_what, end) => {
  const { world, publisher } = call();
  publisher.publishFor(330);

  end(world);

  const usage = world.engine.answer('usage');
  expect(bytesOf(usage, 'bobs-app')?.down).toBe(publisher.packetsSent * PACKET_BYTES);
  expect(world.engine.answer('usage')).toEqual([]);
});

test('what a publisher sent before it changed its SSRC is counted, too', () => {
  const { world, publisher } = call();
  publisher.publishFor(330);
  world.publish({ id: 'alice' }, { trackId: 'camera', ssrcs: [{ ssrc: 8, rtxSsrc: undefined }] });
  const again = new PublishingPeer(world, publisher.peer, new VideoSource({ ssrc: 8, payloadBytes: PAYLOAD_BYTES }));
  again.publishFor(330);

  world.engine.handleCommand(world.nowMs, { type: 'remove-publisher-track', trackId: 'camera' });

  const sentBytes = (publisher.packetsSent + again.packetsSent) * PACKET_BYTES;
  expect(bytesOf(world.engine.answer('usage'), 'alices-app')?.up).toBe(sentBytes);
});

test('under loss the bill is what was sent the first time; what was sent again is told apart', () => {
  const { world, publisher, receiver } = call();
  world.linksOf(receiver.peer.path).down.impairment = { ...CLEAN_LINK, lossProbability: 0.1 };
  receiver.askForMissing(8000);
  world.keepAlive(publisher.peer, 8000);
  world.keepAlive(receiver.peer, 8000);

  publisher.publishFor(6000);
  world.run(1500);

  const bytes = bytesOf(world.engine.answer('usage'), 'bobs-app');
  expect(receiver.repairedByRtx).toBeGreaterThan(30);
  expect(bytes?.down).toBe(publisher.packetsSent * PACKET_BYTES);
  // Some of those were lost as well.
  expect(bytes?.retransmitted).toBeGreaterThanOrEqual(receiver.repairedByRtx * RTX_PACKET_BYTES);
});

test('a peer that cannot be sent to is not charged for what it does not get', () => {
  const { world, publisher } = call();
  publisher.publishFor(330);
  // Bob has stopped checking: his consent ends.
  world.keepAlive(publisher.peer, 40_000);
  world.run(31_000);
  world.engine.answer('usage');

  publisher.publishFor(330);

  expect(bytesOf(world.engine.answer('usage'), 'bobs-app')).toBeUndefined();
});

test('peers without an account cost nobody anything', () => {
  const world = new VirtualWorld(7);
  const alice = world.connectPeer('alice');
  world.publish(alice, { trackId: 'camera', ssrcs: [{ ssrc: ALICE_SSRC, rtxSsrc: undefined }] });
  world.subscribe(world.connectPeer('bob'), { sourceTrackId: 'camera', ssrc: 70 });

  new PublishingPeer(world, alice, new VideoSource({ ssrc: ALICE_SSRC })).publishFor(330);

  expect(world.engine.answer('usage')).toEqual([]);
});

test('a link to another node is charged to whom the track belongs, apart from what peers get', () => {
  const linked = new LinkedCall({ payloadBytes: PAYLOAD_BYTES });
  linked.announce('camera', [{ ssrc: LINK_SSRC, rtxSsrc: LINK_SSRC + 1 }]);
  linked.send({ sourceTrackId: 'camera', ssrc: LINK_SSRC, rtxSsrc: LINK_SSRC + 1, account: 'app' });
  linked.subscribeBob();

  linked.runFor(1000);

  const relay = linked.publisher.packetsSent * PACKET_BYTES;
  expect(linked.a.engine.answer('usage')).toMatchObject([
    {
      bytes: { down: 0, up: 0, relay, retransmitted: 0, data: 0 },
      parts: [{ transportId: undefined, track: 'camera', kind: 'video', bytes: { relay } }],
    },
  ]);
  // What comes in over a link was counted where it was published.
  expect(linked.b.engine.answer('usage')).toEqual([]);
});

test('a link within the process costs nobody anything', () => {
  const linked = new LinkedCall({ security: 'plain', payloadBytes: PAYLOAD_BYTES });
  linked.relay();

  linked.runFor(330);

  expect(linked.a.engine.plainTraffic.rtpPacketsSent).toBeGreaterThan(0);
  expect(linked.a.engine.answer('usage')).toEqual([]);
});
