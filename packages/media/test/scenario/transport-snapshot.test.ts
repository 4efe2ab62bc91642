/** What the engine knows of a peer of which somebody asks why there is no picture. */
import type { TransportSnapshot } from '@causeway/media';
import { OPUS, PublishingPeer, ReceivingPeer, VideoSource, VirtualWorld } from '@causeway/testkit';

function snapshotOf(world: VirtualWorld, transportId: string): TransportSnapshot {
  world.engine.handleTimeout(world.nowMs);
  const snapshot = world.engine.answer('transport', transportId);
  if (snapshot === undefined) throw new Error(`there is no transport ${transportId}`);
  return snapshot;
}

test('of a transport that does not exist there is nothing to tell', () => {
  expect(new VirtualWorld().engine.answer('transport', 'nobody')).toBeUndefined();
});

describe('the way to a peer', () => {
  test('is none before an authenticated check', () => {
    const world = new VirtualWorld();
    world.addPeer('alice');
    world.run(3_000);

    expect(snapshotOf(world, 'alice')).toMatchObject({ state: 'new', path: 'none', isSecure: false, openMs: 3_000 });
  });

  test('is unproven while none of our checks is answered', () => {
    const world = new VirtualWorld();
    const alice = world.addPeer('alice');
    alice.answersChallenges = false;
    alice.check(world.nowMs);
    world.run(3_000);

    expect(snapshotOf(world, 'alice')).toMatchObject({ state: 'connecting', path: 'unproven', isSecure: false });
  });

  test('is proven by the answer to a check, before there are keys', () => {
    const world = new VirtualWorld();
    world.addPeer('alice').check(world.nowMs);
    world.run(1_000);

    expect(snapshotOf(world, 'alice')).toMatchObject({ state: 'connecting', path: 'proven', isSecure: false });
  });

  test('is silent for as long as nothing authentic has come', () => {
    const world = new VirtualWorld();
    const alice = world.connectPeer('alice');
    alice.check(world.nowMs);
    world.run(7_000);

    expect(snapshotOf(world, 'alice')).toMatchObject({ state: 'disconnected', path: 'proven', isSecure: true });
    expect(snapshotOf(world, 'alice').silentMs).toBeCloseTo(7_000, -2);
  });
});

describe('a publication', () => {
  test('has never been heard, or for a while', () => {
    const world = new VirtualWorld();
    const alice = world.connectPeer('alice');
    world.publish(alice, { trackId: 'camera', ssrcs: [{ ssrc: 7, rtxSsrc: undefined }] });
    const before = snapshotOf(world, 'alice').publisherTracks[0]?.silentMs;
    new PublishingPeer(world, alice, new VideoSource({ ssrc: 7 })).publishFor(500);
    world.run(4_000);

    expect(before).toBeUndefined();
    expect(snapshotOf(world, 'alice').publisherTracks[0]?.silentMs).toBeCloseTo(4_000, -2);
  });
});

describe('a subscription', () => {
  /** Alice publishes a camera that Bob subscribes to. */
  function call(subscribed: Parameters<VirtualWorld['subscribe']>[1] = { sourceTrackId: 'camera', ssrc: 70 }) {
    const world = new VirtualWorld();
    const alice = world.connectPeer('alice');
    const bob = world.connectPeer('bob');
    world.publish(alice, { trackId: 'camera', ssrcs: [{ ssrc: 7, rtxSsrc: undefined }] });
    world.subscribe(bob, subscribed);
    return { world, alice, bob, publisher: new PublishingPeer(world, alice, new VideoSource({ ssrc: 7 })) };
  }

  test('is sent what its publisher sends', () => {
    const { world, bob, publisher } = call();
    new ReceivingPeer(world, bob, { ssrc: 70 });
    publisher.publishFor(3_000);

    const [track] = snapshotOf(world, 'bob').subscriberTracks;
    expect(track).toMatchObject({ isPaused: false, quality: 'full', awaitsKeyframe: false });
    expect(track?.source).toMatchObject({ isLinked: false, hasCommonCodec: true });
    expect(track?.source?.silentMs).toBeLessThan(100);
    expect(track?.packetsSent).toBeGreaterThan(100);
  });

  test('waits for a keyframe that its publisher does not send', () => {
    const { world, alice } = call();
    const source = new VideoSource({ ssrc: 7 });
    source.nextFrame('key');
    for (let frame = 0; frame < 90; frame++) {
      for (const packet of source.nextFrame('inter')) alice.sendRtp(world.nowMs, packet);
      world.run(33);
    }

    const [track] = snapshotOf(world, 'bob').subscriberTracks;
    expect(track).toMatchObject({ awaitsKeyframe: true, packetsSent: 0 });
    expect(track?.source?.layers[0]?.keyframeAwaitedMs).toBeGreaterThan(2_000);
  });

  test('has no codec in common with its publication', () => {
    const { world, publisher } = call({ sourceTrackId: 'camera', ssrc: 70, codecs: [OPUS] });
    publisher.publishFor(500);

    expect(snapshotOf(world, 'bob').subscriberTracks[0]?.source?.hasCommonCodec).toBe(false);
  });

  test('is left without a source once that is gone', () => {
    const { world } = call();
    world.engine.handleCommand(world.nowMs, { type: 'remove-publisher-track', trackId: 'camera' });

    expect(snapshotOf(world, 'bob').subscriberTracks[0]?.source).toBeUndefined();
  });
});
