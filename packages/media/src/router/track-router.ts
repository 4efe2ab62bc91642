/**
 * Fans a publication out. A published packet is parsed once into a `ForwardedPacket`, which the router hands to all subscribers; their
 * requests go back to the publisher, each only once.
 */
import {
  ABS_CAPTURE_TIME_URI,
  AUDIO_LEVEL_URI,
  COLOR_SPACE_URI,
  DEPENDENCY_DESCRIPTOR_URI,
  DependencyDescriptor,
  type DependencyStructure,
  type ExtendedSeq,
  type KeyframeDetector,
  keyframeDetector,
  PLAYOUT_DELAY_URI,
  type RtpView,
  VIDEO_CONTENT_TYPE_URI,
  VIDEO_ORIENTATION_URI,
  Vp8Descriptor,
  Vp9Descriptor,
} from '@causeway/wire';
import { madeOnce } from '../made-once.ts';
import type { CodecPlan, ExtensionPlan } from '../plan.ts';

/** An encoding as the router sees it. */
export interface RoutedStream {
  requestKeyframe(nowMs: number): void;
}

/** A subscriber as the router serves it. */
export interface RoutedSubscriber<Stream, Packet> {
  readonly transport: { readonly allocation: { runSoon(nowMs: number): void } };
  forward(nowMs: number, packet: Packet): void;
  /** Whether the subscriber receives this layer, or is about to. */
  watches(stream: Stream): boolean;
  /** Called when the publication has ended. */
  loseSource(nowMs: number): void;
  /** Reads a field of each object that a packet touches, to warm the cache. */
  prefetch(): number;
}

export class TrackRouter<Stream extends RoutedStream, Packet> {
  readonly #track: { readonly streams: readonly Stream[] };
  /** The value has no meaning. It is stored so that the compiler cannot remove the reads. */
  prefetched = 0;
  /** Replaced, never changed in place, so that a subscriber may leave while a packet is being fanned out. */
  #subscribers: readonly RoutedSubscriber<Stream, Packet>[] = [];

  constructor(track: { readonly streams: readonly Stream[] }) {
    this.#track = track;
  }

  get subscriberCount(): number {
    return this.#subscribers.length;
  }

  add(subscriber: RoutedSubscriber<Stream, Packet>): void {
    this.#subscribers = [...this.#subscribers, subscriber];
  }

  remove(subscriber: RoutedSubscriber<Stream, Packet>): void {
    this.#subscribers = this.#subscribers.filter((candidate) => candidate !== subscriber);
  }

  /** Sends a packet to every subscriber. The packet is on loan: subscribers write their own copies before this returns. */
  forward(nowMs: number, packet: Packet): void {
    const subscribers = this.#subscribers;
    this.prefetched = prefetch(subscribers);
    for (let index = 0; index < subscribers.length; index++) subscribers[index].forward(nowMs, packet);
  }

  /**
   * Requests a keyframe for a subscriber that cannot decode. The request goes to the encoding that it receives or waits for, if given, and
   * otherwise to all; each encoding sends at most one for all subscribers.
   */
  requestKeyframe(nowMs: number, wanted: Stream | undefined): void {
    if (wanted) wanted.requestKeyframe(nowMs);
    else for (const stream of this.#track.streams) stream.requestKeyframe(nowMs);
  }

  /** Whether any subscriber receives this layer, or is about to. */
  isWatched(stream: Stream): boolean {
    return this.#subscribers.some((subscriber) => subscriber.watches(stream));
  }

  /** Reconsiders the layer of every subscriber, because a layer was added or is now in another stream. */
  layersChanged(nowMs: number): void {
    for (const { transport } of this.#subscribers) transport.allocation.runSoon(nowMs);
  }

  /** Ends the publication. Subscribers keep their m-sections, without a source. */
  close(nowMs: number): void {
    for (const subscriber of this.#subscribers) subscriber.loseSource(nowMs);
    this.#subscribers = [];
  }
}

/**
 * Reads the subscribers' objects into the processor's caches, where nothing of them is left some milliseconds after the previous packet.
 * Memory reads that are close together in the code, as here, overlap; if they were scattered over the work on a packet, each would be
 * waited for separately.
 */
function prefetch(subscribers: readonly { prefetch(): number }[]): number {
  let mixed = 0;
  // A sum could exceed the integer range and deoptimize the compiled code, so the values are combined with XOR.
  for (let index = 0; index < subscribers.length; index++) mixed ^= subscribers[index].prefetch();
  return mixed;
}

/**
 * Indexes subscriptions by publication, whether or not the publication exists yet. When one is added or updated, its subscriptions are
 * found without a search through all of the engine's.
 */
export class Audiences<Subscriber> {
  readonly #byTrack = new Map<string, Set<Subscriber>>();

  of(trackId: string): Iterable<Subscriber> {
    return this.#byTrack.get(trackId) ?? [];
  }

  /**
   * Moves a subscriber from one publication to another.
   *
   * @param from the previous publication; undefined if there was none
   * @param to the new publication; undefined if there is none, or the subscription has ended
   */
  move(subscriber: Subscriber, from: string | undefined, to: string | undefined): void {
    if (from === to) return;
    if (from !== undefined) this.#leave(subscriber, from);
    if (to !== undefined) this.#byTrack.set(to, (this.#byTrack.get(to) ?? new Set()).add(subscriber));
  }

  #leave(subscriber: Subscriber, trackId: string): void {
    const audience = this.#byTrack.get(trackId);
    audience?.delete(subscriber);
    if (audience?.size === 0) this.#byTrack.delete(trackId);
  }
}

/**
 * Header extensions that mean the same to every receiver, and are forwarded under the receiver's own id. All others belong to one hop (MID,
 * RID, transport-wide sequence numbers, send times), and are written again or dropped.
 */
export const FORWARDED_EXTENSION_URIS: readonly string[] = [
  AUDIO_LEVEL_URI,
  VIDEO_ORIENTATION_URI,
  DEPENDENCY_DESCRIPTOR_URI,
  PLAYOUT_DELAY_URI,
  ABS_CAPTURE_TIME_URI,
  COLOR_SPACE_URI,
  VIDEO_CONTENT_TYPE_URI,
];

/** The place of the audio level among `FORWARDED_EXTENSION_URIS`. */
export const AUDIO_LEVEL_KIND = FORWARDED_EXTENSION_URIS.indexOf(AUDIO_LEVEL_URI);
const DEPENDENCY_DESCRIPTOR_KIND = FORWARDED_EXTENSION_URIS.indexOf(DEPENDENCY_DESCRIPTOR_URI);

/** A browser's extensions need less than this in nearly every packet. Anything beyond it is charged as payload. */
export const FREE_EXTENSION_BYTES = 32;
const NO_SIZE = { width: 0, height: 0 };
/** Bytes per extension in the two-byte form (RFC 8285 §4.3). */
const EXTENSION_HEADER_BYTES = 2;

/** Ids of the forwarded extensions in the order of `FORWARDED_EXTENSION_URIS`; 0 for those that the peer has not negotiated. */
export const forwardedExtensionIds = madeOnce((extensions: readonly ExtensionPlan[]): Uint8Array => {
  const ids = new Uint8Array(FORWARDED_EXTENSION_URIS.length);
  for (const { id, uri } of extensions) {
    const kind = FORWARDED_EXTENSION_URIS.indexOf(uri);
    if (kind >= 0) ids[kind] = id;
  }
  return ids;
});

/** State of a stream that earlier packets set and later packets need. */
export interface PictureSource {
  /** The structure that its dependency descriptors refer to; undefined until a packet has carried one. */
  dependencyStructure: DependencyStructure | undefined;
  /** Width of the picture in pixels, from the last keyframe that had it; 0 before that. */
  width: number;
  height: number;
}

/**
 * One published packet on its way through the router, parsed once and read by every subscriber. A single instance is reused for all packets
 * and its bytes are on loan, so a reader that needs something later copies it. `Stream` is the type of the stream that it arrived on.
 */
export class ForwardedPacket<Stream extends PictureSource = PictureSource> {
  /** Set by `load` before any subscriber sees the packet. */
  stream!: Stream;
  codec!: PublisherCodec;
  bytes!: Uint8Array;
  /** The payload alone, padding excluded; a view on `bytes`. */
  payload!: Uint8Array;
  sequence!: ExtendedSeq;
  timestamp = 0;
  marker = false;
  isKeyframe = false;
  /** Descriptor of a VP8 payload; undefined for other codecs, or if it cannot be read. */
  vp8: Vp8Descriptor | undefined = undefined;
  /** Undefined if the publisher has no temporal layers, or they cannot be read. */
  temporalId: number | undefined = undefined;
  /** Undefined if the stream has no spatial layers. */
  spatialId: number | undefined = undefined;
  /** Whether a receiver may switch up to this frame's temporal layer here. */
  isLayerSync = false;
  /** Whether a receiver may switch up to any temporal layer with the next picture. */
  isSwitchingUp = false;
  /** Whether this is the last packet of its spatial layer in this picture. */
  isFrameEnd = false;
  readonly #vp8 = new Vp8Descriptor();
  readonly #vp9 = new Vp9Descriptor();
  readonly #dependency = new DependencyDescriptor();
  #size: Vp8Descriptor | Vp9Descriptor | undefined = undefined;
  /** Where forwarded extension n starts in `bytes`; valid where `extensionLength[n]` is not 0. */
  readonly extensionOffset = new Uint16Array(FORWARDED_EXTENSION_URIS.length);
  readonly extensionLength = new Uint8Array(FORWARDED_EXTENSION_URIS.length);
  /** Upper bound for the bytes that the forwarded extensions take in a header; 0 if there are none. */
  extensionBytes = 0;
  /** The part of `extensionBytes` that is charged like payload. */
  chargedExtensionBytes = 0;
  /** Whether the longest extension does not fit the one-byte form (RFC 8285 §4.2). */
  needsTwoByteForm = false;

  load(stream: Stream, codec: PublisherCodec, view: RtpView, sequence: ExtendedSeq, extensionIds: Uint8Array): void {
    this.stream = stream;
    this.codec = codec;
    this.bytes = view.bytes;
    this.payload = view.bytes.subarray(view.headerLength, view.headerLength + view.payloadLength);
    this.sequence = sequence;
    this.timestamp = view.timestamp;
    this.marker = view.marker;
    this.isKeyframe = false;
    this.#loadLayers(codec.plan.name, view);
    this.#loadExtensions(view, extensionIds);
    if (codec.plan.name === 'av1' && this.extensionLength[DEPENDENCY_DESCRIPTOR_KIND] > 0) this.#loadDependency();
  }

  /** Continues with the packet that is inside this one, whose payload starts at `start` in `bytes`. */
  unwrap(codec: PublisherCodec, start: number, length: number): void {
    this.codec = codec;
    this.payload = this.bytes.subarray(start, start + length);
  }

  #loadLayers(codecName: string, { bytes, headerLength, payloadLength }: RtpView): void {
    const isVp8 = codecName === 'vp8' && this.#vp8.read(bytes, headerLength, payloadLength);
    const isVp9 = codecName === 'vp9' && this.#vp9.read(bytes, headerLength, payloadLength);
    this.vp8 = isVp8 ? this.#vp8 : undefined;
    this.#size = isVp8 ? this.#vp8 : isVp9 ? this.#vp9 : undefined;
    this.temporalId = this.#size?.temporalId;
    this.spatialId = isVp9 ? this.#vp9.spatialId : undefined;
    this.isLayerSync = isVp8 && this.#vp8.isLayerSync;
    this.isSwitchingUp = isVp9 && this.#vp9.isSwitchingUp;
    this.isFrameEnd = isVp9 && this.#vp9.isFrameEnd;
  }

  #loadDependency(): void {
    const at = this.extensionOffset[DEPENDENCY_DESCRIPTOR_KIND];
    const length = this.extensionLength[DEPENDENCY_DESCRIPTOR_KIND];
    const structure = this.#dependency.read(this.bytes, at, length, this.stream.dependencyStructure);
    if (structure === false) return;
    if (structure !== undefined) this.stream.dependencyStructure = structure;
    this.temporalId = this.#dependency.temporalId;
    this.spatialId = this.#dependency.spatialId;
    this.isSwitchingUp = this.#dependency.isSwitch;
    this.isFrameEnd = this.#dependency.isFrameEnd;
  }

  /** Records the size of the picture in the stream, if this packet contains it. */
  noteSize(): void {
    const { width, height } = this.#size ?? this.stream.dependencyStructure ?? NO_SIZE;
    if (width === 0 || height === 0) return;
    this.stream.width = width;
    this.stream.height = height;
  }

  #loadExtensions(view: RtpView, ids: Uint8Array): void {
    this.extensionBytes = 0;
    this.needsTwoByteForm = false;
    for (let kind = 0; kind < ids.length; kind++) {
      this.extensionLength[kind] = 0;
      if (ids[kind] === 0 || !view.findExtension(ids[kind])) continue;
      this.extensionOffset[kind] = view.extensionOffset;
      this.extensionLength[kind] = view.extensionLength;
      this.extensionBytes += EXTENSION_HEADER_BYTES + view.extensionLength;
      if (view.extensionLength > 16) this.needsTwoByteForm = true;
    }
    this.chargedExtensionBytes = this.extensionBytes > FREE_EXTENSION_BYTES ? this.extensionBytes - FREE_EXTENSION_BYTES : 0;
  }
}

/** A codec a publisher may send, looked up by payload type. */
export interface PublisherCodec {
  readonly plan: CodecPlan;
  /** True when the payload is another codec's retransmission (RFC 4588) and `plan` is that other codec. */
  readonly isRtx: boolean;
  /** True when the payload holds packets of another codec, this one and earlier ones (RFC 2198). */
  readonly isRed: boolean;
  /** Undefined for audio, where a receiver can start with any packet. */
  readonly detectKeyframe: KeyframeDetector | undefined;
}

/** Codecs by payload type, retransmission payload types included. */
export const indexCodecs = madeOnce((codecs: readonly CodecPlan[]): readonly (PublisherCodec | undefined)[] => {
  const byPayloadType = new Array<PublisherCodec | undefined>(128).fill(undefined);
  for (const plan of codecs) {
    const detectKeyframe = keyframeDetector(plan.name);
    byPayloadType[plan.payloadType] = { plan, isRtx: false, isRed: plan.name === 'red', detectKeyframe };
    if (plan.rtxPayloadType !== undefined) byPayloadType[plan.rtxPayloadType] = { plan, isRtx: true, isRed: false, detectKeyframe };
  }
  return byPayloadType;
});
