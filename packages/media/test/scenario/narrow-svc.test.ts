/** A viewer of VP9 with spatial layers in one stream, behind a path that does not carry all of them. */
import {
  Bottleneck,
  type ReceivedRtp,
  type RtpToSend,
  type ScriptedPeer,
  seededRandom,
  steppedCapacity,
  VirtualWorld,
  VP8,
  WatchingPeer,
} from '@causeway/testkit';
import { SequenceUnwrapper, TRANSPORT_WIDE_CC_URI, Vp9Descriptor, writePli } from '@causeway/wire';
import { SEEDS } from './narrow-call.ts';

const VP9 = { ...VP8, name: 'vp9', payloadType: 98, rtxPayloadType: 99, fmtp: 'profile-id=0' };
const SOURCE_SSRC = 7;
const VIEWED_SSRC = 70;
const NUMBERED = [{ id: 5, uri: TRANSPORT_WIDE_CC_URI }];
const FRAME_MS = 33;
const TICKS_PER_FRAME = 3000;
const TEMPORAL_IDS = [0, 2, 1, 2];
/** About 110, 270 and 870 kbit/s on the wire. */
const SPATIAL_LAYERS = [
  { packets: 1, payloadBytes: 400 },
  { packets: 1, payloadBytes: 1050 },
  { packets: 3, payloadBytes: 1150 },
] as const;
const KEYFRAME_FACTOR = 5;
const BEST = SPATIAL_LAYERS.length - 1;
const DELAY_MS = 25;
const KEYFRAME_RETRY_MS = 300;

/** L3T3_KEY as Chromium sends it: only keyframes refer to the layer below. */
class SvcCamera {
  #isKeyframeDue = true;
  #sequence = 1000;
  #pictureId = 100;
  #picture = 0;
  #tl0PicIdx = 0;
  #timestamp = 90_000;
  keyframes = 0;

  requestKeyframe(): void {
    this.#isKeyframeDue = true;
  }

  nextPicture(): RtpToSend[] {
    const isKey = this.#isKeyframeDue;
    this.#isKeyframeDue = false;
    if (isKey) this.keyframes++;
    if (isKey) this.#picture = 0;
    const temporalId = TEMPORAL_IDS[this.#picture++ % TEMPORAL_IDS.length] ?? 0;
    if (temporalId === 0) this.#tl0PicIdx = (this.#tl0PicIdx + 1) & 0xff;
    const packets = SPATIAL_LAYERS.flatMap((layer, spatialId) => {
      const count = layer.packets * (isKey ? KEYFRAME_FACTOR : 1);
      return Array.from({ length: count }, (_, place): RtpToSend => {
        const isFirst = place === 0;
        const isLast = place === count - 1;
        const payload = new Uint8Array(layer.payloadBytes);
        payload.set(this.#descriptor({ isKey, isFirst, isLast, temporalId, spatialId }));
        const sequence = this.#sequence++ & 0xffff;
        const marker = isLast && spatialId === BEST;
        return { ssrc: SOURCE_SSRC, payloadType: VP9.payloadType, sequence, timestamp: this.#timestamp >>> 0, marker, payload };
      });
    });
    this.#pictureId = (this.#pictureId + 1) & 0x7fff;
    this.#timestamp += TICKS_PER_FRAME;
    return packets;
  }

  /** RFC 9628 §4.2, in non-flexible mode. */
  #descriptor(frame: {
    readonly isKey: boolean;
    readonly isFirst: boolean;
    readonly isLast: boolean;
    readonly temporalId: number;
    readonly spatialId: number;
  }): readonly number[] {
    const { isKey, isFirst, isLast, temporalId, spatialId } = frame;
    const describesLayers = isKey && isFirst && spatialId === 0;
    const refersAbove = !isKey || spatialId === BEST;
    const flags = 0x80 | (isKey ? 0 : 0x40) | 0x20 | (isFirst ? 0x08 : 0) | (isLast ? 0x04 : 0) | (describesLayers ? 2 : 0) | +refersAbove;
    const indices = (temporalId << 5) | (temporalId > 0 ? 0x10 : 0) | (spatialId << 1) | (isKey && spatialId > 0 ? 1 : 0);
    const structure = describesLayers ? [(BEST << 5) | 0x10, 0, 240, 0, 135, 1, 224, 1, 14, 3, 192, 2, 28] : [];
    return [flags, 0x80 | (this.#pictureId >> 8), this.#pictureId & 0xff, indices, this.#tl0PicIdx, ...structure];
  }
}

interface ShownPicture {
  readonly atMs: number;
  /** The highest spatial layer in it. */
  readonly spatialId: number;
}

/** Decodes what comes without a gap, and asks for a keyframe otherwise. */
class SvcViewer {
  readonly shown: ShownPicture[] = [];
  readonly #unwrapper = new SequenceUnwrapper();
  readonly #descriptor = new Vp9Descriptor();
  readonly #ask: () => void;
  #next = Number.NaN;
  #isBroken = true;
  #isKeyframe = false;
  #highest = -1;
  /** The layers that can be decoded since the last keyframe. */
  #decodable = -1;
  #askedAtMs = Number.NEGATIVE_INFINITY;

  constructor(ask: () => void) {
    this.#ask = ask;
  }

  receive({ atMs, sequence, payload, marker }: ReceivedRtp): void {
    const number = this.#unwrapper.unwrap(sequence);
    if (!this.#descriptor.read(payload, 0, payload.length)) return;
    const { isKeyframe, isInterPredicted, spatialId = 0 } = this.#descriptor;
    if (isKeyframe) this.#decodable = -1;
    if (isKeyframe) this.#isBroken = false;
    else if (number !== this.#next) this.#isBroken = true;
    this.#next = number + 1;
    this.#isKeyframe = !isInterPredicted;
    if (this.#isKeyframe) this.#decodable = Math.max(this.#decodable, spatialId);
    // A layer that begins between two keyframes has nothing to refer to.
    if (spatialId > this.#decodable) this.#isBroken = true;
    this.#highest = Math.max(this.#highest, spatialId);
    if (this.#isBroken && atMs - this.#askedAtMs >= KEYFRAME_RETRY_MS) {
      this.#askedAtMs = atMs;
      this.#ask();
    }
    if (!marker) return;
    if (!this.#isBroken) this.shown.push({ atMs, spatialId: this.#highest });
    this.#highest = -1;
  }
}

class NarrowSvcCall {
  readonly world: VirtualWorld;
  readonly camera = new SvcCamera();
  readonly viewer: SvcViewer;
  readonly #alice: ScriptedPeer;
  readonly #bob: ScriptedPeer;

  constructor(seed: number, steps: readonly (readonly [fromMs: number, kbps: number])[], watchedMs: number) {
    this.world = new VirtualWorld(seed);
    const { world } = this;
    this.#alice = world.connectPeer('alice');
    this.#bob = world.connectPeer('bob', { delayMs: DELAY_MS, jitterMs: 0, lossProbability: 0, duplicateProbability: 0 });
    world.publish(this.#alice, { trackId: 'camera', codecs: [VP9], ssrcs: [{ ssrc: SOURCE_SSRC, rtxSsrc: undefined }] });
    this.#alice.onRtcp = (_nowMs, { type }) => {
      if (type === 'pli') this.camera.requestKeyframe();
    };
    this.runFor(2000);
    const capacity = steppedCapacity(steps.map(([fromMs, kbps]) => ({ fromMs: fromMs + world.nowMs, rateBps: 1000 * kbps })));
    world.linksOf(this.#bob.path).down.bottleneck = new Bottleneck(seededRandom(seed), { queueMs: 300 }, capacity);
    new WatchingPeer(world, this.#bob, { extensionId: 5, forMs: watchedMs });
    this.viewer = new SvcViewer(() => {
      const pli = { senderSsrc: 1, mediaSsrc: VIEWED_SSRC };
      this.#bob.sendRtcp(world.nowMs, (out, offset) => writePli(out, offset, pli));
    });
    const { onRtp } = this.#bob;
    this.#bob.onRtp = (packet) => {
      onRtp(packet);
      if (packet.ssrc === VIEWED_SSRC) this.viewer.receive(packet);
    };
    world.subscribe(this.#bob, { sourceTrackId: 'camera', ssrc: VIEWED_SSRC, rtxSsrc: 71, codecs: [VP9], extensions: NUMBERED });
  }

  runFor(durationMs: number): void {
    for (const peer of [this.#alice, this.#bob]) this.world.keepAlive(peer, durationMs);
    for (let passedMs = 0; passedMs < durationMs; passedMs += FRAME_MS) {
      for (const packet of this.camera.nextPicture()) this.#alice.sendRtp(this.world.nowMs, packet);
      this.world.run(FRAME_MS);
    }
  }

  /** The longest time between two pictures in a span. */
  longestGapMs(fromMs: number, toMs: number): number {
    const times = [fromMs, ...this.viewer.shown.map(({ atMs }) => atMs).filter((atMs) => atMs > fromMs && atMs < toMs), toMs];
    return Math.max(...times.slice(1).map((atMs, index) => atMs - (times[index] ?? 0)));
  }

  picturesPerSecond(fromMs: number, toMs: number): number {
    return (1000 * this.viewer.shown.filter(({ atMs }) => atMs >= fromMs && atMs < toMs).length) / (toMs - fromMs);
  }
}

test.each(SEEDS)(
  'seed %d: a path that narrows to 350 kbit/s carries the lower layers of VP9, and all of them when it is wide again',
  (seed) => {
    const steps = [
      [0, 4000],
      [8000, 350],
      [23_000, 4000],
    ] as const;
    const call = new NarrowSvcCall(seed, steps, 40_000);
    call.runFor(8000);
    const narrowMs = call.world.nowMs;
    call.runFor(15_000);
    const wideMs = call.world.nowMs;
    const keyframesBefore = call.camera.keyframes;
    call.runFor(12_000);
    const endMs = call.world.nowMs;

    const { shown } = call.viewer;
    expect(shown.findLast(({ atMs }) => atMs < narrowMs)?.spatialId).toBe(BEST);
    expect(call.longestGapMs(narrowMs, narrowMs + 2000)).toBeLessThan(1500);
    expect(call.picturesPerSecond(narrowMs + 2000, wideMs)).toBeGreaterThan(12);
    expect(call.longestGapMs(narrowMs + 2000, wideMs)).toBeLessThan(500);
    expect(
      (shown.find(({ atMs, spatialId }) => atMs > wideMs && spatialId === BEST)?.atMs ?? Number.POSITIVE_INFINITY) - wideMs,
    ).toBeLessThan(10_000);
    expect(call.longestGapMs(wideMs, endMs)).toBeLessThan(500);
    expect(call.camera.keyframes - keyframesBefore).toBeLessThan(6);
  },
);
