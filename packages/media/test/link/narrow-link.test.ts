/** A link between nodes that carries half of what is wanted of it, with no way round: every track crosses in a layer that fits, and sound first. */
import {
  Bottleneck,
  connectWorlds,
  OPUS,
  type ScriptedPeer,
  type ShownFrame,
  SIMULCAST_EXTENSIONS,
  type SimulcastLayer,
  SimulcastPeer,
  seededRandom,
  VirtualTime,
  VirtualWorld,
  WatchingPeer,
  type WorldLink,
} from '@causeway/testkit';
import { TRANSPORT_WIDE_CC_URI, writePli } from '@causeway/wire';
import type { DataReliability, LayerPreferences, SubscriberTrackPlan } from '../../src/index.ts';
import { LINK } from './linked-call.ts';

const SEEDS = Array.from({ length: Number(process.env.SEEDS ?? 1) }, (_, index) => index + 1);
const RIDS = ['q', 'h', 'f'] as const;
const CAMERAS = [0, 1, 2] as const;
const NUMBERED = [{ id: 5, uri: TRANSPORT_WIDE_CC_URI }];
const LINK_NUMBERED = [{ id: 14, uri: TRANSPORT_WIDE_CC_URI }];
const MIC_SSRC = 5000;
const FRAME_MS = 33;
const SOUND_MS = 20;
const DATA_STREAM = 20;
const DATA_EVERY_MS = 5;
const LINK_DELAY_MS = 40;
/** 100, 340 and 1,030 kbit/s on the wire, with keyframes of eight frames' size. */
const LAYERS: readonly SimulcastLayer[] = [
  { rid: 'q', ssrc: 11, payloadBytes: 350, packetsPerFrame: 1, packetsPerKeyframe: 8 },
  { rid: 'h', ssrc: 12, payloadBytes: 640, packetsPerFrame: 2, packetsPerKeyframe: 16 },
  { rid: 'f', ssrc: 13, payloadBytes: 1000, packetsPerFrame: 4, packetsPerKeyframe: 32 },
];
/** Three best layers and sound are 3.2 Mbit/s. */
const HALF_BPS = 1_600_000;
/** The middle layer of one track, and the lowest of two others. */
const ONE_MIDDLE_BPS = 800_000;
/** All of that, and data. */
const WIDE_ENOUGH_BPS = 8_000_000;
const LONG_QUEUE_MS = 600;
const MIDDLE_BYTES = 640;
const BEST_BYTES = 1000;

/** Alice's three cameras and her microphone at engine A, watched by Bob at B. What a relay would do is done here. */
class NarrowLink {
  readonly a: VirtualWorld;
  readonly b: VirtualWorld;
  readonly link: WorldLink;
  readonly shown: readonly (readonly ShownFrame[])[];
  readonly #bottleneck: Bottleneck;
  readonly #alice: ScriptedPeer;
  readonly #bob: ScriptedPeer;
  readonly #cameras: readonly SimulcastPeer[];
  #soundsSent = 0;

  /** @param preferences by camera */
  constructor(seed: number, preferences: readonly (LayerPreferences | undefined)[] = [], delaySeconds = 60) {
    const time = new VirtualTime();
    this.a = new VirtualWorld({ seed, time, address: '203.0.113.1' });
    this.b = new VirtualWorld({ seed: seed + 100, time, address: '203.0.113.2' });
    const { a, b } = this;
    this.link = connectWorlds(b, a, LINK, { delayMs: LINK_DELAY_MS, jitterMs: 0, lossProbability: 0, duplicateProbability: 0 });
    this.#bottleneck = new Bottleneck(seededRandom(seed), { queueMs: 200 });
    this.link.back.bottleneck = this.#bottleneck;
    this.#alice = a.connectPeer('alice');
    this.#bob = b.connectPeer('bob');
    a.run(1000);
    this.#cameras = CAMERAS.map((no) => this.#publish(no));
    const sound = { kind: 'audio', codecs: [OPUS] } as const;
    a.publish(this.#alice, { ...sound, trackId: 'mic', mid: '9', ssrcs: [{ ssrc: 9, rtxSsrc: undefined }] });
    b.publish(
      { id: LINK },
      { ...sound, trackId: 'mic', mid: 'mic', ssrcs: [{ ssrc: MIC_SSRC, rtxSsrc: undefined }], extensions: LINK_NUMBERED },
    );
    a.subscribe({ id: LINK }, { ...sound, sourceTrackId: 'mic', mid: 'mic', ssrc: MIC_SSRC, extensions: LINK_NUMBERED });
    b.subscribe(this.#bob, { ...sound, sourceTrackId: 'mic', mid: '9', ssrc: 90 });
    const viewer = new WatchingPeer(b, this.#bob, { extensionId: 5, forMs: 1000 * delaySeconds });
    this.shown = CAMERAS.map((no) => {
      for (const rid of RIDS.filter((each) => each === 'f')) this.#carry(no, rid, { layers: preferences[no] ?? {} });
      b.subscribe(this.#bob, { sourceTrackId: camera(no), ssrc: 70 + no, rtxSsrc: 80 + no, mid: `${no}`, extensions: NUMBERED });
      return viewer.watch(70 + no);
    });
    a.whenTold = (event) => {
      if (event.type !== 'lower-layers-needed' || event.transportId !== LINK) return;
      const no = CAMERAS.find((each) => event.subscriptionId === subscriptionId(each, 'f')) ?? 0;
      // Not from within: the engine is in the middle of something.
      a.after(1, () => {
        for (const rid of ['q', 'h'] as const) {
          this.#carry(no, rid, { layers: preferences[no] ?? {}, isStandIn: true, paused: !event.areNeeded });
        }
      });
    };
  }

  narrowTo(rateBps: number, queueMs = 200): void {
    this.#bottleneck.impair({ ...this.#bottleneck.conditions, rateBps, queueMs });
  }

  /** A data channel of A's process crosses as well, reliable or not, and brings more than the link carries. @returns how many bytes have come */
  offerData(reliability: DataReliability, bitsPerSecond: number, forMs: number): () => number {
    const { a, b } = this;
    const stream = { streamId: DATA_STREAM, isNegotiated: true };
    const shared = { reliability, retain: 0, isBus: false };
    a.engine.handleCommand(a.nowMs, {
      type: 'put-data-publication',
      plan: { publicationId: 'data', transportId: undefined, stream: undefined, ...shared },
    });
    b.engine.handleCommand(b.nowMs, {
      type: 'put-data-publication',
      plan: { publicationId: 'copy', transportId: LINK, stream, copyOf: 'data', ...shared },
    });
    const names = { label: 'data', protocol: '' } as const;
    const rights = { canReply: 'none', waitsForAck: false, isPaused: false, isSticky: true } as const;
    a.engine.handleCommand(a.nowMs, {
      type: 'put-data-subscription',
      plan: { subscriptionId: 'feed', transportId: LINK, publicationId: 'data', stream, feedsCopy: 'new', ...names, ...rights },
    });
    const messageBytes = (bitsPerSecond / 8_000) * DATA_EVERY_MS;
    for (let afterMs = 0; afterMs < forMs; afterMs += DATA_EVERY_MS) {
      a.after(afterMs, (nowMs) =>
        a.engine.handleCommand(nowMs, { type: 'publish-data', publicationId: 'data', data: new Uint8Array(messageBytes) }),
      );
    }
    return () => b.engine.answer('data-statistics').publications.reduce((sum, { bytesReceived }) => sum + bytesReceived, 0);
  }

  runFor(durationMs: number): void {
    for (const [world, peer] of [
      [this.a, this.#alice],
      [this.b, this.#bob],
    ] as const) {
      world.keepAlive(peer, durationMs);
    }
    for (let afterMs = 0; afterMs < durationMs; afterMs += SOUND_MS) this.a.after(afterMs, (nowMs) => this.#speak(nowMs));
    for (let passedMs = 0; passedMs < durationMs; passedMs += FRAME_MS) {
      for (const each of this.#cameras) each.sendFrame();
      this.a.run(FRAME_MS);
    }
  }

  /** Bob cannot decode what he has of the cameras. */
  askForKeyframes(): void {
    for (const no of CAMERAS)
      this.#bob.sendRtcp(this.b.nowMs, (out, offset) => writePli(out, offset, { senderSsrc: 1, mediaSsrc: 70 + no }));
  }

  get soundsSent(): number {
    return this.#soundsSent;
  }

  get soundsHeard(): number {
    return this.#bob.received.filter(({ ssrc }) => ssrc === 90).length;
  }

  get linkState(): string | undefined {
    return this.a.engine.snapshot(this.a.nowMs).transports.find(({ transportId }) => transportId === LINK)?.state;
  }

  #publish(no: number): SimulcastPeer {
    const { a, b } = this;
    a.publish(this.#alice, { trackId: camera(no), mid: `${no}`, extensions: SIMULCAST_EXTENSIONS, rids: RIDS });
    const ssrcs = RIDS.map((rid) => ({ ssrc: linkSsrc(no, rid), rtxSsrc: linkSsrc(no, rid) + 1, rid }));
    b.publish({ id: LINK }, { trackId: camera(no), mid: camera(no), ssrcs, rids: RIDS, extensions: LINK_NUMBERED });
    const layers = LAYERS.map((layer) => ({ ...layer, ssrc: layer.ssrc + 100 * (no + 1) }));
    return new SimulcastPeer(a, this.#alice, layers, `${no}`);
  }

  #carry(no: number, rid: (typeof RIDS)[number], plan: Omit<Partial<SubscriberTrackPlan>, 'sourceTrackId'>): void {
    const ssrc = linkSsrc(no, rid);
    const ids = { sourceTrackId: camera(no), mid: camera(no), ssrc, rtxSsrc: ssrc + 1, subscriptionId: subscriptionId(no, rid) };
    this.a.subscribe({ id: LINK }, { ...ids, preferredRid: rid, isExactLayer: true, extensions: LINK_NUMBERED, ...plan });
  }

  #speak(nowMs: number): void {
    const sequence = ++this.#soundsSent;
    this.#alice.sendRtp(nowMs, { ssrc: 9, payloadType: 111, sequence, timestamp: 960 * sequence, payload: new Uint8Array(80).fill(1) });
  }
}

function camera(no: number): string {
  return `camera${no}`;
}

function linkSsrc(no: number, rid: (typeof RIDS)[number]): number {
  return 1000 + 100 * no + 10 * RIDS.indexOf(rid);
}

function subscriptionId(no: number, rid: string): string {
  return `${LINK}/${camera(no)}/${rid}`;
}

function framesBetween(frames: readonly ShownFrame[], fromMs: number, toMs: number): readonly ShownFrame[] {
  return frames.filter(({ atMs }) => atMs >= fromMs && atMs < toMs);
}

function longestGapMs(frames: readonly ShownFrame[], fromMs: number, toMs: number): number {
  const times = [fromMs, ...framesBetween(frames, fromMs, toMs).map(({ atMs }) => atMs), toMs];
  return Math.max(...times.slice(1).map((atMs, index) => atMs - (times[index] ?? 0)));
}

/** The SSRCs that BYE packets of a datagram name (RFC 3550 §6.6). The packets of this suite are not encrypted. */
function byesIn(datagram: Uint8Array): readonly string[] {
  const ssrcs: string[] = [];
  const view = new DataView(datagram.buffer, datagram.byteOffset, datagram.length);
  for (let offset = 0; offset + 8 <= datagram.length && (datagram[offset] ?? 0) >> 6 === 2; offset += 4 + 4 * view.getUint16(offset + 2)) {
    const type = datagram[offset + 1] ?? 0;
    if (type < 192 || type > 223) break;
    if (type === 203) ssrcs.push(`${view.getUint32(offset + 4)}`);
  }
  return ssrcs;
}

describe.each(SEEDS)('seed %d', (seed) => {
  test('a link at half of what is wanted carries sound and a layer of each track, and all of it when it is wide again', () => {
    const call = new NarrowLink(seed);
    call.runFor(4000);
    const bestBefore = call.shown.map((frames) => frames.at(-1)?.payloadBytes);
    const heardBefore = call.soundsHeard;
    const sentBefore = call.soundsSent;
    const narrowMs = call.a.nowMs;
    call.narrowTo(HALF_BPS);
    call.runFor(12_000);
    const wideMs = call.a.nowMs;
    call.narrowTo(Number.POSITIVE_INFINITY);
    call.runFor(10_000);
    const endMs = call.a.nowMs;
    call.a.run(200);

    const lost = 1 - (call.soundsHeard - heardBefore) / (call.soundsSent - sentBefore);
    expect(bestBefore).toEqual([BEST_BYTES, BEST_BYTES, BEST_BYTES]);
    expect(lost).toBeLessThan(0.01);
    expect(call.linkState).toBe('connected');
    for (const frames of call.shown) {
      expect(framesBetween(frames, narrowMs + 2500, narrowMs + 3000).length).toBeGreaterThan(0);
      expect(framesBetween(frames, narrowMs + 3000, wideMs).length).toBeGreaterThan(20 * ((wideMs - narrowMs - 3000) / 1000));
      expect(longestGapMs(frames, narrowMs + 3000, endMs)).toBeLessThan(1000);
      expect(frames.at(-1)?.payloadBytes).toBe(BEST_BYTES);
    }
  });
});

test('a layer whose BYE the link has lost ends when a viewer behind it asks for a keyframe', () => {
  const call = new NarrowLink(1);
  const isLost = new Set<string>();
  call.link.back.lose = (datagram) => {
    const ssrcs = byesIn(datagram);
    const isFirst = ssrcs.some((ssrc) => !isLost.has(ssrc));
    for (const ssrc of ssrcs) isLost.add(ssrc);
    return isFirst;
  };
  call.runFor(4000);
  const narrowMs = call.a.nowMs;
  call.narrowTo(HALF_BPS);
  for (let afterMs = 0; afterMs < 4000; afterMs += 200) {
    call.runFor(200);
    call.askForKeyframes();
  }

  expect(isLost.size).toBeGreaterThan(0);
  for (const frames of call.shown) expect(longestGapMs(frames, narrowMs, call.a.nowMs)).toBeLessThan(1400);
});

test('a narrow link carries most for the track that most watch behind it', () => {
  const call = new NarrowLink(1, [{ priority: 1 }, { priority: 32 }, { priority: 1 }]);
  call.runFor(3000);
  call.narrowTo(ONE_MIDDLE_BPS);

  call.runFor(8000);

  // The link also tries at times whether it carries more, so a single moment says little.
  const endMs = call.a.nowMs;
  const best = call.shown.map((frames) => Math.max(...framesBetween(frames, endMs - 4000, endMs).map(({ payloadBytes }) => payloadBytes)));
  expect(best[1]).toBe(MIDDLE_BYTES);
  expect(Math.max(best[0] ?? 0, best[2] ?? 0)).toBeLessThan(MIDDLE_BYTES);
});

test('beside data that would fill the link, tracks keep their best layers, and data gets what they leave', () => {
  const call = new NarrowLink(1);
  call.runFor(3000);
  call.narrowTo(WIDE_ENOUGH_BPS, LONG_QUEUE_MS);
  const bytes = call.offerData({ ordered: false, maxRetransmits: 0, maxPacketLifeTimeMs: undefined }, 2 * WIDE_ENOUGH_BPS, 5000);
  const [heardBefore, sentBefore, fromMs] = [call.soundsHeard, call.soundsSent, call.a.nowMs];

  call.runFor(5000);

  for (const frames of call.shown) {
    const seen = framesBetween(frames, fromMs + 1000, fromMs + 5000);
    expect(seen.length).toBeGreaterThan(4000 / FRAME_MS - 5);
    expect(seen.every(({ payloadBytes }) => payloadBytes === BEST_BYTES)).toBe(true);
  }
  expect(1 - (call.soundsHeard - heardBefore) / (call.soundsSent - sentBefore)).toBeLessThan(0.02);
  expect((8 * bytes()) / 5).toBeGreaterThan(0.8 * (WIDE_ENOUGH_BPS - 3_200_000));
});
