/** The picture id field that VP8 and VP9 share: 7 bits, or 15 bits after a set top bit. */
import { readUint16, writeUint16 } from '../numbers.ts';

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
