/** What one peer gets over a path that is sometimes too narrow for what it watches: sound first, and a picture that fits. */
import {
  Bottleneck,
  FeedbackPeer,
  OPUS,
  type RateStep,
  type ReceivedRtp,
  type ScriptedPeer,
  SIMULCAST_EXTENSIONS,
  SimulcastPeer,
  seededRandom,
  steppedCapacity,
  VirtualWorld,
  VP8,
} from '@causeway/testkit';
import { readTransportSequence, SequenceUnwrapper, TRANSPORT_WIDE_CC_URI, toSeq16, writeNack } from '@causeway/wire';
import { EACH_SEED, quantileOf } from '../congestion/support/scene.ts';

const NUMBERED = [{ id: 5, uri: TRANSPORT_WIDE_CC_URI }];
const WITH_RTX = { ...VP8, rtxPayloadType: 97 };
const VIDEO_SSRC = 70;
const AUDIO_SSRC = 90;
const KBPS = 1000;
const BASE_DELAY_MS = 20;
const AUDIO_INTERVAL_MS = 20;

interface Call {
  readonly world: VirtualWorld;
  readonly bob: ScriptedPeer;
  readonly camera: SimulcastPeer;
  readonly bottleneck: Bottleneck;
  /** When each packet of sound was sent, in order. */
  readonly soundSentAtMs: number[];
}

interface CallOptions {
  readonly seed: number;
  readonly steps: readonly RateStep[];
  readonly durationMs: number;
  readonly lossRatio?: number;
}

/** Alice's camera in three layers of about 90, 230 and 740 kbit/s, and her microphone; Bob watches, and reports as browsers do. */
function call({ seed, steps, durationMs, lossRatio = 0 }: CallOptions): Call {
  const world = new VirtualWorld(seed);
  const alice = world.connectPeer('alice');
  const bob = world.connectPeer('bob');
  world.publish(alice, { trackId: 'camera', codecs: [WITH_RTX], extensions: SIMULCAST_EXTENSIONS, rids: ['q', 'h', 'f'] });
  const camera = new SimulcastPeer(world, alice);
  world.publish(alice, { trackId: 'microphone', mid: '1', kind: 'audio', codecs: [OPUS], ssrcs: [{ ssrc: 9, rtxSsrc: undefined }] });
  const soundSentAtMs: number[] = [];
  every(world, AUDIO_INTERVAL_MS, durationMs, (nowMs) => {
    const index = soundSentAtMs.push(nowMs) - 1;
    const payload = new Uint8Array(80);
    new DataView(payload.buffer).setUint32(0, index);
    alice.sendRtp(nowMs, { ssrc: 9, payloadType: OPUS.payloadType, sequence: index & 0xffff, timestamp: index * 960, payload });
  });
  world.subscribe(bob, { sourceTrackId: 'camera', ssrc: VIDEO_SSRC, rtxSsrc: 71, codecs: [WITH_RTX], extensions: NUMBERED });
  world.subscribe(bob, { sourceTrackId: 'microphone', ssrc: AUDIO_SSRC, kind: 'audio', codecs: [OPUS], extensions: NUMBERED });
  const shifted = steps.map(({ fromMs, rateBps }) => ({ fromMs: fromMs + world.nowMs, rateBps }));
  const bottleneck = new Bottleneck(
    seededRandom(seed),
    { queueMs: 300, lossRatio },
    steppedCapacity([{ fromMs: 0, rateBps: 1e9 }, ...shifted]),
  );
  world.linksOf(bob.path).down.bottleneck = bottleneck;
  giveFeedback(world, bob, durationMs);
  for (const peer of [alice, bob]) every(world, 2500, durationMs, (nowMs) => peer.check(nowMs));
  return { world, bob, camera, bottleneck, soundSentAtMs };
}

/** Does something again and again, with one entry in the agenda of the world. */
function every(world: VirtualWorld, intervalMs: number, durationMs: number, act: (nowMs: number) => unknown): void {
  const endMs = world.nowMs + durationMs;
  const again = (nowMs: number): void => {
    act(nowMs);
    if (nowMs + intervalMs < endMs) world.after(intervalMs, again);
  };
  world.after(0, again);
}

function giveFeedback(world: VirtualWorld, peer: ScriptedPeer, durationMs: number): void {
  const unwrapper = new SequenceUnwrapper();
  const reports = new FeedbackPeer({
    simulation: {
      get nowMs() {
        return world.nowMs;
      },
      every: (intervalMs, act) => every(world, intervalMs, durationMs, () => act()),
    },
    sendFeedback: (rtcp) => peer.sendRaw(world.nowMs, rtcp.slice()),
  });
  peer.onRtp = ({ extensions, payload }) => {
    const value = extensions.get(5);
    const number = value && readTransportSequence(value, 0, value.length);
    if (number !== undefined) reports.receive(unwrapper.unwrap(toSeq16(number)), payload.length + 50);
  };
}

function soundOf({ bob, soundSentAtMs }: Call) {
  const heard = bob.received.filter(({ ssrc }) => ssrc === AUDIO_SSRC);
  const delaysMs = heard.map(({ atMs, payload }) => {
    const index = new DataView(payload.buffer, payload.byteOffset).getUint32(0);
    return atMs - (soundSentAtMs[index] ?? Number.NaN) - BASE_DELAY_MS;
  });
  return { lostRatio: 1 - heard.length / soundSentAtMs.length, addedDelayMs: quantileOf(delaysMs, 0.95) };
}

function pictureOf({ bob }: Call, fromMs: number, toMs: number): readonly ReceivedRtp[] {
  return bob.received.filter(({ ssrc, atMs }) => ssrc === VIDEO_SSRC && atMs >= fromMs && atMs < toMs);
}

function framesPerSecond(call: Call, fromMs: number, toMs: number): number {
  return (1000 * pictureOf(call, fromMs, toMs).filter(({ marker }) => marker).length) / (toMs - fromMs);
}

/** Returns the largest payload length of the pictures that arrived in a span of time. */
function largestPayload(call: Call, fromMs: number, toMs: number): number {
  return Math.max(0, ...pictureOf(call, fromMs, toMs).map(({ payload }) => payload.length));
}

describe.each(EACH_SEED)('seed %i', (seed) => {
  test('sound passes undisturbed while the path narrows to a fifth and widens again, and a picture stays', () => {
    const startMs = new VirtualWorld(seed).nowMs;
    const scene = call({
      seed,
      durationMs: 45_000,
      steps: [
        { fromMs: 0, rateBps: 1500 * KBPS },
        { fromMs: 15_000, rateBps: 300 * KBPS },
        { fromMs: 30_000, rateBps: 1500 * KBPS },
      ],
    });
    const beganMs = scene.world.nowMs - startMs;

    scene.camera.publishFor(45_000);

    const sound = soundOf(scene);
    expect(sound.lostRatio).toBeLessThan(0.005);
    expect(sound.addedDelayMs).toBeLessThanOrEqual(40);
    expect(largestPayload(scene, beganMs + 8000, beganMs + 15_000)).toBeGreaterThan(900);
    expect(framesPerSecond(scene, beganMs + 17_000, beganMs + 30_000)).toBeGreaterThan(25);
    expect(largestPayload(scene, beganMs + 18_000, beganMs + 30_000)).toBeLessThan(900);
    expect(largestPayload(scene, beganMs + 30_000, beganMs + 38_000)).toBeGreaterThan(900);
  });
});

describe('where nothing fits but the lowest layer is always sent', () => {
  test('what does not fit waits here for a quarter of a second, and sound passes it', () => {
    const scene = call({ seed: 3, durationMs: 20_000, steps: [{ fromMs: 0, rateBps: 110 * KBPS }] });

    scene.camera.publishFor(20_000);

    const sound = soundOf(scene);
    expect(sound.lostRatio).toBeLessThan(0.03);
    expect(scene.world.engine.traffic.packetsQueued).toBeGreaterThan(100);
    expect(framesPerSecond(scene, 10_000, 20_000)).toBeGreaterThan(1);
  });
});

test('packets that wait bear that the node lets go of what it keeps: the picture begins again with a keyframe', () => {
  const scene = call({
    seed: 5,
    durationMs: 30_000,
    steps: [
      { fromMs: 0, rateBps: 1500 * KBPS },
      { fromMs: 5000, rateBps: 120 * KBPS },
    ],
  });
  const { world } = scene;
  world.after(5000, () => {
    every(world, 20, 3000, (nowMs) => world.engine.handleCommand(nowMs, { type: 'forget-histories' }));
  });

  scene.camera.publishFor(15_000);

  expect(world.engine.drops()['queue-forgotten']).toBeGreaterThan(0);
  expect(world.engine.drops().defect).toBe(0);
  expect(framesPerSecond(scene, 10_000, 15_000)).toBeGreaterThan(1);
});

test('a peer that asks for everything again over a narrow path gets no more than fits', () => {
  const scene = call({ seed: 6, durationMs: 15_000, steps: [{ fromMs: 0, rateBps: 300 * KBPS }] });
  const { world, bob } = scene;
  const onRtp = bob.onRtp;
  bob.onRtp = (packet) => {
    onRtp(packet);
    if (packet.ssrc !== VIDEO_SSRC) return;
    bob.sendRtcp(world.nowMs, (out, offset) => writeNack(out, offset, { senderSsrc: 1, mediaSsrc: VIDEO_SSRC, lost: [packet.sequence] }));
  };

  scene.camera.publishFor(15_000);

  const { offered, overflowed } = scene.bottleneck.counts;
  expect(overflowed / offered).toBeLessThan(0.02);
  expect(soundOf(scene).lostRatio).toBeLessThan(0.01);
});

test.each([0.01, 0.05])('with a random loss of %d the best layer stays', (lossRatio) => {
  const scene = call({ seed: 8, durationMs: 25_000, steps: [{ fromMs: 0, rateBps: 2500 * KBPS }], lossRatio });

  scene.camera.publishFor(25_000);

  const late = pictureOf(scene, 12_000, 25_000);
  expect(late.filter(({ payload }) => payload.length > 900).length / late.length).toBeGreaterThan(0.9);
});

test.each([
  [1000, 1000],
  [3000, 2000],
  [10_000, 3000],
])('after an outage of %d ms a picture moves again within %d ms', (outageMs, withinMs) => {
  const scene = call({ seed: 9, durationMs: 32_000, steps: [{ fromMs: 0, rateBps: 2500 * KBPS }] });
  const { world, bottleneck } = scene;
  const { conditions } = bottleneck;
  let cutAtMs = 0;
  world.after(12_000, (nowMs) => {
    cutAtMs = nowMs;
    bottleneck.impair({ ...conditions, isCut: true });
  });
  world.after(12_000 + outageMs, () => bottleneck.impair(conditions));

  scene.camera.publishFor(32_000);

  const overAtMs = cutAtMs + outageMs;
  expect(framesPerSecond(scene, overAtMs + withinMs, overAtMs + withinMs + 4000)).toBeGreaterThan(20);
});
