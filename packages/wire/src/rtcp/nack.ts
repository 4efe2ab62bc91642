/**
 * Generic NACK: the packets of a stream to retransmit.
 *
 * @see RFC 4585 §6.2.1
 */
import { readUint16, readUint32, type Seq16, seq16Distance, toSeq16, writeUint16 } from '../numbers.ts';
import { FEEDBACK_HEADER_LENGTH, RTCP_TRANSPORT_FEEDBACK, writeFeedbackHeader } from './rtcp-header.ts';

export const NACK_FORMAT = 1;

/** A packet id and a bitmask for the sixteen packets after it. */
const ENTRY_LENGTH = 4;
const BITMASK_BITS = 16;

/** A request to retransmit lost packets. */
export interface Nack {
  readonly type: 'nack';
  readonly senderSsrc: number;
  readonly mediaSsrc: number;
  /** Parsed numbers are in wire order, up to 17 for every 4 bytes. Those to be written must be in sending order, without repetitions. */
  readonly lost: readonly Seq16[];
}

/** Parses the packet from `offset` to `end`; undefined without a single complete entry. */
export function parseNack(bytes: Uint8Array, offset: number, end: number): Nack | undefined {
  const fciOffset = offset + FEEDBACK_HEADER_LENGTH;
  if (fciOffset + ENTRY_LENGTH > end) return undefined;
  const lost: Seq16[] = [];
  for (let at = fciOffset; at + ENTRY_LENGTH <= end; at += ENTRY_LENGTH) {
    const packetId = readUint16(bytes, at);
    lost.push(toSeq16(packetId));
    let bitmask = readUint16(bytes, at + 2);
    for (let i = 1; bitmask !== 0; i++, bitmask >>= 1) {
      if ((bitmask & 1) !== 0) lost.push(toSeq16(packetId + i));
    }
  }
  return { type: 'nack', senderSsrc: readUint32(bytes, offset + 4), mediaSsrc: readUint32(bytes, offset + 8), lost };
}

/**
 * @returns the offset after the packet, beyond `out.length` if there is no room; `offset` itself, with nothing written,
 * if nothing is lost
 */
export function writeNack(out: Uint8Array, offset: number, nack: Omit<Nack, 'type'>): number {
  const { lost } = nack;
  if (lost.length === 0) return offset;
  let at = offset + FEEDBACK_HEADER_LENGTH;
  let next = 0;
  while (next < lost.length) {
    const packetId = lost[next++];
    let bitmask = 0;
    while (next < lost.length) {
      const distance = seq16Distance(packetId, lost[next]);
      if (distance < 1 || distance > BITMASK_BITS) break;
      bitmask |= 1 << (distance - 1);
      next++;
    }
    at = writeUint16(out, writeUint16(out, at, packetId), bitmask);
  }
  const fciLength = at - offset - FEEDBACK_HEADER_LENGTH;
  writeFeedbackHeader(out, offset, NACK_FORMAT, RTCP_TRANSPORT_FEEDBACK, fciLength, nack.senderSsrc, nack.mediaSsrc);
  return at;
}
