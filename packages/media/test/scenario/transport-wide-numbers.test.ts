/** Transport-wide numbers on what is sent, and what the engine makes of the feedback on them. */
import {
  Bottleneck,
  CLEAN_LINK,
  type Impairment,
  OPUS,
  PublishingPeer,
  ReceivingPeer,
  type ScriptedPeer,
  seededRandom,
  VideoSource,
  VirtualWorld,
  VP8,
} from '@causeway/testkit';
import { type ExtendedSeq, PLAYOUT_DELAY_URI, TRANSPORT_WIDE_CC_URI, TransportFeedbackWriter, writeNack } from '@causeway/wire';
import { reportTransportWide, transportNumberIn } from './report-transport-wide.ts';

const NUMBERED = [{ id: 5, uri: TRANSPORT_WIDE_CC_URI }];
const FEEDBACK_FOR_MS = 30_000;

interface Call {
  readonly world: VirtualWorld;
  readonly alice: ScriptedPeer;
  readonly bob: ScriptedPeer;
  readonly publisher: PublishingPeer;
}

/** Alice's camera, ninety packets a second, and nobody who watches yet. */
function call(payloadBytes = 500): Call {
  const world = new VirtualWorld(7);
  const alice = world.connectPeer('alice');
  const bob = world.connectPeer('bob');
  world.publish(alice, { trackId: 'camera', ssrcs: [{ ssrc: 7, rtxSsrc: undefined }] });
  const publisher = new PublishingPeer(world, alice, new VideoSource({ ssrc: 7, payloadBytes }));
  return { world, alice, bob, publisher };
}

function estimateOf({ world }: Call, id = 'bob') {
  return world.engine.snapshot(world.nowMs).transports.find(({ transportId }) => transportId === id)?.estimate;
}

test('sound, picture and retransmissions to one peer share one run of numbers', () => {
  const scene = call();
  const { world, alice, bob, publisher } = scene;
  world.publish(alice, { trackId: 'microphone', mid: '1', kind: 'audio', codecs: [OPUS], ssrcs: [{ ssrc: 9, rtxSsrc: undefined }] });
  world.subscribe(bob, { sourceTrackId: 'camera', ssrc: 70, rtxSsrc: 71, extensions: NUMBERED });
  world.subscribe(bob, { sourceTrackId: 'microphone', ssrc: 90, kind: 'audio', codecs: [OPUS], extensions: NUMBERED });
  world.linksOf(bob.path).down.impairment = { ...CLEAN_LINK, lossProbability: 0.1 };
  const receiver = new ReceivingPeer(world, bob, { ssrc: 70, rtxSsrc: 71 });
  receiver.askForMissing(3000);
  for (let index = 0; index < 100; index++) {
    const sound = { ssrc: 9, payloadType: OPUS.payloadType, sequence: index, timestamp: index * 960, payload: new Uint8Array(80) };
    world.after(20 * index, (nowMs) => alice.sendRtp(nowMs, sound));
  }

  publisher.publishFor(2500);

  const numbers = bob.received.map(({ extensions }) => transportNumberIn(extensions.get(5)) ?? Number.NaN);
  expect(new Set(bob.received.map(({ ssrc }) => ssrc))).toEqual(new Set([70, 71, 90]));
  expect(numbers).toEqual([...numbers].sort((a, b) => a - b));
  expect(new Set(numbers).size).toBe(numbers.length);
  const lost = world.linksOf(bob.path).down.lost;
  expect((numbers.at(-1) ?? 0) - (numbers[0] ?? 0) + 1 - numbers.length).toBeLessThanOrEqual(lost + 3);
});

test('a subscription that has not negotiated them gets none', () => {
  const { world, bob, publisher } = call();
  world.subscribe(bob, { sourceTrackId: 'camera', ssrc: 70 });

  publisher.publishFor(1000);

  expect(bob.received.length).toBeGreaterThan(50);
  expect(bob.received.every(({ extensions }) => extensions.size === 0)).toBe(true);
});

test('the estimate of a narrow path comes to what the path carries, though more is published', () => {
  const scene = call(900);
  const { world, alice, bob, publisher } = scene;
  world.subscribe(bob, { sourceTrackId: 'camera', ssrc: 70, rtxSsrc: 71, extensions: NUMBERED });
  world.linksOf(bob.path).down.bottleneck = new Bottleneck(seededRandom(4), { rateBps: 500_000, queueMs: 300 });
  reportTransportWide(world, bob, FEEDBACK_FOR_MS);
  for (const peer of [alice, bob]) world.keepAlive(peer, 12_000);

  publisher.publishFor(12_000);

  const { targetBps, acknowledgedBps } = estimateOf(scene) ?? { targetBps: Number.NaN, acknowledgedBps: Number.NaN };
  expect(targetBps).toBeGreaterThan(200_000);
  expect(targetBps).toBeLessThan(500_000);
  expect(acknowledgedBps).toBeGreaterThan(400_000);
  expect(acknowledgedBps).toBeLessThan(520_000);
  expect(world.engine.pathEstimates()).toMatchObject({ peers: 1, targetBps });
  // Once the path has shown that it is narrow, it does not lose what does not fit: it is not sent.
  expect(world.engine.traffic.pathPacketsLost).toBeLessThan(50);
  expect(world.engine.drops()['queue-overdue']).toBeGreaterThan(200);
});

test('a peer that reports what arrives and has no stream for probes is held back by nothing', () => {
  const scene = call(900);
  const { world, alice, bob, publisher } = scene;
  world.subscribe(bob, { sourceTrackId: 'camera', ssrc: 70, extensions: NUMBERED });
  reportTransportWide(world, bob, FEEDBACK_FOR_MS);
  for (const peer of [alice, bob]) world.keepAlive(peer, 3_000);

  publisher.publishFor(3_000);

  expect(bob.received.length).toBeGreaterThan(250);
  expect(world.engine.traffic.packetsQueued).toBe(0);
});

test('the estimate of a wide path is above what is sent', () => {
  const scene = call(900);
  const { world, bob, alice, publisher } = scene;
  world.subscribe(bob, { sourceTrackId: 'camera', ssrc: 70, extensions: NUMBERED });
  reportTransportWide(world, bob, FEEDBACK_FOR_MS);
  for (const peer of [alice, bob]) world.keepAlive(peer, 12_000);

  publisher.publishFor(12_000);

  // 90 packets of about 950 bytes a second.
  expect(estimateOf(scene)?.targetBps).toBeGreaterThan(700_000);
  expect(world.engine.traffic.pathPacketsLost).toBe(0);
});

describe('what the path of a publisher loses', () => {
  const EXTENSIONS = [...NUMBERED, { id: 6, uri: PLAYOUT_DELAY_URI }];
  const TEN_PERCENT: Impairment = { ...CLEAN_LINK, lossProbability: 0.1 };

  function lossOf(lossy: 'alice' | 'bob' | undefined) {
    const scene = call();
    const { world, alice, bob, publisher } = scene;
    world.subscribe(bob, { sourceTrackId: 'camera', ssrc: 70, codecs: [VP8], extensions: EXTENSIONS });
    const { up } = world.linksOf(alice.path);
    const { down } = world.linksOf(bob.path);
    if (lossy !== undefined) (lossy === 'alice' ? up : down).impairment = TEN_PERCENT;
    reportTransportWide(world, bob, FEEDBACK_FOR_MS);
    for (const peer of [alice, bob]) world.keepAlive(peer, 10_000);
    publisher.publishFor(10_000);
    const { pathPacketsLost, pathPacketsReceived } = world.engine.traffic;
    return { ratio: pathPacketsLost / (pathPacketsLost + pathPacketsReceived), target: estimateOf(scene)?.targetBps ?? Number.NaN };
  }

  test('is no loss of the path to those who watch', () => {
    const publishersLoss = lossOf('alice');
    const viewersLoss = lossOf('bob');

    expect(publishersLoss.ratio).toBe(0);
    expect(viewersLoss.ratio).toBeGreaterThan(0.08);
    expect(viewersLoss.ratio).toBeLessThan(0.12);
  });
});

test('feedback on what was never sent is counted, and believed in nothing', () => {
  const scene = call();
  const { world, bob, publisher } = scene;
  world.subscribe(bob, { sourceTrackId: 'camera', ssrc: 70, extensions: NUMBERED });
  publisher.publishFor(1000);
  const newest = transportNumberIn(bob.received.at(-1)?.extensions.get(5)) ?? Number.NaN;
  const writer = new TransportFeedbackWriter(1_100);
  writer.begin((newest + 500) as ExtendedSeq, 1_000);
  for (let index = 0; index < 50; index++) writer.add((newest + 500 + index) as ExtendedSeq, 1_000 + index);

  bob.sendRtcp(world.nowMs, (out, offset) => writer.write(out, offset, 1, 70, 0));
  world.run(100);

  expect(world.engine.drops()['feedback-on-unsent']).toBe(1);
  expect(world.engine.traffic.pathPacketsReceived).toBe(0);
  expect(estimateOf(scene)).toBeUndefined();
});

describe.each([
  ['AES_CM_128_HMAC_SHA1_80', 1],
  ['AEAD_AES_128_GCM', 0],
] as const)('without a stream for retransmissions, under %s', (profile, resent) => {
  test(`a packet is sent again ${resent} times, since its number differs`, () => {
    const { world, alice, publisher } = call();
    world.suite.profile = profile;
    const carol = world.connectPeer('carol');
    world.subscribe(carol, { sourceTrackId: 'camera', ssrc: 70, extensions: NUMBERED });
    publisher.publishFor(500);
    const wanted = carol.received.at(-10);
    if (wanted === undefined) throw new Error('nothing came');
    const keyframesAskedFor = () => alice.rtcp.filter(({ type }) => type === 'pli').length;
    const before = keyframesAskedFor();

    carol.sendRtcp(world.nowMs, (out, offset) => writeNack(out, offset, { senderSsrc: 1, mediaSsrc: 70, lost: [wanted.sequence] }));
    world.run(2000);

    const copies = carol.received.filter(({ sequence }) => sequence === wanted.sequence);
    expect(copies).toHaveLength(1 + resent);
    expect(new Set(copies.map(({ extensions }) => transportNumberIn(extensions.get(5)))).size).toBe(1 + resent);
    // What cannot be repaired is made up for.
    expect(keyframesAskedFor() > before).toBe(resent === 0);
  });
});
