/**
 * Source description, of which WebRTC needs the CNAME alone: streams of one CNAME share a clock.
 *
 * @see RFC 3550 §6.5, RFC 8834 §4.1
 */
import { readUint32, writeUint32 } from '../big-endian.ts';
import { decodeUtf8, encodeUtf8 } from '../utf8.ts';
import { MAX_RTCP_COUNT, RTCP_HEADER_LENGTH, RTCP_SDES, writeRtcpHeader } from './rtcp-header.ts';

const END_ITEM = 0;
const CNAME_ITEM = 1;
const MAX_ITEM_LENGTH = 255;

export interface SdesChunk {
  readonly ssrc: number;
  /** Undefined if the chunk has no CNAME item. */
  readonly cname: string | undefined;
}

export interface Sdes {
  readonly type: 'sdes';
  /** At most 31; those beyond are not written. */
  readonly chunks: readonly SdesChunk[];
}

/** Parses the packet from `offset` to `end`; undefined if an item or chunk runs past it. Items other than CNAME are skipped. */
export function parseSdes(bytes: Uint8Array, offset: number, end: number, count: number): Sdes | undefined {
  const chunks: SdesChunk[] = [];
  let at = offset + RTCP_HEADER_LENGTH;
  for (let i = 0; i < count; i++) {
    if (at + 4 > end) return undefined;
    const ssrc = readUint32(bytes, at);
    let cname: string | undefined;
    at += 4;
    while (true) {
      if (at >= end) return undefined;
      const itemType = bytes[at];
      if (itemType === END_ITEM) break;
      if (at + 2 > end || at + 2 + bytes[at + 1] > end) return undefined;
      const itemEnd = at + 2 + bytes[at + 1];
      if (itemType === CNAME_ITEM) cname = decodeUtf8(bytes, at + 2, itemEnd);
      at = itemEnd;
    }
    // One to four zeros end a chunk on a 32-bit boundary of the packet.
    at = offset + ((at - offset + 4) & ~3);
    chunks.push({ ssrc, cname });
  }
  return at <= end ? { type: 'sdes', chunks } : undefined;
}

/** @returns the offset after the packet; beyond `out.length` if it had no room */
export function writeSdes(out: Uint8Array, offset: number, sdes: Omit<Sdes, 'type'>): number {
  const count = Math.min(sdes.chunks.length, MAX_RTCP_COUNT);
  let at = offset + RTCP_HEADER_LENGTH;
  for (let i = 0; i < count; i++) {
    const { ssrc, cname } = sdes.chunks[i];
    at = writeUint32(out, at, ssrc);
    if (cname !== undefined) at = writeCname(out, at, cname);
    const chunkEnd = offset + ((at - offset + 4) & ~3);
    while (at < chunkEnd) out[at++] = 0;
  }
  writeRtcpHeader(out, offset, count, RTCP_SDES, at - offset);
  return at;
}

function writeCname(out: Uint8Array, offset: number, cname: string): number {
  const text = encodeUtf8(cname);
  const length = Math.min(text.length, MAX_ITEM_LENGTH);
  out[offset] = CNAME_ITEM;
  out[offset + 1] = length;
  for (let i = 0; i < length; i++) out[offset + 2 + i] = text[i];
  return offset + 2 + length;
}
