/**
 * VP9 payload descriptor, in flexible and non-flexible mode.
 *
 * @see RFC 9628 §4.2
 */
import { readUint16 } from '../numbers.ts';
import { pictureIdLength, readPictureId } from './vp8.ts';

const PICTURE_ID_BIT = 0x80;
const INTER_PREDICTED_BIT = 0x40;
const LAYER_INDICES_BIT = 0x20;
const FLEXIBLE_BIT = 0x10;
const FRAME_START_BIT = 0x08;
const FRAME_END_BIT = 0x04;
const SCALABILITY_BIT = 0x02;
const NO_UPPER_LAYER_REFERENCE_BIT = 0x01;
const SWITCHING_UP_BIT = 0x10;
const INTER_LAYER_BIT = 0x01;
/** This bit in a P_DIFF byte says that another one follows. */
const MORE_REFERENCES_BIT = 0x01;
const MAX_REFERENCES = 3;
const RESOLUTIONS_BIT = 0x10;
const PICTURE_GROUP_BIT = 0x08;
const RESOLUTION_LENGTH = 4;

/**
 * Reads the descriptor of one packet. The object is reusable and does not allocate. Its fields are valid until the next
 * `read`, unless `read` returned false. Offsets count from the start of the payload, so they also apply to a copy of
 * the payload.
 */
export class Vp9Descriptor {
  /** Whether this is the first packet of a frame, that is, of one spatial layer. */
  isFrameStart = false;
  /** Whether this is the last packet of a frame. */
  isFrameEnd = false;
  /** Whether this is the first packet of a picture that depends on no other: the start of its lowest spatial layer. */
  isKeyframe = false;
  /** Whether the frame refers to earlier pictures. */
  isInterPredicted = false;
  /** 7 or 15 bits wide (`pictureIdLength`); undefined if absent. */
  pictureId: number | undefined;
  /** For `overwritePictureId`; 0 if there is no picture id. */
  pictureIdOffset = 0;
  /** Undefined, like `spatialId`, if the sender does not signal layers. */
  temporalId: number | undefined;
  spatialId: number | undefined;
  /** Whether a receiver may switch up to this temporal layer here, because later frames of it depend on no earlier ones. */
  isSwitchingUp = false;
  /** Whether the frame refers to the lower spatial layer of its own picture. */
  isInterLayerPredicted = false;
  /** Whether no higher spatial layer refers to this frame. */
  isNotUpperLayerReference = false;
  /** Counts pictures of temporal layer 0, modulo 256; undefined in flexible mode, or if layers are not signalled. */
  tl0PicIdx: number | undefined;
  /** Offset of its single byte, which may be overwritten; 0 if absent. */
  tl0PicIdxOffset = 0;
  /** Size of the highest spatial layer, if this packet contains it; otherwise 0. */
  width = 0;
  height = 0;
  /** Where the VP9 data starts. */
  descriptorLength = 0;

  /** @returns false if the descriptor extends past `length`; no data need follow it */
  read(payload: Uint8Array, offset: number, length: number): boolean {
    if (length < 1) return false;
    const end = offset + length;
    const flags = payload[offset];
    this.isInterPredicted = (flags & INTER_PREDICTED_BIT) !== 0;
    this.isFrameStart = (flags & FRAME_START_BIT) !== 0;
    this.isFrameEnd = (flags & FRAME_END_BIT) !== 0;
    this.isNotUpperLayerReference = (flags & NO_UPPER_LAYER_REFERENCE_BIT) !== 0;
    let at = this.#readPictureId(payload, offset, flags);
    at = this.#readLayerIndices(payload, offset, at, flags);
    if ((flags & FLEXIBLE_BIT) !== 0 && this.isInterPredicted) at = endOfReferences(payload, at, end);
    this.width = 0;
    this.height = 0;
    if ((flags & SCALABILITY_BIT) !== 0) at = this.#readScalability(payload, at, end);
    if (at > end) return false;
    this.descriptorLength = at - offset;
    this.isKeyframe = this.isFrameStart && !this.isInterPredicted && (this.spatialId ?? 0) === 0;
    return true;
  }

  /**
   * This and the next two methods return where the next field starts, which is past the end if theirs is cut off. Their
   * values are valid only if it is not.
   */
  #readPictureId(payload: Uint8Array, offset: number, flags: number): number {
    this.pictureId = undefined;
    this.pictureIdOffset = 0;
    if ((flags & PICTURE_ID_BIT) === 0) return offset + 1;
    this.pictureIdOffset = 1;
    this.pictureId = readPictureId(payload, offset + 1);
    return offset + 1 + pictureIdLength(payload, offset + 1);
  }

  #readLayerIndices(payload: Uint8Array, offset: number, at: number, flags: number): number {
    const hasLayers = (flags & LAYER_INDICES_BIT) !== 0;
    const hasTl0PicIdx = hasLayers && (flags & FLEXIBLE_BIT) === 0;
    const indices = hasLayers ? payload[at] : 0;
    this.temporalId = hasLayers ? indices >> 5 : undefined;
    this.isSwitchingUp = (indices & SWITCHING_UP_BIT) !== 0;
    this.spatialId = hasLayers ? (indices >> 1) & 0x07 : undefined;
    this.isInterLayerPredicted = (indices & INTER_LAYER_BIT) !== 0;
    this.tl0PicIdx = hasTl0PicIdx ? payload[at + 1] : undefined;
    this.tl0PicIdxOffset = hasTl0PicIdx ? at + 1 - offset : 0;
    return at + (hasLayers ? 1 : 0) + (hasTl0PicIdx ? 1 : 0);
  }

  #readScalability(payload: Uint8Array, offset: number, end: number): number {
    if (offset >= end) return end + 1;
    const flags = payload[offset];
    const spatialLayers = (flags >> 5) + 1;
    let at = offset + 1;
    if ((flags & RESOLUTIONS_BIT) !== 0) {
      at += spatialLayers * RESOLUTION_LENGTH;
      if (at > end) return at;
      this.width = readUint16(payload, at - RESOLUTION_LENGTH);
      this.height = readUint16(payload, at - 2);
    }
    return (flags & PICTURE_GROUP_BIT) === 0 ? at : endOfPictureGroup(payload, at, end);
  }
}

/** Whether this payload is the first of a keyframe; with several spatial layers, of its lowest one. */
export function isVp9Keyframe(payload: Uint8Array, offset: number, length: number): boolean {
  if (length < 1) return false;
  const flags = payload[offset];
  if ((flags & (INTER_PREDICTED_BIT | FRAME_START_BIT)) !== FRAME_START_BIT) return false;
  if ((flags & LAYER_INDICES_BIT) === 0) return true;
  let at = offset + 1;
  if ((flags & PICTURE_ID_BIT) !== 0) at += at < offset + length ? pictureIdLength(payload, at) : 1;
  return at < offset + length && (payload[at] & 0x0e) === 0;
}

/** Returns the end of one to three P_DIFF bytes. */
function endOfReferences(payload: Uint8Array, offset: number, end: number): number {
  let at = offset;
  for (let i = 0; i < MAX_REFERENCES; i++) {
    if (at >= end) return end + 1;
    if ((payload[at++] & MORE_REFERENCES_BIT) === 0) return at;
  }
  return at;
}

/** Returns the end of N_G and its pictures, each with a byte that counts, in bits 2 and 3, the reference bytes that follow. */
function endOfPictureGroup(payload: Uint8Array, offset: number, end: number): number {
  if (offset >= end) return end + 1;
  const pictures = payload[offset];
  let at = offset + 1;
  for (let i = 0; i < pictures; i++) {
    if (at >= end) return end + 1;
    at += 1 + ((payload[at] >> 2) & 0x03);
  }
  return at;
}
