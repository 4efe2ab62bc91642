/** What the engine tells of the last minutes of a call on a lossy path. */
import { CLEAN_LINK, PublishingPeer, ReceivingPeer, VideoSource, VirtualWorld, VP8 } from '@causeway/testkit';
import { writeReceiverReport } from '@causeway/wire';

const SECOND_MS = 1_000;

test('of a peer that does not exist, or has no tracks, there are no samples', () => {
  const world = new VirtualWorld();
  const alice = world.connectPeer('alice');
  world.keepAlive(alice, 20 * SECOND_MS);
  world.run(20 * SECOND_MS);

  expect(world.engine.answer('quality', 'nobody')).toEqual([]);
  expect(world.engine.answer('quality', 'alice')).toEqual([]);
  expect(world.engine.answer('newest-quality', 'alice')).toBeUndefined();
});

test('samples of both ends say what the path carried and lost', () => {
  const world = new VirtualWorld(3);
  const [alice, bob] = [world.connectPeer('alice'), world.connectPeer('bob')];
  world.linksOf(alice.path).up.impairment = { ...CLEAN_LINK, delayMs: 20, lossProbability: 0.1 };
  // Lost packets are not sent again, since without RTX they could not be told from the others.
  world.publish(alice, { trackId: 'camera', ssrcs: [{ ssrc: 7, rtxSsrc: undefined }], codecs: [{ ...VP8, nack: false }] });
  world.subscribe(bob, { subscriptionId: 'watched', sourceTrackId: 'camera', ssrc: 70 });
  const publisher = new PublishingPeer(world, alice, new VideoSource({ ssrc: 7 }));
  const watcher = new ReceivingPeer(world, bob, { ssrc: 70 });
  for (const peer of [alice, bob]) world.keepAlive(peer, 16 * SECOND_MS);
  for (let second = 1; second <= 16; second++) {
    world.after(second * SECOND_MS, (nowMs) => {
      // Two in a hundred are reported as lost, which is no reason to send less.
      const report = { ssrc: 70, fractionLost: 5, cumulativeLost: second * 2, extendedHighestSeq: second * 100, jitterTicks: 0 };
      const reports = [{ ...report, lastSenderReport: 0, delaySinceLastSenderReport: 0 }];
      bob.sendRtcp(nowMs, (out, offset) => writeReceiverReport(out, offset, { senderSsrc: 1, reports }));
    });
  }

  publisher.publishFor(16 * SECOND_MS);

  const [ofAlice, ofBob] = ['alice', 'bob'].map((id) => world.engine.answer('quality', id));
  expect(ofAlice?.length).toBeGreaterThanOrEqual(2);
  expect(ofBob?.length).toBe(ofAlice?.length);
  for (const { publications, subscriptions } of ofAlice ?? []) {
    expect(subscriptions).toEqual([]);
    expect(publications).toEqual([{ id: 'camera', bitrateBps: expect.any(Number), lossRatio: expect.any(Number), rid: undefined }]);
    expect(publications[0]?.lossRatio).toBeGreaterThan(0.05);
    expect(publications[0]?.lossRatio).toBeLessThan(0.17);
  }
  for (const { publications, subscriptions } of ofBob ?? []) {
    expect(publications).toEqual([]);
    expect(subscriptions).toMatchObject([{ id: 'watched', bitrateBps: expect.any(Number), rid: '' }]);
  }
  // The first report came after the counters were read for the first time, so nothing is known of the first interval.
  const losses = ofBob?.map(({ subscriptions }) => subscriptions[0]?.lossRatio) ?? [];
  expect(losses[0]).toBeUndefined();
  for (const loss of losses.slice(1)) expect(loss).toBeCloseTo(0.02, 3);
  // The rates of both ends are of the same packets.
  const [sent, received] = [ofBob?.at(-1)?.subscriptions[0]?.bitrateBps ?? 0, ofAlice?.at(-1)?.publications[0]?.bitrateBps ?? 0];
  expect(watcher.packets.size).toBeGreaterThan(300);
  expect(sent / received).toBeGreaterThan(0.85);
  expect(sent / received).toBeLessThan(1.15);
  expect(world.engine.answer('newest-quality', 'bob')).toEqual(ofBob?.at(-1));
});
