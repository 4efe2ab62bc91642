/** Probes: packets that find out what a path carries before more is sent on it, and that nobody pays for. */
import { Bottleneck, CLEAN_LINK, PublishingPeer, type ScriptedPeer, seededRandom, VideoSource, VirtualWorld, VP8 } from '@causeway/testkit';
import { TRANSPORT_WIDE_CC_URI } from '@causeway/wire';
import { reportTransportWide } from './report-transport-wide.ts';

const NUMBERED = [{ id: 5, uri: TRANSPORT_WIDE_CC_URI }];
const WITH_RTX = { ...VP8, rtxPayloadType: 97 };
const SSRC = 70;
const RTX_SSRC = 71;
const WATCH_FOR_MS = 8000;

interface Watching {
  readonly world: VirtualWorld;
  readonly bob: ScriptedPeer;
  readonly publisher: PublishingPeer;
}

/** Alice's camera of about 650 kbit/s; Bob watches it, and reports what he receives. */
function watch(options: { readonly rtx?: boolean; readonly feedback?: boolean } = {}): Watching {
  const { rtx = true, feedback = true } = options;
  const world = new VirtualWorld(7);
  const alice = world.connectPeer('alice');
  const bob = world.connectPeer('bob', CLEAN_LINK, 'app');
  world.publish(alice, { trackId: 'camera', codecs: [WITH_RTX], ssrcs: [{ ssrc: 7, rtxSsrc: undefined }] });
  const publisher = new PublishingPeer(world, alice, new VideoSource({ ssrc: 7, payloadBytes: 900 }));
  const codecs = [rtx ? WITH_RTX : VP8];
  world.subscribe(bob, {
    sourceTrackId: 'camera',
    ssrc: SSRC,
    rtxSsrc: rtx ? RTX_SSRC : undefined,
    codecs,
    extensions: NUMBERED,
  });
  for (const peer of [alice, bob]) world.keepAlive(peer, WATCH_FOR_MS);
  if (feedback) reportTransportWide(world, bob, WATCH_FOR_MS);
  return { world, bob, publisher };
}

function targetOf({ world }: Watching): number {
  const bob = world.engine.snapshot(world.nowMs).transports.find(({ transportId }) => transportId === 'bob');
  return bob?.estimate?.targetBps ?? Number.NaN;
}

function probesTo(peer: ScriptedPeer) {
  return peer.received.filter(({ ssrc }) => ssrc === RTX_SSRC);
}

test('probes raise the estimate of a wide path above what is sent, on the stream for retransmissions', () => {
  const call = watch();

  call.publisher.publishFor(WATCH_FOR_MS);

  expect(targetOf(call)).toBeGreaterThan(680_000);
  expect(probesTo(call.bob).length).toBeGreaterThan(6);
  expect(call.world.engine.traffic.probePacketsSent).toBe(probesTo(call.bob).length);
});

test('probes are few, and nobody is charged for them', () => {
  const { world, bob, publisher } = watch();

  publisher.publishFor(WATCH_FOR_MS);

  const { probeBytesSent, rtpBytesSent } = world.engine.traffic;
  expect(probeBytesSent).toBeGreaterThan(0);
  expect(probeBytesSent / rtpBytesSent).toBeLessThan(0.05);
  const usage = world.engine.answer('usage').find(({ account }) => account === 'app');
  const media = bob.received.filter(({ ssrc }) => ssrc === SSRC);
  expect(usage?.bytes.retransmitted).toBe(0);
  expect(usage?.bytes.down).toBe(media.reduce((sum, { payload }) => sum + payload.length + 12, 0));
});

test('a probe never lasts beyond what it is worth, and stops when the path fills', () => {
  const call = watch();
  const { down } = call.world.linksOf(call.bob.path);
  down.bottleneck = new Bottleneck(seededRandom(4), { rateBps: 400_000, queueMs: 300 });

  call.publisher.publishFor(WATCH_FOR_MS);

  const { probeBytesSent, rtpBytesSent } = call.world.engine.traffic;
  expect(targetOf(call)).toBeLessThan(420_000);
  expect(probeBytesSent / rtpBytesSent).toBeLessThan(0.03);
});

test('a peer that has negotiated feedback and gives none is not probed for long', () => {
  const call = watch({ feedback: false });

  call.publisher.publishFor(WATCH_FOR_MS);

  const { probePacketsSent } = call.world.engine.traffic;
  call.world.run(WATCH_FOR_MS);
  expect(probePacketsSent).toBeLessThan(30);
  expect(call.world.engine.traffic.probePacketsSent).toBe(probePacketsSent);
  expect(targetOf(call)).toBeNaN();
});

test('an idle peer costs no timer', () => {
  const { world, publisher } = watch();
  publisher.publishFor(1000);
  const whileSending = world.engine.snapshot(world.nowMs).timers;

  world.run(7000);

  expect(world.engine.snapshot(world.nowMs).timers).toBeLessThan(whileSending);
});
