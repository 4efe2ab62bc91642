/**
 * The VP8 payload descriptor, and those parts of the frame header that a forwarder needs.
 *
 * @see RFC 7741 §4.2 (descriptor) and §4.3, RFC 6386 §9.1 (frame header)
 */
import { readUint16, writeUint16 } from '../numbers.ts';

const EXTENSION_BIT = 0x80;
const NON_REFERENCE_BIT = 0x20;
const START_OF_PARTITION_BIT = 0x10;
const PARTITION_INDEX_MASK = 0x0f;
const PICTURE_ID_BIT = 0x80;
const TL0_PIC_IDX_BIT = 0x40;
const TEMPORAL_ID_BIT = 0x20;
const KEY_IDX_BIT = 0x10;
const LAYER_SYNC_BIT = 0x20;
/** Set in the header of every frame that is not a keyframe. */
const INTERFRAME_BIT = 0x01;
/** Length of frame tag, start code, width and height of a keyframe. */
const KEYFRAME_HEADER_LENGTH = 10;
const START_CODE = [0x9d, 0x01, 0x2a];

/**
 * Reads the descriptor of one packet. The object is reusable and does not allocate. Its fields are valid until the next
 * `read`, unless `read` returned false. Offsets count from the start of the payload, so they also apply to a copy of
 * the payload.
 */
export class Vp8Descriptor {
  /** Whether this is the first packet of a frame, in which the first partition starts. */
  isFrameStart = false;
  /** Whether this is the first packet of a keyframe. */
  isKeyframe = false;
  /** Whether no other frame refers to this one. */
  isNonReference = false;
  /** 7 or 15 bits wide (`pictureIdLength`); undefined if absent. */
  pictureId: number | undefined;
  /** For `overwritePictureId`; 0 if there is no picture id. */
  pictureIdOffset = 0;
  /** Counts the frames of temporal layer 0, modulo 256; undefined if absent. */
  tl0PicIdx: number | undefined;
  /** Offset of its single byte, which may be overwritten; 0 if absent. */
  tl0PicIdxOffset = 0;
  /** Undefined if the sender has no temporal layers. */
  temporalId: number | undefined;
  /** Whether the frame depends only on temporal layer 0, so that a receiver may switch up to this layer here. */
  isLayerSync = false;
  /** Where the VP8 data starts. */
  descriptorLength = 0;
  /** Width of a keyframe, in pixels before scaling; 0 for any other packet. */
  width = 0;
  height = 0;

  /** @returns false unless at least one byte of `length` follows the descriptor */
  read(payload: Uint8Array, offset: number, length: number): boolean {
    if (length < 2) return false;
    const first = payload[offset];
    this.isNonReference = (first & NON_REFERENCE_BIT) !== 0;
    this.isFrameStart = (first & START_OF_PARTITION_BIT) !== 0 && (first & PARTITION_INDEX_MASK) === 0;
    this.descriptorLength = vp8DescriptorLength(payload, offset, length);
    if (this.descriptorLength >= length) return false;
    this.#readExtension(payload, offset, (first & EXTENSION_BIT) === 0 ? 0 : payload[offset + 1]);
    this.#readFrameHeader(payload, offset + this.descriptorLength, length - this.descriptorLength);
    return true;
  }

  /** The caller has checked that the descriptor is complete. */
  #readExtension(payload: Uint8Array, offset: number, flags: number): void {
    let at = 2;
    this.pictureId = undefined;
    this.pictureIdOffset = 0;
    this.tl0PicIdx = undefined;
    this.tl0PicIdxOffset = 0;
    if ((flags & PICTURE_ID_BIT) !== 0) {
      this.pictureIdOffset = at;
      this.pictureId = readPictureId(payload, offset + at);
      at += pictureIdLength(payload, offset + at);
    }
    if ((flags & TL0_PIC_IDX_BIT) !== 0) {
      this.tl0PicIdxOffset = at;
      this.tl0PicIdx = payload[offset + at++];
    }
    const hasTemporalId = (flags & TEMPORAL_ID_BIT) !== 0;
    this.temporalId = hasTemporalId ? payload[offset + at] >> 6 : undefined;
    this.isLayerSync = hasTemporalId && (payload[offset + at] & LAYER_SYNC_BIT) !== 0;
  }

  #readFrameHeader(payload: Uint8Array, offset: number, length: number): void {
    this.isKeyframe = this.isFrameStart && (payload[offset] & INTERFRAME_BIT) === 0;
    this.width = 0;
    this.height = 0;
    if (!this.isKeyframe || length < KEYFRAME_HEADER_LENGTH) return;
    for (let i = 0; i < START_CODE.length; i++) if (payload[offset + 3 + i] !== START_CODE[i]) return;
    // Both are 14 bits, little-endian; the upper two bits request scaling.
    this.width = ((payload[offset + 7] & 0x3f) << 8) | payload[offset + 6];
    this.height = ((payload[offset + 9] & 0x3f) << 8) | payload[offset + 8];
  }
}

/** Whether this payload is the first of a keyframe. */
export function isVp8Keyframe(payload: Uint8Array, offset: number, length: number): boolean {
  if (length < 2) return false;
  const first = payload[offset];
  if ((first & START_OF_PARTITION_BIT) === 0 || (first & PARTITION_INDEX_MASK) !== 0) return false;
  const descriptorLength = vp8DescriptorLength(payload, offset, length);
  return descriptorLength < length && (payload[offset + descriptorLength] & INTERFRAME_BIT) === 0;
}

/** Returns the length of the descriptor, which exceeds `length` if it is cut off. Needs two bytes. */
function vp8DescriptorLength(payload: Uint8Array, offset: number, length: number): number {
  if ((payload[offset] & EXTENSION_BIT) === 0) return 1;
  const flags = payload[offset + 1];
  let end = 2;
  if ((flags & PICTURE_ID_BIT) !== 0) end += end < length ? pictureIdLength(payload, offset + end) : 1;
  if ((flags & TL0_PIC_IDX_BIT) !== 0) end++;
  if ((flags & (TEMPORAL_ID_BIT | KEY_IDX_BIT)) !== 0) end++;
  return end;
}

// VP8 and VP9 share the picture id field, which has 7 bits, or 15 after a set top bit.

const LONG_BIT = 0x80;

/** Returns the length in bytes of the picture id at `offset`: 2 for 15 bits, 1 for 7. */
export function pictureIdLength(bytes: Uint8Array, offset: number): 1 | 2 {
  return (bytes[offset] & LONG_BIT) === 0 ? 1 : 2;
}

/** Reads the 7 or 15 bits of the picture id at `offset`. */
export function readPictureId(bytes: Uint8Array, offset: number): number {
  return pictureIdLength(bytes, offset) === 1 ? bytes[offset] : readUint16(bytes, offset) & 0x7fff;
}

/**
 * Overwrites a picture id in place, in its present width; higher bits of the new id are cut off.
 *
 * @see RFC 7741 §4.2, RFC 9628 §4.2
 */
export function overwritePictureId(out: Uint8Array, offset: number, pictureId: number): void {
  if (pictureIdLength(out, offset) === 1) out[offset] = pictureId & 0x7f;
  else writeUint16(out, offset, 0x8000 | (pictureId & 0x7fff));
}
