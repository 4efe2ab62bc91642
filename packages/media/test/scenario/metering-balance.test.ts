/** What was sent, as it is counted for the bill and as it left on the wire. */
import { CLEAN_LINK, PublishingPeer, ReceivingPeer, VideoSource, VirtualWorld } from '@causeway/testkit';

const ROUND_MS = 4_000;

/** A call on paths that lose a tenth, with and without RTX, whose second viewer leaves before its end. */
function lossyCall() {
  const world = new VirtualWorld(17);
  const [alice, bob, carol] = [world.connectPeer('alice'), world.connectPeer('bob'), world.connectPeer('carol')];
  for (const { path } of [bob, carol]) world.linksOf(path).down.impairment = { ...CLEAN_LINK, delayMs: 20, lossProbability: 0.1 };
  world.publish(alice, { trackId: 'camera', ssrcs: [{ ssrc: 7, rtxSsrc: undefined }] });
  world.subscribe(bob, { subscriptionId: 'to bob', sourceTrackId: 'camera', ssrc: 70, rtxSsrc: 71, account: 'app' });
  world.subscribe(carol, { subscriptionId: 'to carol', sourceTrackId: 'camera', ssrc: 80, account: 'app' });
  const publisher = new PublishingPeer(world, alice, new VideoSource({ ssrc: 7 }));
  const viewers = [new ReceivingPeer(world, bob, { ssrc: 70, rtxSsrc: 71 }), new ReceivingPeer(world, carol, { ssrc: 80 })];
  for (const viewer of viewers) viewer.askForMissing(2 * ROUND_MS);
  for (const peer of [alice, bob, carol]) world.keepAlive(peer, 2 * ROUND_MS);
  publisher.publishFor(ROUND_MS);
  world.engine.handleCommand(world.nowMs, { type: 'remove-subscriber-track', subscriptionId: 'to carol' });
  publisher.publishFor(ROUND_MS / 2);
  world.run(500);
  return world.engine;
}

test('packets are counted as they left, repetitions apart, of subscriptions that have ended, too', () => {
  const engine = lossyCall();
  const { countedPackets, repeatedPackets } = engine.meteringBalance();
  const { rtpPacketsSent, probePacketsSent } = engine.traffic;

  expect(countedPackets).toBeGreaterThan(400);
  expect(repeatedPackets).toBeGreaterThan(40);
  expect(countedPackets + repeatedPackets).toBe(rtpPacketsSent - probePacketsSent);
});

test('no more bytes are charged than left, and nearly as many', () => {
  const engine = lossyCall();
  engine.answer('usage');
  const { chargedBytes } = engine.meteringBalance();

  expect(chargedBytes).toBeLessThanOrEqual(engine.traffic.rtpBytesSent);
  expect(chargedBytes).toBeGreaterThan(engine.traffic.rtpBytesSent * 0.9);
});
