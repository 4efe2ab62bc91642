/** Viewers whose access also carries a download: neither starves, and the queue is gone when the download is. */
import {
  Bottleneck,
  CAMERA_LAYERS,
  type ScriptedPeer,
  SIMULCAST_EXTENSIONS,
  Simulation,
  SimulcastPeer,
  seededRandom,
  TcpFlow,
  type TcpKind,
  VirtualWorld,
  WatchingPeer,
} from '@causeway/testkit';
import { TRANSPORT_WIDE_CC_URI } from '@causeway/wire';
import { quantileOf } from '../congestion/support/scene.ts';
import { SEEDS } from './narrow-call.ts';

const NUMBERED = [{ id: 5, uri: TRANSPORT_WIDE_CC_URI }];
const RATE_BPS = 4_000_000;
const QUEUE_MS = 300;
const DELAY_MS = 25;
const WATCHED_MS = 120_000;
/** A quarter of what each of four would get. */
const LEAST_BPS = RATE_BPS / 4 / 4;

/** Alice's camera in three layers, and viewers behind one link. */
class SharedAccess {
  readonly world: VirtualWorld;
  readonly bytesReceived: number[] = [];
  readonly #simulation = new Simulation();
  readonly #link: Bottleneck;
  readonly #camera: SimulcastPeer;
  readonly #peers: ScriptedPeer[];

  constructor(seed: number, viewers: number) {
    this.world = new VirtualWorld(seed);
    const { world } = this;
    const simulation = this.#simulation;
    world.time.join({ settle: () => undefined, nextEventMs: () => simulation.nextAtMs, act: (nowMs) => simulation.runUntil(nowMs) });
    this.#link = new Bottleneck(seededRandom(seed), { rateBps: RATE_BPS, queueMs: QUEUE_MS });
    const alice = world.connectPeer('alice');
    world.publish(alice, { trackId: 'camera', extensions: SIMULCAST_EXTENSIONS, rids: ['q', 'h', 'f'] });
    this.#camera = new SimulcastPeer(world, alice, CAMERA_LAYERS);
    this.#peers = [alice];
    this.runFor(2000);
    for (let index = 0; index < viewers; index++) {
      this.join();
      this.runFor(1000);
    }
  }

  /** One more viewer watches from now on. */
  join(): void {
    const { world } = this;
    const index = this.bytesReceived.push(0) - 1;
    const name = `viewer${index}`;
    const peer = world.connectPeer(name, { delayMs: DELAY_MS, jitterMs: 0, lossProbability: 0, duplicateProbability: 0 });
    this.#peers.push(peer);
    world.linksOf(peer.path).down.bottleneck = this.#link;
    const viewer = new WatchingPeer(world, peer, { extensionId: 5, forMs: WATCHED_MS });
    const { onRtp } = peer;
    peer.onRtp = (packet) => {
      this.bytesReceived[index] = (this.bytesReceived[index] ?? 0) + packet.payload.length;
      onRtp(packet);
    };
    world.subscribe(peer, { sourceTrackId: 'camera', ssrc: 70, rtxSsrc: 71, extensions: NUMBERED });
    viewer.watch(70);
  }

  startDownload(kind: TcpKind): TcpFlow {
    const link = this.#link;
    const forward = { take: (nowMs: number, sizeBytes: number) => link.take(nowMs, sizeBytes).map((atMs) => atMs + DELAY_MS) };
    return new TcpFlow({ simulation: this.#simulation, kind, forward, ackDelayMs: DELAY_MS });
  }

  runFor(durationMs: number): void {
    for (const peer of this.#peers) this.world.keepAlive(peer, durationMs);
    this.#camera.publishFor(durationMs);
  }

  /** Lets time pass. @returns how long packets waited for the link */
  queueOver(durationMs: number): number[] {
    const waitsMs: number[] = [];
    for (let passedMs = 0; passedMs < durationMs; passedMs += 50) {
      this.runFor(50);
      waitsMs.push(this.#link.waitMs(this.world.nowMs));
    }
    return waitsMs;
  }
}

describe.each(SEEDS)('seed %d', (seed) => {
  test.each(['cubic', 'reno'] as const)('three viewers and a download with %s get at least a quarter of a fair share each', (kind) => {
    const access = new SharedAccess(seed, 3);
    access.runFor(12_000);
    const download = access.startDownload(kind);
    access.runFor(15_000);
    const [before, downloadedBefore] = [[...access.bytesReceived], download.bytesDelivered];

    access.runFor(60_000);

    const bps = access.bytesReceived.map((bytes, index) => (8 * (bytes - (before[index] ?? 0))) / 60);
    for (const viewerBps of bps) expect(viewerBps).toBeGreaterThan(LEAST_BPS);
    expect((8 * (download.bytesDelivered - downloadedBefore)) / 60).toBeGreaterThan(LEAST_BPS);
  });

  test('who joins beside a download, and has never seen the path without it, gets at least a quarter of a fair share', () => {
    const access = new SharedAccess(seed, 2);
    access.runFor(12_000);
    access.startDownload('cubic');
    access.runFor(15_000);
    access.join();
    access.runFor(15_000);
    const before = access.bytesReceived[2] ?? 0;

    access.runFor(45_000);

    expect((8 * ((access.bytesReceived[2] ?? 0) - before)) / 45).toBeGreaterThan(LEAST_BPS);
  });

  test('when the download has ended, no one takes the others for one', () => {
    const access = new SharedAccess(seed, 3);
    access.runFor(12_000);
    const download = access.startDownload('cubic');
    const waitsBesideMs = access.queueOver(25_000);
    download.stop();
    access.runFor(2000);

    const waitsAfterMs = access.queueOver(20_000);

    expect(quantileOf(waitsBesideMs, 0.5)).toBeGreaterThan(100);
    expect(quantileOf(waitsAfterMs, 0.9)).toBeLessThan(150);
    expect(quantileOf(waitsAfterMs, 0.5)).toBeLessThan(30);
  });
});
