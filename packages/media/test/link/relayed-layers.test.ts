import {
  connectWorlds,
  type ScriptedPeer,
  SIMULCAST_EXTENSIONS,
  SimulcastPeer,
  VirtualTime,
  VirtualWorld,
  type WorldLink,
} from '@causeway/testkit';
import { dropsOf, LINK } from './linked-call.ts';

const SIZE_OF_LAYER = { q: 100, h: 300, f: 1000 } as const;
type Rid = keyof typeof SIZE_OF_LAYER;
const LINK_SSRC_OF_LAYER: Readonly<Record<Rid, number>> = { q: 1000, h: 2000, f: 3000 };

/** Alice sends three layers to engine A; those that are wanted cross to B, each under an SSRC of its own and without RIDs. */
class RelayedSimulcast {
  readonly a: VirtualWorld;
  readonly b: VirtualWorld;
  readonly link: WorldLink;
  readonly simulcast: SimulcastPeer;
  readonly #alice: ScriptedPeer;

  constructor() {
    const time = new VirtualTime();
    this.a = new VirtualWorld({ time, address: '203.0.113.1' });
    this.b = new VirtualWorld({ seed: 2, time, address: '203.0.113.2' });
    this.link = connectWorlds(this.b, this.a, LINK);
    this.#alice = this.a.connectPeer('alice');
    this.a.run(500);
    this.a.publish(this.#alice, { trackId: 'camera', extensions: SIMULCAST_EXTENSIONS, rids: ['q', 'h', 'f'] });
    this.simulcast = new SimulcastPeer(this.a, this.#alice);
  }

  relay(...wanted: readonly Rid[]): void {
    const ssrcs = wanted.map((rid) => ({ ssrc: LINK_SSRC_OF_LAYER[rid], rtxSsrc: LINK_SSRC_OF_LAYER[rid] + 1, rid }));
    this.b.publish({ id: LINK }, { trackId: 'camera', mid: 'camera', ssrcs, rids: ['q', 'h', 'f'] });
    for (const rid of wanted) this.send(rid, LINK_SSRC_OF_LAYER[rid]);
  }

  send(preferredRid: string, ssrc: number): void {
    this.a.subscribe({ id: LINK }, { sourceTrackId: 'camera', ssrc, rtxSsrc: ssrc + 1, preferredRid, isExactLayer: true });
  }

  view(name: string, preferredRid?: Rid): ScriptedPeer {
    const viewer = this.b.connectPeer(name);
    this.b.keepAlive(viewer, 60_000);
    this.b.subscribe(viewer, { sourceTrackId: 'camera', ssrc: 70, preferredRid });
    return viewer;
  }

  publishFor(durationMs: number): void {
    this.a.keepAlive(this.#alice, durationMs);
    this.simulcast.publishFor(durationMs);
  }
}

function sizesOf(peer: ScriptedPeer, sinceMs = 0): Set<number> {
  return new Set(peer.received.filter(({ atMs }) => atMs >= sinceMs).map(({ payload }) => payload.length));
}

test('layers that cross under an SSRC each are the layers that were announced for them', () => {
  const call = new RelayedSimulcast();
  call.relay('q', 'f');
  const low = call.view('low', 'q');
  const best = call.view('best');

  call.publishFor(4000);

  const { transports } = call.b.engine.snapshot(call.b.nowMs);
  const arrived = transports.flatMap(({ publisherTracks }) => publisherTracks).flatMap(({ layers }) => layers);
  expect(arrived.map(({ rid, ssrc }) => [rid, ssrc]).sort()).toEqual([
    ['f', 3000],
    ['q', 1000],
  ]);
  expect(sizesOf(low)).toEqual(new Set([SIZE_OF_LAYER.q]));
  expect(best.received.at(-1)?.payload.length).toBe(SIZE_OF_LAYER.f);
  expect(call.b.layers.at(-1)?.rids).toEqual(['f', 'q']);
});

test('only what is wanted crosses: a layer that nobody asked for costs the link nothing', () => {
  const call = new RelayedSimulcast();
  const sizes = new Map<number, number>();
  call.link.back.lose = (datagram) => {
    if (datagram[0] === 0x80 && (datagram[1] ?? 0) % 128 === 96)
      sizes.set(datagram.length - 12, (sizes.get(datagram.length - 12) ?? 0) + 1);
    return false;
  };

  call.relay('h');
  call.publishFor(2000);

  expect([...sizes.keys()]).toEqual([SIZE_OF_LAYER.h]);
  expect(sizes.get(SIZE_OF_LAYER.h)).toBeGreaterThan(150);
});

test('an exact layer that stops is not replaced by another, and goes on when it comes back', () => {
  const call = new RelayedSimulcast();
  call.relay('f');
  const viewer = call.view('viewer');
  call.publishFor(2000);
  call.simulcast.active = ['q', 'h'];
  call.publishFor(200);
  const stoppedAtMs = call.a.nowMs;
  const receivedBefore = viewer.received.length;
  call.publishFor(5000);
  const receivedInSilence = viewer.received.length - receivedBefore;
  call.simulcast.active = ['q', 'h', 'f'];

  call.publishFor(2000);

  expect(receivedInSilence).toBe(0);
  expect(sizesOf(viewer)).toEqual(new Set([SIZE_OF_LAYER.f]));
  expect(sizesOf(viewer, stoppedAtMs)).toEqual(new Set([SIZE_OF_LAYER.f]));
});

test('an exact layer that does not exist forwards nothing and asks nobody for keyframes', () => {
  const call = new RelayedSimulcast();
  call.publishFor(1000);
  const requestsBefore = call.simulcast.keyframeRequests.length;
  call.relay();
  call.b.publish({ id: LINK }, { trackId: 'camera', mid: 'camera', ssrcs: [{ ssrc: 4000, rtxSsrc: undefined, rid: 'f' }], rids: ['f'] });

  call.send('x', 4000);
  call.publishFor(2000);

  expect(call.b.engine.census().receiveStreams).toBe(0);
  expect(call.simulcast.keyframeRequests.length).toBe(requestsBefore);
  expect(dropsOf(call.a, 'layer-not-selected')).toBeGreaterThan(100);
});

test('a relay that follows the best layer switches to the one it is told, at its keyframe', () => {
  const call = new RelayedSimulcast();
  call.b.publish({ id: LINK }, { trackId: 'camera', mid: 'camera', ssrcs: [{ ssrc: 5000, rtxSsrc: undefined }] });
  const viewer = call.view('viewer');
  call.publishFor(50);
  call.send(call.a.layers.at(-1)?.rids[0] ?? '', 5000);
  call.publishFor(1500);

  call.send(call.a.layers.at(-1)?.rids[0] ?? '', 5000);
  const toldAtMs = call.a.nowMs;
  call.publishFor(1000);

  const sequences = viewer.received.map(({ sequence }) => sequence);
  expect(call.a.layers.at(-1)?.rids).toEqual(['f', 'h', 'q']);
  expect(sizesOf(viewer, toldAtMs + 200)).toEqual(new Set([SIZE_OF_LAYER.f]));
  expect(sequences).toEqual(sequences.map((_, place) => ((sequences[0] ?? 0) + place) & 0xffff));
});

test('a keyframe asked for at the far end is asked of the layer that is wanted, and of no other', () => {
  const call = new RelayedSimulcast();
  call.relay('q', 'h', 'f');
  call.view('low', 'q');
  call.publishFor(3000);
  call.simulcast.keyframeRequests.length = 0;

  call.view('late', 'q');
  call.publishFor(1000);

  expect(call.simulcast.keyframeRequests).toEqual([11]);
});
