/** Viewers that report what is not so, to get more than others on an uplink that all of them share. */
import {
  Bottleneck,
  CAMERA_LAYERS,
  type FeedbackLie,
  type ScriptedPeer,
  type ShownFrame,
  SIMULCAST_EXTENSIONS,
  SimulcastPeer,
  seededRandom,
  VirtualWorld,
  WatchingPeer,
} from '@causeway/testkit';
import { TRANSPORT_WIDE_CC_URI } from '@causeway/wire';
import { MAX_RATE_BPS, MIN_RATE_BPS } from '../../src/congestion/rate-bounds.ts';
import { quantileOf } from '../congestion/support/scene.ts';
import { framesPerSecond } from './narrow-call.ts';

const NUMBERED = [{ id: 5, uri: TRANSPORT_WIDE_CC_URI }];
const SEED = 1;
const NARROW_BPS = 4_000_000;
const WIDE_BPS = 20_000_000;
const WARM_UP_MS = 14_000;
const MEASURED_MS = 20_000;
/** The lying viewer subscribes to the same camera this many times, each time with SSRCs of its own. */
const SUBSCRIPTIONS_OF_LIAR = 4;

/** A queue of 200 ms that grows and then stands, with a loss now and then, as beside a download. */
function standingQueue(): FeedbackLie {
  let packets = 0;
  return { delayMs: (nowMs) => Math.min(200, Math.max(0, (nowMs - 6000) / 5)), denies: () => packets++ % 1500 === 700 };
}

const LIES: readonly (readonly [string, () => FeedbackLie])[] = [
  ['a queue that stands', standingQueue],
  ['a queue that stands, and nothing of what was lost', () => ({ ...standingQueue(), claimsLost: true })],
  ['nothing of what was lost', () => ({ claimsLost: true })],
];

/** The bytes and frames that each of three viewers got, of whom the first wants four cameras. */
class SharedUplink {
  readonly #world: VirtualWorld;
  readonly #link: Bottleneck;
  readonly #camera: SimulcastPeer;
  readonly #peers: ScriptedPeer[];
  readonly bytes: number[] = [];
  readonly shown: (readonly ShownFrame[])[] = [];
  readonly targetsBps: number[] = [];
  readonly waitsMs: number[] = [];

  constructor(rateBps: number, lie?: FeedbackLie) {
    const world = new VirtualWorld(SEED);
    this.#world = world;
    const alice = world.connectPeer('alice');
    world.publish(alice, { trackId: 'camera', extensions: SIMULCAST_EXTENSIONS, rids: ['q', 'h', 'f'] });
    this.#camera = new SimulcastPeer(world, alice, CAMERA_LAYERS);
    this.#link = new Bottleneck(seededRandom(SEED), { rateBps, queueMs: 300 });
    this.#peers = [alice];
    this.#runFor(2000);
    this.#join(SUBSCRIPTIONS_OF_LIAR, lie);
    this.#join(1);
    this.#join(1);
    this.#runFor(WARM_UP_MS);
    this.bytes.fill(0);
    this.#measure();
  }

  get honestBytes(): number {
    return this.bytes.slice(1).reduce((sum, bytes) => sum + bytes, 0);
  }

  get honestRates(): number[] {
    const { nowMs } = this.#world;
    return this.shown.slice(1).map((frames) => framesPerSecond(frames, nowMs - MEASURED_MS, nowMs));
  }

  #join(subscriptions: number, lie?: FeedbackLie): void {
    const index = this.bytes.push(0) - 1;
    const peer = this.#world.connectPeer(`viewer${index}`, { delayMs: 25, jitterMs: 0, lossProbability: 0, duplicateProbability: 0 });
    this.#peers.push(peer);
    this.#world.linksOf(peer.path).down.bottleneck = this.#link;
    const viewer = new WatchingPeer(this.#world, peer, { extensionId: 5, forMs: 60_000, ...(lie !== undefined && { lie }) });
    const { onRtp } = peer;
    peer.onRtp = (packet) => {
      this.bytes[index] = (this.bytes[index] ?? 0) + packet.payload.length;
      onRtp(packet);
    };
    for (let each = 0; each < subscriptions; each++) {
      const [ssrc, rtxSsrc] = [70 + 2 * each, 71 + 2 * each];
      const names = { subscriptionId: `${index}-${each}`, mid: `${each}` };
      this.#world.subscribe(peer, { ...names, sourceTrackId: 'camera', ssrc, rtxSsrc, extensions: NUMBERED });
      this.shown[index] = viewer.watch(ssrc);
    }
    this.#runFor(500);
  }

  #measure(): void {
    const untilMs = this.#world.nowMs + MEASURED_MS;
    while (this.#world.nowMs < untilMs) {
      this.#runFor(99);
      const { nowMs, engine } = this.#world;
      this.waitsMs.push(this.#link.waitMs(nowMs));
      const liar = engine.snapshot(nowMs).transports.find(({ transportId }) => transportId === 'viewer0');
      this.targetsBps.push(liar?.estimate?.targetBps ?? Number.NaN);
    }
  }

  #runFor(durationMs: number): void {
    for (const peer of this.#peers) this.#world.keepAlive(peer, durationMs);
    this.#camera.publishFor(durationMs);
  }
}

let honest: SharedUplink | undefined;

test.each(LIES)('who reports %s gets no more by it, and others no less', (_, lie) => {
  honest ??= new SharedUplink(NARROW_BPS);
  const lying = new SharedUplink(NARROW_BPS, lie());

  expect(lying.honestBytes).toBeGreaterThan(0.9 * honest.honestBytes);
  for (const fps of lying.honestRates) expect(fps).toBeGreaterThan(25);
  expect(lying.bytes[0]).toBeLessThan(1.1 * (honest.bytes[0] ?? 0));
  expect(quantileOf(lying.waitsMs, 0.9)).toBeLessThan(100);
  for (const targetBps of lying.targetsBps) {
    expect(targetBps).toBeGreaterThanOrEqual(MIN_RATE_BPS);
    expect(targetBps).toBeLessThanOrEqual(MAX_RATE_BPS);
  }
});

test('where there is room for all, a lie takes nothing from others', () => {
  const lying = new SharedUplink(WIDE_BPS, standingQueue());

  // Two cameras of 1,680 kbit/s.
  expect((8 * lying.honestBytes) / MEASURED_MS).toBeGreaterThan(0.97 * 2 * 1680);
  expect(quantileOf(lying.waitsMs, 0.9)).toBeLessThan(20);
});
