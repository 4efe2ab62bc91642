import type { OutboundStream, Path, ProtectBatch } from '@causeway/media';
import { OPUS, type ScriptedPeer, type Stranger, serialOf, VideoSource, VirtualWorld } from '@causeway/testkit';
import {
  AUDIO_LEVEL_URI,
  DEPENDENCY_DESCRIPTOR_URI,
  MID_URI,
  REPAIRED_RTP_STREAM_ID_URI,
  RTP_STREAM_ID_URI,
  TRANSPORT_WIDE_CC_URI,
} from '@causeway/wire';

export const EXTENSIONS = [
  { id: 1, uri: MID_URI },
  { id: 2, uri: RTP_STREAM_ID_URI },
  { id: 3, uri: REPAIRED_RTP_STREAM_ID_URI },
  { id: 4, uri: TRANSPORT_WIDE_CC_URI },
  { id: 5, uri: AUDIO_LEVEL_URI },
  { id: 6, uri: DEPENDENCY_DESCRIPTOR_URI },
];
/** What Mallory publishes and subscribes to, and what is none of hers. */
export const SSRCS = [100, 101, 102, 103, 200, 90, 91, 92, 93, 94, 7, 70];
export const PAYLOAD_TYPES = [96, 97, 111];
/** MIDs and RIDs of hers. */
export const NAMES = ['0', '1', '2', 'h', 'l'];
export const MALLORYS_PASSWORD = 'engine-password-of-mallory';

const STRANGERS = 12;
const INPUTS_PER_STEP = 8;
const STEP_MS = 2;
const FRAME_INTERVAL_MS = 34;
/** A dozen for each session, and some for streams. */
const MAX_TIMERS = 60;
const MAX_LAYERS = 8;
/** More than can be asked for again. */
const REMEMBERED_INDICES = 2048;

/**
 * An engine with a call between two honest sessions, and a third one, with valid keys, that sends anything. There is no encryption, so
 * a datagram on Mallory's path is one that she has protected rightly.
 */
export class EngineUnderFire {
  readonly #world = new VirtualWorld();
  readonly #alice: ScriptedPeer;
  readonly #bob: ScriptedPeer;
  readonly #mallory: ScriptedPeer;
  readonly #strangers: Stranger[];
  readonly #source = new VideoSource({ ssrc: 7, packetsPerFrame: 2, payloadBytes: 60 });
  #inputs = 0;
  #nextFrameMs = 0;
  #nextSerial = 0;
  #harm = '';
  /** What was encrypted under which index, the latest of each stream. */
  readonly #payloads = new WeakMap<OutboundStream, Map<number, string>>();

  constructor() {
    const world = this.#world;
    this.#alice = world.connectPeer('alice');
    this.#bob = world.connectPeer('bob');
    this.#mallory = world.connectPeer('mallory');
    this.#strangers = Array.from({ length: STRANGERS }, (_, host) => world.addStranger(`198.51.100.${host}`));
    world.publish(this.#alice, { trackId: 'camera', ssrcs: [{ ssrc: 7, rtxSsrc: undefined }] });
    world.subscribe(this.#bob, { sourceTrackId: 'camera', ssrc: 70 });
    world.publish(this.#mallory, { trackId: 'layers', mid: '0', rids: ['h', 'l'], extensions: EXTENSIONS, transportWideCc: true });
    world.publish(this.#mallory, { trackId: 'ssrcs', mid: '1', ssrcs: [{ ssrc: 102, rtxSsrc: 103 }], extensions: EXTENSIONS });
    world.publish(this.#mallory, { trackId: 'noise', mid: '2', kind: 'audio', codecs: [OPUS], ssrcs: [{ ssrc: 200, rtxSsrc: undefined }] });
    world.subscribe(this.#mallory, { sourceTrackId: 'camera', ssrc: 90, rtxSsrc: 91 });
    world.subscribe(this.#mallory, { sourceTrackId: 'layers', ssrc: 92, rtxSsrc: 93, extensions: EXTENSIONS });
    world.subscribe(this.#mallory, { sourceTrackId: 'layers', ssrc: 94, extensions: EXTENSIONS });
    world.subscribe(this.#bob, { sourceTrackId: 'ssrcs', ssrc: 71, extensions: EXTENSIONS });
    world.subscribe(this.#bob, { sourceTrackId: 'noise', ssrc: 72, kind: 'audio', codecs: [OPUS] });
    this.#watchIndices();
    this.#bob.onRtp = ({ ssrc, payload }) => {
      if (ssrc === 70) this.#expectNext(serialOf(payload));
    };
  }

  /** Gives the engine a datagram, on Mallory's path or on that of a stranger. */
  receive(route: number, datagram: Uint8Array): void {
    const { engine, nowMs } = this.#world;
    engine.handleDatagram(nowMs, this.#pathOf(route), datagram);
    engine.flush(nowMs);
  }

  /** Lets time pass now and then, and looks whether the call beside it went on. @throws Error that says what was harmed */
  goOn(): void {
    if (++this.#inputs % INPUTS_PER_STEP !== 0) return;
    if (this.#world.nowMs >= this.#nextFrameMs) this.#sendFrame();
    this.#world.run(STEP_MS);
    if (this.#harm !== '') throw new Error(this.#harm);
  }

  #sendFrame(): void {
    const { nowMs } = this.#world;
    this.#nextFrameMs = nowMs + FRAME_INTERVAL_MS;
    for (const peer of [this.#bob, this.#mallory]) peer.check(nowMs);
    const isKeyframeDue = this.#nextSerial === 0 || this.#alice.rtcp.some(({ type }) => type === 'pli');
    for (const packet of this.#source.nextFrame(isKeyframeDue ? 'key' : 'inter')) this.#alice.sendRtp(nowMs, packet);
    this.#inspect();
    for (const { received, rtcp, challenges } of [this.#alice, this.#bob, this.#mallory]) {
      received.length = 0;
      rtcp.length = 0;
      challenges.length = 0;
    }
    for (const { received } of this.#strangers) received.length = 0;
    this.#world.releasedPaths.length = 0;
    this.#world.events.length = 0;
    this.#world.data.length = 0;
    this.#world.layers.length = 0;
  }

  /** With real keys, one index for two payloads would encrypt both with the same keystream. */
  #watchIndices(): void {
    const { suite } = this.#world;
    const protect = suite.protect.bind(suite);
    suite.protect = (batch) => {
      for (let row = 0; row < batch.count; row++) if (batch.isRtcp[row] === 0) this.#noteIndex(batch, row);
      return protect(batch);
    };
  }

  #noteIndex(batch: ProtectBatch, row: number): void {
    const { streams, offset, headerLength, plainLength, packetIndex } = batch;
    const known = this.#payloads.get(streams[row]) ?? new Map<number, string>();
    this.#payloads.set(streams[row], known);
    const payload = this.#world.suite.arena.bytes.subarray(offset[row] + headerLength[row], offset[row] + plainLength[row]);
    const text = Buffer.from(payload).toString('latin1');
    const before = known.get(packetIndex[row]);
    if (before !== undefined && before !== text) this.#harm = `index ${packetIndex[row]} was used for two payloads`;
    known.set(packetIndex[row], text);
    if (known.size > REMEMBERED_INDICES) known.delete(known.keys().next().value ?? 0);
  }

  #expectNext(serial: number): void {
    // Nothing is sent before the keyframe that a new subscriber waits for.
    const isExpected = this.#nextSerial === 0 || serial === this.#nextSerial;
    if (!isExpected && this.#harm === '') this.#harm = `packet ${serial} of the call beside it came when ${this.#nextSerial} was due`;
    this.#nextSerial = serial + 1;
  }

  #inspect(): void {
    const { transports, timers } = this.#world.engine.snapshot(this.#world.nowMs);
    const layers = transports.flatMap(({ publisherTracks }) => publisherTracks).flatMap((track) => track.layers);
    if (transports.length !== 3) this.#harm = `there are ${transports.length} sessions and not three`;
    else if (timers > MAX_TIMERS) this.#harm = `${timers} timers are armed`;
    else if (layers.length > MAX_LAYERS) this.#harm = `${layers.length} layers are kept`;
  }

  #pathOf(route: number): Path {
    return this.#strangers[route % (2 * STRANGERS)]?.path ?? this.#mallory.path;
  }
}
