import { PublishingPeer, ReceivingPeer, serialOf, VideoSource, type VideoSourceOptions, VirtualWorld } from '@causeway/testkit';
import { writeFir, writePli } from '@causeway/wire';

function publishing(world: VirtualWorld, shape: Pick<VideoSourceOptions, 'packetsPerFrame' | 'probesPerFrame'> = {}): PublishingPeer {
  const alice = world.connectPeer('alice');
  world.publish(alice, { trackId: 'camera', ssrcs: [{ ssrc: 7, rtxSsrc: undefined }] });
  world.keepAlive(alice, 20_000);
  return new PublishingPeer(world, alice, new VideoSource({ ssrc: 7, ...shape }));
}

/** RTP or RTCP. */
function isMedia(datagram: Uint8Array): boolean {
  return (datagram[0] ?? 0) >= 128;
}

function isKeyframeStart(datagram: Uint8Array): boolean {
  return isMedia(datagram) && datagram[12] === 0x90 && ((datagram[17] ?? 1) & 1) === 0;
}

test('a late subscriber gets a picture within one round trip and a frame', () => {
  const world = new VirtualWorld();
  const publisher = publishing(world);
  publisher.publishFor(2000);
  const bob = world.connectPeer('bob');
  const subscribedMs = world.nowMs;
  world.subscribe(bob, { sourceTrackId: 'camera', ssrc: 70 });

  publisher.publishFor(300);

  expect((bob.received[0]?.atMs ?? Number.POSITIVE_INFINITY) - subscribedMs).toBeLessThanOrEqual(2 * 10 + 33 + 10);
});

test.each([0, 4])('who comes a moment after a keyframe begins with it, %i probes behind each frame', (probesPerFrame) => {
  const world = new VirtualWorld();
  const publisher = publishing(world, { probesPerFrame });
  const early = world.connectPeer('early');
  const late = world.connectPeer('late');
  world.subscribe(early, { sourceTrackId: 'camera', ssrc: 70 });
  publisher.publishFor(2000);
  publisher.keyframeRequestsMs.length = 0;
  early.sendRtcp(world.nowMs, (out, offset) => writePli(out, offset, { senderSsrc: 1, mediaSsrc: 70 }));
  publisher.publishFor(132);
  const receiver = new ReceivingPeer(world, late, { ssrc: 71 });

  world.subscribe(late, { sourceTrackId: 'camera', ssrc: 71 });
  world.run(15);
  const atOnce = receiver.packets.size;
  publisher.publishFor(330);

  expect(publisher.keyframeRequestsMs.length).toBe(1);
  expect(atOnce).toBeGreaterThan(0);
  expect(receiver.missing).toEqual([]);
  expect(receiver.duplicates).toBe(0);
  expect(receiver.packets.size).toBe(atOnce + 10 * 3);
});

test('whose connection stands a moment after a keyframe begins with it, having subscribed before', () => {
  const world = new VirtualWorld();
  const publisher = publishing(world, { packetsPerFrame: 10 });
  const early = world.connectPeer('early');
  const late = world.addPeer('late');
  const receiver = new ReceivingPeer(world, late, { ssrc: 71 });
  world.subscribe(early, { sourceTrackId: 'camera', ssrc: 70 });
  world.subscribe(late, { sourceTrackId: 'camera', ssrc: 71 });
  publisher.publishFor(2000);
  publisher.keyframeRequestsMs.length = 0;
  early.sendRtcp(world.nowMs, (out, offset) => writePli(out, offset, { senderSsrc: 1, mediaSsrc: 70 }));
  publisher.publishFor(99);
  late.check(world.nowMs);
  publisher.publishFor(66);
  late.handshake(world.nowMs);
  world.run(30);
  const atOnce = receiver.packets.size;

  publisher.publishFor(660);

  expect(publisher.keyframeRequestsMs.length).toBe(1);
  // The keyframe, and three frames since.
  expect(atOnce).toBe(4 * 10);
  expect(receiver.missing).toEqual([]);
  expect(receiver.packets.size).toBe(atOnce + 20 * 10);
});

test.each([60, 120])('a keyframe of %i packets whose first was lost is sent whole once that is repaired', (packetsPerFrame) => {
  const world = new VirtualWorld();
  const publisher = publishing(world, { packetsPerFrame });
  const early = world.connectPeer('early');
  const late = world.connectPeer('late');
  world.subscribe(early, { sourceTrackId: 'camera', ssrc: 70 });
  publisher.publishFor(660);
  let lost = 0;
  world.linksOf(publisher.peer.path).up.lose = (datagram) => isKeyframeStart(datagram) && lost++ === 0;
  const receiver = new ReceivingPeer(world, late, { ssrc: 71 });
  world.subscribe(late, { sourceTrackId: 'camera', ssrc: 71 });

  publisher.publishFor(660);
  world.run(100);

  const serials = receiver.inOrder.map(({ payload }) => serialOf(payload));
  expect(lost).toBeGreaterThan(1);
  expect((serials[0] ?? 1) % packetsPerFrame).toBe(0);
  expect(serials).toEqual(serials.map((_, index) => (serials[0] ?? 0) + index));
  expect(receiver.missing).toEqual([]);
});

test('a keyframe that begins so late that too much has passed since is not begun with, but another', () => {
  const world = new VirtualWorld();
  const publisher = publishing(world, { packetsPerFrame: 100 });
  const early = world.connectPeer('early');
  const late = world.connectPeer('late');
  world.subscribe(early, { sourceTrackId: 'camera', ssrc: 70 });
  publisher.publishFor(660);
  const receiver = new ReceivingPeer(world, late, { ssrc: 71 });
  // The first packet of the first one comes through on the fourth try.
  let lost = 0;
  world.linksOf(publisher.peer.path).up.lose = (datagram) => isKeyframeStart(datagram) && lost++ < 3;
  world.subscribe(late, { sourceTrackId: 'camera', ssrc: 71 });

  publisher.publishFor(1320);
  world.run(100);

  const serials = receiver.inOrder.map(({ payload }) => serialOf(payload));
  expect(lost).toBeGreaterThan(3);
  expect(serials.length).toBeGreaterThan(500);
  expect(serials).toEqual(serials.map((_, index) => (serials[0] ?? 0) + index));
  expect(receiver.missing).toEqual([]);
});

test('after an interruption too long to be repaired the publisher is asked for a keyframe at once', () => {
  const world = new VirtualWorld();
  const publisher = publishing(world, { packetsPerFrame: 20 });
  const bob = world.connectPeer('bob');
  world.subscribe(bob, { sourceTrackId: 'camera', ssrc: 70 });
  publisher.publishFor(660);
  publisher.keyframeRequestsMs.length = 0;
  const { up } = world.linksOf(publisher.peer.path);
  up.lose = isMedia;
  publisher.publishFor(1500);
  up.lose = () => false;
  const resumedAtMs = world.nowMs;

  publisher.publishFor(660);

  expect(publisher.keyframeRequestsMs).toHaveLength(1);
  expect((publisher.keyframeRequestsMs[0] ?? 0) - resumedAtMs).toBeLessThan(50);
});

test('who joins while the publisher cannot be reached gets a picture when it can be again, however long that took', () => {
  const world = new VirtualWorld();
  const publisher = publishing(world);
  const bob = world.connectPeer('bob');
  world.keepAlive(bob, 20_000);
  publisher.publishFor(1000);
  const { up, down } = world.linksOf(publisher.peer.path);
  for (const link of [up, down]) link.lose = isMedia;
  world.subscribe(bob, { sourceTrackId: 'camera', ssrc: 70 });
  publisher.publishFor(10_000, 500);
  for (const link of [up, down]) link.lose = () => false;

  publisher.publishFor(500);

  expect(bob.received.length).toBeGreaterThan(20);
});

test('a hundred subscribers asking for keyframes all the time reach the publisher at most twice a second', () => {
  const world = new VirtualWorld();
  const publisher = publishing(world);
  const peers = Array.from({ length: 100 }, (_, index) => world.connectPeer(`bob${index}`));
  peers.forEach((peer, index) => {
    world.subscribe(peer, { sourceTrackId: 'camera', ssrc: 1000 + index });
    world.keepAlive(peer, 12_000);
  });
  publisher.publishFor(2000);
  publisher.keyframeRequestsMs.length = 0;
  for (let afterMs = 0; afterMs < 10_000; afterMs += 50) {
    world.after(afterMs, (nowMs) => {
      peers.forEach((peer, index) => {
        const mediaSsrc = 1000 + index;
        if (index % 2 === 0) peer.sendRtcp(nowMs, (out, offset) => writePli(out, offset, { senderSsrc: 1, mediaSsrc }));
        else
          peer.sendRtcp(nowMs, (out, offset) =>
            writeFir(out, offset, { senderSsrc: 1, entries: [{ ssrc: mediaSsrc, commandSequence: 1 }] }),
          );
      });
    });
  }

  publisher.publishFor(10_000);

  const gaps = publisher.keyframeRequestsMs.slice(1).map((atMs, index) => atMs - (publisher.keyframeRequestsMs[index] ?? 0));
  expect(publisher.keyframeRequestsMs.length).toBeGreaterThan(10);
  expect(Math.min(...gaps)).toBeGreaterThanOrEqual(500);
});

test('a publisher that changes its SSRC goes on, after a keyframe, in the same outgoing stream', () => {
  const world = new VirtualWorld();
  const alice = world.connectPeer('alice');
  const bob = world.connectPeer('bob');
  const midExtension = { id: 4, uri: 'urn:ietf:params:rtp-hdrext:sdes:mid' };
  const extensions = new Map([[4, Uint8Array.of(0x30)]]);
  world.publish(alice, { trackId: 'camera', mid: '0', extensions: [midExtension] });
  world.subscribe(bob, { sourceTrackId: 'camera', ssrc: 70 });
  const receiver = new ReceivingPeer(world, bob, { ssrc: 70 });
  const before = new PublishingPeer(world, alice, new VideoSource({ ssrc: 7, extensions }));
  before.publishFor(1000);
  const receivedBefore = receiver.packets.size;
  const after = new PublishingPeer(world, alice, new VideoSource({ ssrc: 8, firstSequence: 5, firstTimestamp: 4_000_000_000, extensions }));

  after.publishFor(1000);

  const packets = receiver.inOrder;
  const first = packets[receivedBefore];
  expect(receivedBefore).toBeGreaterThan(60);
  expect(packets.length).toBeGreaterThan(receivedBefore + 60);
  expect(receiver.missing).toEqual([]);
  expect(new Set(bob.received.map(({ ssrc }) => ssrc))).toEqual(new Set([70]));
  // The old stream's last frame and the new one's first are about a frame apart in the receiver's clock.
  const stepTicks = ((first?.timestamp ?? 0) - (packets[receivedBefore - 1]?.timestamp ?? 0)) >>> 0;
  expect(stepTicks).toBeGreaterThan(0);
  expect(stepTicks).toBeLessThan(90_000 / 2);
  expect(serialOf(first?.payload ?? new Uint8Array(4))).toBe(0);
});

test('when the uplink is free again, a keyframe is asked for on behalf of those who have lost video, and of nobody else', () => {
  const world = new VirtualWorld();
  const publisher = publishing(world);
  const [bob, carol] = [world.connectPeer('bob'), world.connectPeer('carol')];
  world.subscribe(bob, { sourceTrackId: 'camera', ssrc: 70 });
  world.subscribe(carol, { sourceTrackId: 'camera', ssrc: 71 });
  publisher.publishFor(2000);
  const askAsOftenAsMayBe = (): void => bob.sendRtcp(world.nowMs, (out, offset) => writePli(out, offset, { senderSsrc: 1, mediaSsrc: 70 }));
  for (let each = 0; each < 20; each++) {
    askAsOftenAsMayBe();
    publisher.publishFor(250);
  }
  publisher.keyframeRequestsMs.length = 0;

  world.engine.uplinkFreed(world.nowMs);
  publisher.publishFor(66);
  const withoutLoss = publisher.keyframeRequestsMs.length;
  bob.path.hasLostVideo = true;
  const freedAtMs = world.nowMs;
  world.engine.uplinkFreed(freedAtMs);
  publisher.publishFor(600);

  expect(withoutLoss).toBe(0);
  expect(publisher.keyframeRequestsMs.length).toBe(1);
  expect((publisher.keyframeRequestsMs[0] ?? Number.POSITIVE_INFINITY) - freedAtMs).toBeLessThan(500);
  expect(bob.path.hasLostVideo).toBe(false);
});
