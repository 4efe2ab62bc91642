/** One camera, and those who watch it through paths that are sometimes too narrow. */
import {
  Bottleneck,
  CAMERA_LAYERS,
  OPUS,
  type RateStep,
  type ScriptedPeer,
  type ShownFrame,
  SIMULCAST_EXTENSIONS,
  SimulcastPeer,
  seededRandom,
  steppedCapacity,
  VirtualWorld,
  WatchingPeer,
} from '@causeway/testkit';
import { TRANSPORT_WIDE_CC_URI } from '@causeway/wire';
import type { SubscriberTrackPlan } from '../../src/index.ts';

/** Seeds of a scenario; `scripts/paths` runs all of them with fifty. */
export const SEEDS: readonly number[] = Array.from({ length: Number(process.env.SEEDS ?? 1) }, (_, index) => index + 1);
const NUMBERED = [{ id: 5, uri: TRANSPORT_WIDE_CC_URI }];
const DELAY_MS = 25;
const QUEUE_MS = 300;
const SOUND_SSRC = 90;
const SOUND_MS = 20;
/** Payloads of the layers, which tell them apart. */
export const SIZE = { q: 580, h: 790, f: 1000 } as const;

/** Alice's camera in three layers, and Bob, who watches it through a path of 50 ms round trip and a queue of 300 ms. */
export class NarrowCall {
  readonly world: VirtualWorld;
  readonly bob: ScriptedPeer;
  readonly simulcast: SimulcastPeer;
  readonly viewer: WatchingPeer;
  readonly alice: ScriptedPeer;
  readonly #others: ScriptedPeer[] = [];

  /** @param watchedMs how long Bob reports what he receives */
  constructor(seed: number, steps: readonly RateStep[], watchedMs = 40_000) {
    this.world = new VirtualWorld(seed);
    const { world } = this;
    this.alice = world.connectPeer('alice');
    this.bob = world.connectPeer('bob', { delayMs: DELAY_MS, jitterMs: 0, lossProbability: 0, duplicateProbability: 0 });
    world.publish(this.alice, { trackId: 'camera', extensions: SIMULCAST_EXTENSIONS, rids: ['q', 'h', 'f'] });
    this.simulcast = new SimulcastPeer(world, this.alice, CAMERA_LAYERS);
    this.runFor(2000);
    const from = world.nowMs;
    const capacity = steppedCapacity(steps.map(({ fromMs, rateBps }) => ({ fromMs: fromMs + from, rateBps })));
    world.linksOf(this.bob.path).down.bottleneck = new Bottleneck(seededRandom(seed), { queueMs: QUEUE_MS }, capacity);
    this.viewer = new WatchingPeer(world, this.bob, { extensionId: 5, forMs: watchedMs });
  }

  watch(plan: Partial<Omit<SubscriberTrackPlan, 'sourceTrackId'>> = {}): readonly ShownFrame[] {
    this.world.subscribe(this.bob, { sourceTrackId: 'camera', ssrc: 70, rtxSsrc: 71, extensions: NUMBERED, ...plan });
    return this.viewer.watch(plan.ssrc ?? 70);
  }

  /** Alice speaks from now on, and Bob listens. @returns how late each packet is that he has heard, beyond the way itself */
  speakFor(durationMs: number): () => readonly { readonly sentAtMs: number; readonly lateMs: number }[] {
    const { world, alice, bob } = this;
    const audio = { kind: 'audio', codecs: [OPUS] } as const;
    world.publish(alice, { ...audio, trackId: 'microphone', mid: '1', ssrcs: [{ ssrc: 9, rtxSsrc: undefined }] });
    world.subscribe(bob, { ...audio, sourceTrackId: 'microphone', mid: '9', ssrc: SOUND_SSRC, extensions: NUMBERED });
    const sentAtMs: number[] = [];
    for (let afterMs = 0; afterMs < durationMs; afterMs += SOUND_MS) {
      world.after(afterMs, (nowMs) => {
        const index = sentAtMs.push(nowMs) - 1;
        const payload = new Uint8Array(80);
        new DataView(payload.buffer).setUint32(0, index);
        alice.sendRtp(nowMs, { ssrc: 9, payloadType: OPUS.payloadType, sequence: index & 0xffff, timestamp: 960 * index, payload });
      });
    }
    return () =>
      bob.received
        .filter(({ ssrc }) => ssrc === SOUND_SSRC)
        .map(({ atMs, payload }) => {
          const sent = sentAtMs[new DataView(payload.buffer, payload.byteOffset).getUint32(0)] ?? Number.NaN;
          return { sentAtMs: sent, lateMs: atMs - sent - DELAY_MS };
        });
  }

  /** Somebody else comes, behind a path of the same kind. @returns what lets it watch from now on */
  join(name: string, steps: readonly RateStep[]): () => readonly ShownFrame[] {
    const { world } = this;
    const peer = world.connectPeer(name, { delayMs: DELAY_MS, jitterMs: 0, lossProbability: 0, duplicateProbability: 0 });
    this.#others.push(peer);
    const from = world.nowMs;
    const capacity = steppedCapacity(steps.map(({ fromMs, rateBps }) => ({ fromMs: fromMs + from, rateBps })));
    world.linksOf(peer.path).down.bottleneck = new Bottleneck(world.random, { queueMs: QUEUE_MS }, capacity);
    const viewer = new WatchingPeer(world, peer, { extensionId: 5, forMs: 20_000 });
    return () => {
      world.subscribe(peer, { sourceTrackId: 'camera', ssrc: 70, rtxSsrc: 71, extensions: NUMBERED });
      return viewer.watch(70);
    };
  }

  /** The camera runs. @returns the mean of what Bob's path was estimated to carry, in bit/s */
  meanEstimateBps(durationMs: number): number {
    const samples: number[] = [];
    const { world } = this;
    for (let afterMs = 0; afterMs < durationMs; afterMs += 100) {
      world.after(afterMs, (nowMs) => {
        const bob = world.engine.snapshot(nowMs).transports.find(({ transportId }) => transportId === this.bob.id);
        samples.push(bob?.estimate?.targetBps ?? Number.NaN);
      });
    }
    this.runFor(durationMs);
    return samples.reduce((sum, sample) => sum + sample, 0) / samples.length;
  }

  /** The camera runs. */
  runFor(durationMs: number): void {
    for (const peer of [this.alice, this.bob, ...this.#others]) this.world.keepAlive(peer, durationMs);
    this.simulcast.publishFor(durationMs);
  }
}

/** Counts the frames that were shown in a span of time. */
export function framesPerSecond(frames: readonly ShownFrame[], fromMs: number, toMs: number): number {
  return (1000 * frames.filter(({ atMs }) => atMs >= fromMs && atMs < toMs).length) / (toMs - fromMs);
}

/** The longest time without a new frame. */
export function longestGapMs(frames: readonly ShownFrame[], fromMs: number, toMs: number): number {
  const times = [fromMs, ...frames.map(({ atMs }) => atMs).filter((atMs) => atMs > fromMs && atMs < toMs), toMs];
  return Math.max(...times.slice(1).map((atMs, index) => atMs - (times[index] ?? 0)));
}

/** How long after `fromMs` a frame was shown, of this layer if one is named; Infinity if none was. */
export function firstMs(frames: readonly ShownFrame[], fromMs: number, payloadBytes?: number): number {
  const found = frames.find((frame) => frame.atMs >= fromMs && (payloadBytes === undefined || frame.payloadBytes === payloadBytes));
  return (found?.atMs ?? Number.POSITIVE_INFINITY) - fromMs;
}
