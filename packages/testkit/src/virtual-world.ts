/** An engine and its peers in virtual time, where nothing happens except for what a test, a timer or the network does. */
import {
  type ConnectionState,
  type DatagramSink,
  Engine,
  type EngineEvent,
  type ExtensionPlan,
  type Path,
  type PublisherTrackPlan,
  SendKind,
  type SubscriberTrackPlan,
  type TransportCloseReason,
  type TransportPlan,
  UNKNOWN_ECN,
} from '@causeway/media';
import { ECN_CAPABLE } from '@causeway/wire';
import { PlainSuite } from './plain-suite.ts';
import { VP8 } from './sample-codecs.ts';
import { hmacSha1, ScriptedPeer } from './scripted-peer.ts';
import { seededRandom } from './seeded-random.ts';
import { Stranger } from './stranger.ts';
import { CLEAN_LINK, type Deliver, type Impairment } from './virtual-link.ts';
import { type LinkPair, VirtualNetwork } from './virtual-network.ts';
import { type TimeDweller, VirtualTime } from './virtual-time.ts';

/** A time in the middle of 2026. Scenarios compare NTP times, so the wall clock is fixed. */
const WALL_CLOCK_OFFSET_MS = 1_780_000_000_000;
const PORT = 8081;
/** What the real suite adds to a packet in the profile that `PlainSuite` reports. */
const SRTP_TAG_BYTES = 10;

export interface NoticedEvent {
  readonly atMs: number;
  readonly id: string;
  readonly what: ConnectionState | TransportCloseReason | 'active' | 'inactive';
}

/** What happened on a data channel. */
export interface NoticedData {
  readonly transportId: string;
  readonly streamId: number;
  readonly what: 'opened' | 'closed' | 'message';
  /** The message, or the label of the channel that was opened. */
  readonly data: Uint8Array | string | undefined;
}

export interface VirtualWorldOptions {
  readonly seed?: number;
  /** A time that is shared with other worlds. Default: a time of its own. */
  readonly time?: VirtualTime;
  /** The address at which other worlds reach this one. */
  readonly address?: string;
}

export class VirtualWorld implements TimeDweller {
  /** The number of the first chunk of associations, at both ends. Default: determined by the seed. */
  initialTsn: number | undefined = undefined;
  readonly suite = new PlainSuite();
  readonly engine: Engine;
  readonly network: VirtualNetwork;
  readonly random: () => number;
  readonly address: string;
  readonly port = PORT;
  readonly events: NoticedEvent[] = [];
  readonly data: NoticedData[] = [];
  /** The engine's events about publications and subscriptions of data. */
  readonly dataEvents: EngineEvent[] = [];
  /** The engine's events about the layers that arrive, by track. */
  readonly layers: { readonly atMs: number; readonly trackId: string; readonly rids: readonly string[] }[] = [];
  /** The engine's events about the layers that subscribers get. */
  readonly changes: {
    readonly atMs: number;
    readonly event: Extract<EngineEvent, { type: 'layer-changed' | 'quality-changed' | 'lower-layers-needed' }>;
  }[] = [];
  /** Called with every event of the engine. */
  whenTold: (event: EngineEvent) => void = () => undefined;
  readonly selectedPaths: Path[] = [];
  readonly releasedPaths: Path[] = [];
  readonly time: VirtualTime;
  /** While this is true, the port drops media and reports it. */
  isUplinkFull = false;
  readonly #peers: ScriptedPeer[] = [];
  readonly #agenda: { readonly atMs: number; readonly act: (nowMs: number) => void }[] = [];

  /** @param options a number is a seed */
  constructor(options: VirtualWorldOptions | number = {}) {
    const named = typeof options === 'number' ? { seed: options } : options;
    const { seed = 1, time = new VirtualTime(), address = '203.0.113.1' } = named;
    this.time = time;
    this.address = address;
    this.random = seededRandom(seed);
    this.network = new VirtualNetwork({
      random: this.random,
      receive: (nowMs, path, datagram, ecn) => this.#receive(nowMs, path, datagram, ecn),
    });
    this.engine = new Engine({
      suite: this.suite,
      sink: this.#sink(),
      plainSink: {
        write: (path, bytes, offset, length) => this.linksOf(path).down.send(this.nowMs, bytes.subarray(offset, offset + length)),
        pathClosed: () => undefined,
      },
      onEvent: (event) => this.#note(event),
      onOutputReady: () => undefined,
      hmacSha1,
      random: this.random,
      randomBytes: (length) => this.randomBytes(length),
      wallClockOffsetMs: WALL_CLOCK_OFFSET_MS,
    });
    time.join(this);
  }

  randomBytes(length: number): Uint8Array {
    const bytes = Uint8Array.from({ length }, () => this.random() * 256);
    // Eight bytes are the tag and the initial TSN of an association.
    if (length === 8 && this.initialTsn !== undefined) new DataView(bytes.buffer).setUint32(4, this.initialTsn);
    return bytes;
  }

  get nowMs(): number {
    return this.time.nowMs;
  }

  /** The wall clock that the engine writes into sender reports. */
  get wallClockMs(): number {
    return this.nowMs + WALL_CLOCK_OFFSET_MS;
  }

  /** Adds a peer with a transport of its own, on an account or with another plan. It has sent no check yet. */
  addPeer(id: string, impairment: Impairment = CLEAN_LINK, plan: string | Partial<TransportPlan> = {}): ScriptedPeer {
    const engineSide = { ufrag: `eng-${id}`, password: `engine-password-of-${id}` };
    const peerSide = { ufrag: `peer-${id}`, password: `peer-password-of-${id}` };
    this.engine.handleCommand(this.nowMs, {
      type: 'open-transport',
      plan: {
        transportId: id,
        local: engineSide,
        remote: peerSide,
        dtlsRole: 'server',
        remoteFingerprints: [],
        ...(typeof plan === 'string' ? { account: plan } : plan),
      },
    });
    const path = this.#newPath(impairment, (nowMs, datagram, ecn) => peer.handleDatagram(nowMs, datagram, ecn));
    const peer = new ScriptedPeer(id, peerSide, engineSide, path, this.linksOf(path).up);
    this.#peers.push(peer);
    return peer;
  }

  /** Adds a peer like `addPeer`, and then checks and handshakes. */
  connectPeer(id: string, impairment: Impairment = CLEAN_LINK, plan: string | Partial<TransportPlan> = {}): ScriptedPeer {
    const peer = this.addPeer(id, impairment, plan);
    peer.check(this.nowMs);
    this.run(100);
    peer.handshake(this.nowMs);
    this.run(100);
    return peer;
  }

  /** Adds a socket without any relation to the peers. */
  addStranger(address = '198.51.100.1'): Stranger {
    const path = this.#newPath(CLEAN_LINK, (_nowMs, datagram) => stranger.received.push(datagram), address);
    const stranger = new Stranger(path, this.linksOf(path).up);
    return stranger;
  }

  /** Keeps the consent of a peer fresh for a while, as browsers do. */
  keepAlive(peer: ScriptedPeer, durationMs: number): void {
    for (let afterMs = 0; afterMs < durationMs; afterMs += 2500) this.after(afterMs, (nowMs) => peer.check(nowMs));
  }

  /** Makes the peer send from a new address from now on. */
  migrate(peer: ScriptedPeer, impairment: Impairment = CLEAN_LINK): Path {
    const path = this.#newPath(impairment, (nowMs, datagram, ecn) => peer.handleDatagram(nowMs, datagram, ecn));
    peer.moveTo(path, this.linksOf(path).up);
    return path;
  }

  /** Gives the address to this peer from now on, even if another peer had it. */
  handOver(path: Path, peer: ScriptedPeer): void {
    const { up, down } = this.linksOf(path);
    down.deliver = (nowMs, datagram, ecn) => peer.handleDatagram(nowMs, datagram, ecn);
    peer.moveTo(path, up);
  }

  linksOf(path: Path): LinkPair {
    return this.network.linksOf(path);
  }

  /** @param peer a peer, or another object with the id of a transport */
  publish(peer: Pick<ScriptedPeer, 'id'>, plan: Partial<PublisherTrackPlan> & { readonly trackId: string }): void {
    this.engine.handleCommand(this.nowMs, {
      type: 'put-publisher-track',
      plan: {
        transportId: peer.id,
        mid: '0',
        kind: 'video',
        codecs: [VP8],
        extensions: [],
        ssrcs: [],
        rids: [],
        transportWideCc: false,
        ...plan,
      },
    });
  }

  subscribe(
    peer: Pick<ScriptedPeer, 'id'>,
    plan: Partial<SubscriberTrackPlan> & { readonly sourceTrackId: string; readonly ssrc: number },
  ): void {
    this.engine.handleCommand(this.nowMs, {
      type: 'put-subscriber-track',
      plan: {
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
      },
    });
  }

  /** Calls a function later. */
  after(delayMs: number, act: (nowMs: number) => void): void {
    this.#agenda.push({ atMs: this.nowMs + delayMs, act });
  }

  /** Advances the time in all worlds that share it. Everything that is due happens in order. */
  run(durationMs: number): void {
    this.time.run(durationMs);
  }

  /** Advances the time while the engine's process stands still. What was due happens late, in the next `run`. */
  standStill(durationMs: number): void {
    this.time.standStill(durationMs);
  }

  settle(): void {
    this.suite.beginHandshakes();
    this.engine.flush(this.nowMs);
  }

  nextEventMs(): number {
    const nextMs = Math.min(this.engine.nextDeadlineMs, this.network.nextArrivalMs());
    return this.#agenda.reduce((earliestMs, { atMs }) => Math.min(earliestMs, atMs), nextMs);
  }

  act(nowMs: number): void {
    const due = this.#agenda.filter(({ atMs }) => atMs <= nowMs).sort((a, b) => a.atMs - b.atMs);
    for (const item of due) this.#agenda.splice(this.#agenda.indexOf(item), 1);
    for (const { act } of due) act(nowMs);
    this.network.deliverDue(nowMs);
    this.engine.handleTimeout(nowMs);
  }

  #newPath(impairment: Impairment, toPeer: Deliver, address = '192.0.2.1'): Path {
    return this.network.addPath(impairment, toPeer, address);
  }

  #receive(nowMs: number, path: Path, datagram: Uint8Array, ecn = UNKNOWN_ECN): void {
    path.ecn = ecn;
    this.engine.handleDatagram(nowMs, path, datagram);
    path.ecn = UNKNOWN_ECN;
  }

  /** Drops a packet like the port of a full uplink. */
  #drop(path: Path, packet: Uint8Array): void {
    const withTag = new Uint8Array(packet.length + SRTP_TAG_BYTES);
    withTag.set(packet);
    this.engine.handleUnsent(path, withTag);
  }

  #sink(): DatagramSink {
    const send = (path: Path, datagram: Uint8Array) => this.linksOf(path).down.send(this.nowMs, datagram);
    return {
      send,
      queue: (path, bytes, offset, length, kind) => {
        const packet = bytes.subarray(offset, offset + length);
        if (this.isUplinkFull && kind <= SendKind.Audio) this.#drop(path, packet);
        else this.linksOf(path).down.send(this.nowMs, packet, path.isEcnCapable && isMedia(kind) ? ECN_CAPABLE : undefined);
      },
      sendQueued: () => undefined,
      discardQueued: () => undefined,
      pathSelected: (path) => this.selectedPaths.push(path),
      pathReleased: (path) => {
        this.releasedPaths.push(path);
        this.network.releasePath(path);
      },
      openPath: (address, port) => this.network.openPath(address, port),
    };
  }

  #note(event: EngineEvent): void {
    const atMs = this.nowMs;
    this.whenTold(event);
    switch (event.type) {
      case 'connection-state':
        this.events.push({ atMs, id: event.transportId, what: event.state });
        break;
      case 'transport-closed':
        this.events.push({ atMs, id: event.transportId, what: event.reason });
        break;
      case 'layer-changed':
      case 'quality-changed':
      case 'lower-layers-needed':
        this.changes.push({ atMs, event });
        break;
      case 'track-activity':
        this.events.push({ atMs, id: event.trackId, what: event.activity });
        break;
      case 'speech-measured':
        break;
      case 'layers-changed':
        this.layers.push({ atMs, trackId: event.trackId, rids: event.rids });
        break;
      case 'data-channel-opened':
        this.#noteData(event, 'opened', event.label);
        break;
      case 'data-channel-closed':
        this.#noteData(event, 'closed', undefined);
        break;
      case 'data-channel-message':
        this.#noteData(event, 'message', event.data);
        break;
      case 'data-publication-closed':
      case 'data-subscription-opened':
      case 'data-subscription-closed':
      case 'data-message-too-large':
      case 'data-buffered-low':
      case 'data-received':
      case 'data-reply-received':
        this.dataEvents.push(event);
        break;
      case 'defect':
        throw event.error;
      default:
        event satisfies never;
    }
  }

  #noteData(
    { transportId, streamId }: { readonly transportId: string; readonly streamId: number },
    what: NoticedData['what'],
    data: NoticedData['data'],
  ): void {
    this.data.push({ transportId, streamId, what, data });
  }
}

function isMedia(kind: SendKind): boolean {
  return kind === SendKind.Video || kind === SendKind.Audio;
}
