import {
  ABS_CAPTURE_TIME_URI,
  AUDIO_LEVEL_URI,
  COLOR_SPACE_URI,
  DEPENDENCY_DESCRIPTOR_URI,
  DependencyDescriptor,
  type DependencyStructure,
  type ExtendedSeq,
  PLAYOUT_DELAY_URI,
  type RtpView,
  VIDEO_CONTENT_TYPE_URI,
  VIDEO_ORIENTATION_URI,
  Vp8Descriptor,
  Vp9Descriptor,
} from '@causeway/wire';
import { madeOnce } from '../made-once.ts';
import type { ExtensionPlan } from '../plan.ts';
import type { PublisherCodec } from './publisher-codec.ts';

/**
 * Header extensions that mean the same to every receiver and are passed on under the receiver's own id. All others belong
 * to one hop (MID, RID, transport-wide sequence numbers, send times) and are written again or left out.
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

const DEPENDENCY_DESCRIPTOR_KIND = FORWARDED_EXTENSION_URIS.indexOf(DEPENDENCY_DESCRIPTOR_URI);

/** Those of a browser take less in nearly every packet; what a publisher puts in beyond is cargo. */
export const FREE_EXTENSION_BYTES = 32;
const NO_SIZE = { width: 0, height: 0 };
/** In the two-byte form (RFC 8285 §4.3). */
const EXTENSION_HEADER_BYTES = 2;

/** Ids of the forwarded extensions in the order of `FORWARDED_EXTENSION_URIS`; 0 where the peer has not negotiated one. */
export const forwardedExtensionIds = madeOnce((extensions: readonly ExtensionPlan[]): Uint8Array => {
  const ids = new Uint8Array(FORWARDED_EXTENSION_URIS.length);
  for (const { id, uri } of extensions) {
    const kind = FORWARDED_EXTENSION_URIS.indexOf(uri);
    if (kind >= 0) ids[kind] = id;
  }
  return ids;
});

/** What later packets of a stream need to know of earlier ones. */
export interface PictureSource {
  /** What its dependency descriptors refer to; undefined before the first that told. */
  dependencyStructure: DependencyStructure | undefined;
  /** Width of its picture, in pixels, from the last keyframe that had it; 0 before that. */
  width: number;
  height: number;
}

/**
 * One published packet on its way through the router: parsed once, then read by every subscriber. One instance is used for
 * all packets, and its bytes are on loan: a reader that needs something later copies it. `Stream` is what it came on.
 */
export class ForwardedPacket<Stream extends PictureSource = PictureSource> {
  /** Set by `load`; the initial undefined is never seen by a subscriber. */
  stream!: Stream;
  codec!: PublisherCodec;
  bytes!: Uint8Array;
  /** The payload alone, padding excluded; a view on `bytes`. */
  payload!: Uint8Array;
  sequence!: ExtendedSeq;
  timestamp = 0;
  marker = false;
  isKeyframe = false;
  /** Descriptor of a VP8 payload; undefined if the payload is another, or cannot be read. */
  vp8: Vp8Descriptor | undefined = undefined;
  /** Undefined if the publisher has no temporal layers, or none that can be read. */
  temporalId: number | undefined = undefined;
  /** Undefined if it has none in one stream. */
  spatialId: number | undefined = undefined;
  /** From this frame on one may go up to its temporal layer. */
  isLayerSync = false;
  /** From the next picture on one may go up to any temporal layer. */
  isSwitchingUp = false;
  /** The last packet of its spatial layer in this picture. */
  isFrameEnd = false;
  readonly #vp8 = new Vp8Descriptor();
  readonly #vp9 = new Vp9Descriptor();
  readonly #dependency = new DependencyDescriptor();
  #size: Vp8Descriptor | Vp9Descriptor | undefined = undefined;
  /** Where forwarded extension n starts in `bytes`; valid where `extensionLength[n]` is not 0. */
  readonly extensionOffset = new Uint16Array(FORWARDED_EXTENSION_URIS.length);
  readonly extensionLength = new Uint8Array(FORWARDED_EXTENSION_URIS.length);
  /** What the forwarded extensions take up in a header, at most; 0 when there are none. */
  extensionBytes = 0;
  /** What of that is charged like payload. */
  chargedExtensionBytes = 0;
  /** The longest does not fit the one-byte form (RFC 8285 §4.2). */
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

  /** Has the stream know how large its picture is, if this packet tells. */
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
