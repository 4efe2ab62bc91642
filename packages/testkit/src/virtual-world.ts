/** An engine and its peers in virtual time: nothing happens but what a test, a timer or the network does. */
import {
  type CodecPlan,
  type ConnectionState,
  type DatagramSink,
  Engine,
  type EngineListener,
  type ExtensionPlan,
  Path,
  type PublisherTrackPlan,
  type SubscriberTrackPlan,
  type TransportCloseReason,
} from '@causeway/media';
import { PlainSuite } from './plain-suite.ts';
import { hmacSha1, ScriptedPeer } from './scripted-peer.ts';
import { seededRandom } from './seeded-random.ts';
import { Stranger } from './stranger.ts';
import { CLEAN_LINK, type Impairment, VirtualLink } from './virtual-link.ts';

/** Middle of 2026; scenarios compare NTP times, so the wall clock is fixed. */
const WALL_CLOCK_OFFSET_MS = 1_780_000_000_000;
const FIRST_PORT = 40_000;

export const VP8: CodecPlan = {
  payloadType: 96,
  name: 'vp8',
  clockRateHz: 90_000,
  channels: 1,
  fmtp: '',
  rtxPayloadType: 97,
  nack: true,
  pli: true,
  fir: true,
};

export const OPUS: CodecPlan = {
  payloadType: 111,
  name: 'opus',
  clockRateHz: 48_000,
  channels: 2,
  fmtp: 'minptime=10;useinbandfec=1',
  rtxPayloadType: undefined,
  nack: false,
  pli: false,
  fir: false,
};

/** Two directions of one network path. */
export interface LinkPair {
  /** From the peer to the engine. */
  readonly up: VirtualLink;
  /** From the engine to the peer. */
  readonly down: VirtualLink;
}

export interface NoticedEvent {
  readonly atMs: number;
  readonly id: string;
  readonly what: ConnectionState | TransportCloseReason | 'active' | 'inactive';
}

export class VirtualWorld {
  readonly suite = new PlainSuite();
  readonly engine: Engine;
  readonly events: NoticedEvent[] = [];
  readonly selectedPaths: Path[] = [];
  readonly releasedPaths: Path[] = [];
  readonly #random: () => number;
  readonly #links = new Map<Path, LinkPair>();
  readonly #peers: ScriptedPeer[] = [];
  readonly #agenda: { readonly atMs: number; readonly act: (nowMs: number) => void }[] = [];
  #nextPort = FIRST_PORT;
  #nowMs = 1000;

  constructor(seed = 1) {
    this.#random = seededRandom(seed);
    this.engine = new Engine({
      suite: this.suite,
      sink: this.#sink(),
      listener: this.#listener(),
      hmacSha1,
      random: this.#random,
      randomBytes: (length) => Uint8Array.from({ length }, () => this.#random() * 256),
      wallClockOffsetMs: WALL_CLOCK_OFFSET_MS,
    });
  }

  get nowMs(): number {
    return this.#nowMs;
  }

  /** The wall clock the engine writes into sender reports. */
  get wallClockMs(): number {
    return this.#nowMs + WALL_CLOCK_OFFSET_MS;
  }

  /** Adds a peer with a transport of its own; it has not checked yet. */
  addPeer(id: string, impairment: Impairment = CLEAN_LINK): ScriptedPeer {
    const engineSide = { ufrag: `eng-${id}`, password: `engine-password-of-${id}` };
    const peerSide = { ufrag: `peer-${id}`, password: `peer-password-of-${id}` };
    this.engine.openTransport(this.#nowMs, {
      transportId: id,
      local: engineSide,
      remote: peerSide,
      dtlsRole: 'server',
      remoteFingerprints: [],
    });
    const path = this.#newPath(impairment, (nowMs, datagram) => peer.handleDatagram(nowMs, datagram));
    const peer = new ScriptedPeer(id, peerSide, engineSide, path, this.linksOf(path).up);
    this.#peers.push(peer);
    return peer;
  }

  /** As `addPeer`, then checks and shakes hands. */
  connectPeer(id: string, impairment: Impairment = CLEAN_LINK): ScriptedPeer {
    const peer = this.addPeer(id, impairment);
    peer.check(this.#nowMs);
    this.run(100);
    peer.handshake(this.#nowMs);
    this.run(100);
    return peer;
  }

  /** Adds a socket that has nothing to do with anybody. */
  addStranger(address = '198.51.100.1'): Stranger {
    const path = this.#newPath(CLEAN_LINK, (_nowMs, datagram) => stranger.received.push(datagram), address);
    const stranger = new Stranger(path, this.linksOf(path).up);
    return stranger;
  }

  /** Keeps a peer's consent fresh for a while, as browsers do. */
  keepAlive(peer: ScriptedPeer, durationMs: number): void {
    for (let afterMs = 0; afterMs < durationMs; afterMs += 2500) this.after(afterMs, (nowMs) => peer.check(nowMs));
  }

  /** The peer sends from a new address from now on. */
  migrate(peer: ScriptedPeer, impairment: Impairment = CLEAN_LINK): Path {
    const path = this.#newPath(impairment, (nowMs, datagram) => peer.handleDatagram(nowMs, datagram));
    peer.moveTo(path, this.linksOf(path).up);
    return path;
  }

  /** The address is this peer's from now on, whoever had it before. */
  handOver(path: Path, peer: ScriptedPeer): void {
    const { up, down } = this.linksOf(path);
    down.deliver = (nowMs, datagram) => peer.handleDatagram(nowMs, datagram);
    peer.moveTo(path, up);
  }

  linksOf(path: Path): LinkPair {
    const links = this.#links.get(path);
    if (links === undefined) throw new Error(`no link for ${path.remoteAddress}:${path.remotePort}`);
    return links;
  }

  publish(peer: ScriptedPeer, plan: Partial<PublisherTrackPlan> & { readonly trackId: string }): void {
    this.engine.putPublisherTrack(this.#nowMs, {
      transportId: peer.id,
      mid: '0',
      kind: 'video',
      codecs: [VP8],
      extensions: [],
      ssrcs: [],
      rids: [],
      transportWideCc: false,
      ...plan,
    });
  }

  subscribe(peer: ScriptedPeer, plan: Partial<SubscriberTrackPlan> & { readonly sourceTrackId: string; readonly ssrc: number }): void {
    this.engine.putSubscriberTrack(this.#nowMs, {
      transportId: peer.id,
      subscriptionId: `${peer.id}/${plan.ssrc}`,
      mid: '0',
      kind: 'video',
      rtxSsrc: undefined,
      cname: 'causeway',
      codecs: [VP8],
      extensions: [] as ExtensionPlan[],
      paused: false,
      preferredRid: undefined,
      ...plan,
    });
  }

  /** Does something later. */
  after(delayMs: number, act: (nowMs: number) => void): void {
    this.#agenda.push({ atMs: this.#nowMs + delayMs, act });
  }

  /** Lets time pass; everything due happens in order. */
  run(durationMs: number): void {
    const untilMs = this.#nowMs + durationMs;
    for (;;) {
      this.engine.flush();
      const nextMs = this.#nextEventMs();
      if (nextMs > untilMs) break;
      this.#nowMs = Math.max(this.#nowMs, nextMs);
      this.#actDue();
      for (const { up, down } of this.#links.values()) {
        up.deliverDue(this.#nowMs);
        down.deliverDue(this.#nowMs);
      }
      this.engine.handleTimeout(this.#nowMs);
    }
    this.#nowMs = untilMs;
  }

  /** Time passes, and the engine's process does not run: what is due happens with the next `run`, late. */
  standStill(durationMs: number): void {
    this.#nowMs += durationMs;
  }

  #nextEventMs(): number {
    let nextMs = this.engine.nextDeadlineMs;
    for (const { atMs } of this.#agenda) nextMs = Math.min(nextMs, atMs);
    for (const { up, down } of this.#links.values()) nextMs = Math.min(nextMs, up.nextArrivalMs, down.nextArrivalMs);
    return nextMs;
  }

  #actDue(): void {
    const due = this.#agenda.filter(({ atMs }) => atMs <= this.#nowMs).sort((a, b) => a.atMs - b.atMs);
    for (const item of due) this.#agenda.splice(this.#agenda.indexOf(item), 1);
    for (const { act } of due) act(this.#nowMs);
  }

  #newPath(impairment: Impairment, toPeer: (nowMs: number, datagram: Uint8Array) => void, address = '192.0.2.1'): Path {
    const path = new Path(address, this.#nextPort++);
    const up = new VirtualLink(this.#random, impairment, (nowMs, datagram) => this.engine.handleDatagram(nowMs, path, datagram));
    const down = new VirtualLink(this.#random, impairment, toPeer);
    this.#links.set(path, { up, down });
    return path;
  }

  #sink(): DatagramSink {
    return {
      send: (path, bytes, offset, length) => this.linksOf(path).down.send(this.#nowMs, bytes.subarray(offset, offset + length)),
      pathSelected: (path) => this.selectedPaths.push(path),
      pathReleased: (path) => this.releasedPaths.push(path),
      openPath: () => undefined,
    };
  }

  #listener(): EngineListener {
    const note = (id: string, what: NoticedEvent['what']) => this.events.push({ atMs: this.#nowMs, id, what });
    return {
      onConnectionState: note,
      onTransportClosed: note,
      onTrackActivity: note,
      onDataChannelOpened: () => undefined,
      onDataChannelClosed: () => undefined,
      onDataChannelMessage: () => undefined,
      onLayersChanged: () => undefined,
      onDefect: (_transportId, error) => {
        throw error;
      },
      onOutputReady: () => undefined,
    };
  }
}
