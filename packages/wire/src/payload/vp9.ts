/**
 * VP9 payload descriptor, in flexible and non-flexible mode.
 *
 * @see RFC 9628 §4.2
 */
import { readUint16 } from '../numbers.ts';
import { pictureIdLength, readPictureId } from './picture-id.ts';

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
/** In a P_DIFF byte: another one follows. */
const MORE_REFERENCES_BIT = 0x01;
const MAX_REFERENCES = 3;
const RESOLUTIONS_BIT = 0x10;
const PICTURE_GROUP_BIT = 0x08;
const RESOLUTION_LENGTH = 4;

/**
 * Reads the descriptor of one packet. Reusable, allocation-free; fields hold until the next `read`, and mean nothing after one
 * that returned false. Offsets count from the start of the payload, so they serve for a copy of the payload elsewhere too.
 */
export class Vp9Descriptor {
  /** The first packet of a frame, of one spatial layer that is. */
  isFrameStart = false;
  /** The last packet of a frame. */
  isFrameEnd = false;
  /** The first packet of a picture that needs no other picture: start of its lowest spatial layer. */
  isKeyframe = false;
  /** The frame refers to earlier pictures. */
  isInterPredicted = false;
  /** 7 or 15 bits wide, see `pictureIdLength`; undefined if absent. */
  pictureId: number | undefined;
  /** For `overwritePictureId`; 0 if there is no picture id. */
  pictureIdOffset = 0;
  /** Undefined, like `spatialId`, if the sender does not tell layers. */
  temporalId: number | undefined;
  spatialId: number | undefined;
  /** From this frame on one may go up to this temporal layer: later ones of it need nothing before. */
  isSwitchingUp = false;
  /** The frame refers to the lower spatial layer of its own picture. */
  isInterLayerPredicted = false;
  /** No higher spatial layer refers to this frame. */
  isNotUpperLayerReference = false;
  /** Counts pictures of temporal layer 0, modulo 256; undefined in flexible mode, or if layers are not told. */
  tl0PicIdx: number | undefined;
  /** Its one byte may be overwritten as it is; 0 if there is none. */
  tl0PicIdxOffset = 0;
  /** Size of the highest spatial layer, if this packet tells; else 0. */
  width = 0;
  height = 0;
  /** Where the VP9 data starts. */
  descriptorLength = 0;

  /** @returns false if the descriptor runs past `length`; the data after it may be empty */
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

  /** These three return where the next field starts, past the end if this one is cut off. Values are good only if it is not. */
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

/** Whether this payload is the first of a keyframe, of its lowest spatial layer where there are several. */
export function isVp9Keyframe(payload: Uint8Array, offset: number, length: number): boolean {
  if (length < 1) return false;
  const flags = payload[offset];
  if ((flags & (INTER_PREDICTED_BIT | FRAME_START_BIT)) !== FRAME_START_BIT) return false;
  if ((flags & LAYER_INDICES_BIT) === 0) return true;
  let at = offset + 1;
  if ((flags & PICTURE_ID_BIT) !== 0) at += at < offset + length ? pictureIdLength(payload, at) : 1;
  return at < offset + length && (payload[at] & 0x0e) === 0;
}

/** One to three P_DIFF bytes. */
function endOfReferences(payload: Uint8Array, offset: number, end: number): number {
  let at = offset;
  for (let i = 0; i < MAX_REFERENCES; i++) {
    if (at >= end) return end + 1;
    if ((payload[at++] & MORE_REFERENCES_BIT) === 0) return at;
  }
  return at;
}

/** N_G, then per picture a byte that counts, in bits 2 and 3, the reference bytes after it. */
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
