/**
 * Picture loss indication: the receiver needs a keyframe.
 *
 * @see RFC 4585 §6.3.1
 */
import { readUint32 } from '../numbers.ts';
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
