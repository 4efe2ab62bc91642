/**
 * The two requests for keyframes: picture loss indication, and full intra request.
 *
 * @see RFC 4585 §6.3.1 (PLI), RFC 5104 §4.3.1 (FIR)
 */
import { readUint32, writeUint32 } from '../numbers.ts';
import { FEEDBACK_HEADER_LENGTH, RTCP_PAYLOAD_FEEDBACK, writeFeedbackHeader } from './rtcp-header.ts';

export const PLI_FORMAT = 1;

/** A request for a keyframe from a receiver that cannot decode. */
export interface Pli {
  readonly type: 'pli';
  readonly senderSsrc: number;
  readonly mediaSsrc: number;
}

/** Parses the packet from `offset` to `end`; undefined if it is too short. */
export function parsePli(bytes: Uint8Array, offset: number, end: number): Pli | undefined {
  if (offset + FEEDBACK_HEADER_LENGTH > end) return undefined;
  return { type: 'pli', senderSsrc: readUint32(bytes, offset + 4), mediaSsrc: readUint32(bytes, offset + 8) };
}

/** @returns the offset after the packet; beyond `out.length` if there is no room */
export function writePli(out: Uint8Array, offset: number, pli: Omit<Pli, 'type'>): number {
  return writeFeedbackHeader(out, offset, PLI_FORMAT, RTCP_PAYLOAD_FEEDBACK, 0, pli.senderSsrc, pli.mediaSsrc);
}

export const FIR_FORMAT = 4;

const ENTRY_LENGTH = 8;
/** FIR does not use the media SSRC of the common header. */
const NO_MEDIA_SSRC = 0;

/** A stream of which a keyframe is requested. */
export interface FirEntry {
  readonly ssrc: number;
  /** Increases by one, modulo 256, with each new request; a repeated request keeps its number. */
  readonly commandSequence: number;
}

/** A request for keyframes that names the streams in its entries. */
export interface Fir {
  readonly type: 'fir';
  readonly senderSsrc: number;
  readonly entries: readonly FirEntry[];
}

/** Parses the packet from `offset` to `end`; undefined without a single complete entry. */
export function parseFir(bytes: Uint8Array, offset: number, end: number): Fir | undefined {
  const fciOffset = offset + FEEDBACK_HEADER_LENGTH;
  if (fciOffset + ENTRY_LENGTH > end) return undefined;
  const entries: FirEntry[] = [];
  for (let at = fciOffset; at + ENTRY_LENGTH <= end; at += ENTRY_LENGTH) {
    entries.push({ ssrc: readUint32(bytes, at), commandSequence: bytes[at + 4] });
  }
  return { type: 'fir', senderSsrc: readUint32(bytes, offset + 4), entries };
}

/** @returns the offset after the packet; beyond `out.length` if there is no room */
export function writeFir(out: Uint8Array, offset: number, fir: Omit<Fir, 'type'>): number {
  const fciLength = fir.entries.length * ENTRY_LENGTH;
  let at = writeFeedbackHeader(out, offset, FIR_FORMAT, RTCP_PAYLOAD_FEEDBACK, fciLength, fir.senderSsrc, NO_MEDIA_SSRC);
  for (const { ssrc, commandSequence } of fir.entries) {
    at = writeUint32(out, at, ssrc);
    at = writeUint32(out, at, commandSequence << 24);
  }
  return at;
}
