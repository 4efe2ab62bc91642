/**
 * Retransmission payload: the original sequence number in front of the original payload.
 *
 * @see RFC 4588 §4
 */
import { readUint16, writeUint16 } from '../big-endian.ts';
import { type Seq16, toSeq16 } from '../sequence.ts';
import type { RtpView } from './rtp-view.ts';

/** The OSN field: how far the original payload moves back in an RTX packet. */
export const RTX_OSN_LENGTH = 2;

/**
 * The sequence number of the packet that this RTX packet repeats; the original payload starts `RTX_OSN_LENGTH` after
 * `view.headerLength`.
 *
 * @returns undefined if the payload has no room for it: RTX streams also carry packets of padding alone, as bandwidth probes
 */
export function rtxOriginalSeq(view: RtpView): Seq16 | undefined {
  if (view.payloadLength < RTX_OSN_LENGTH) return undefined;
  return toSeq16(readUint16(view.bytes, view.headerLength));
}

/** Starts an RTX payload. @returns the offset where the original payload goes */
export function writeRtxOriginalSeq(out: Uint8Array, offset: number, seq: Seq16): number {
  return writeUint16(out, offset, seq);
}
