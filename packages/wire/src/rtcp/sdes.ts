/**
 * Source description. WebRTC uses only its CNAME; streams with the same CNAME share a clock.
 *
 * @see RFC 3550 §6.5, RFC 8834 §4.1
 */
import { readUint32, writeUint32 } from '../numbers.ts';
import { decodeUtf8, encodeUtf8 } from '../utf8.ts';
import { MAX_RTCP_COUNT, RTCP_HEADER_LENGTH, RTCP_SDES, writeRtcpHeader } from './rtcp-header.ts';

const END_ITEM = 0;
const CNAME_ITEM = 1;
/** Length of type and length fields. */
const ITEM_HEADER_LENGTH = 2;
const MAX_ITEM_LENGTH = 255;

/** The canonical name of one source. */
export interface SdesChunk {
  readonly ssrc: number;
  /** Undefined if the chunk has no CNAME item. */
  readonly cname: string | undefined;
}

/** The canonical names of sources. */
export interface Sdes {
  readonly type: 'sdes';
  /** At most 31; further ones are not written. */
  readonly chunks: readonly SdesChunk[];
}

/** Parses the packet from `offset` to `end`; undefined if an item or chunk extends past it. Items other than CNAME are skipped. */
export function parseSdes(bytes: Uint8Array, offset: number, end: number, count: number): Sdes | undefined {
  const chunks: SdesChunk[] = [];
  let at = offset + RTCP_HEADER_LENGTH;
  for (let i = 0; i < count; i++) {
    const itemsEnd = endOfItems(bytes, at + 4, end);
    if (itemsEnd < 0) return undefined;
    chunks.push({ ssrc: readUint32(bytes, at), cname: findCname(bytes, at + 4, itemsEnd) });
    // One to four zeros end a chunk on a 32-bit boundary of the packet.
    at = offset + ((itemsEnd - offset + 4) & ~3);
  }
  return at <= end ? { type: 'sdes', chunks } : undefined;
}

/**
 * aiortc refuses a compound packet whose source description has more than one chunk, so a sender with several names
 * sends a packet for each.
 *
 * @returns the offset after the packet; beyond `out.length` if there is no room
 */
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

/** Returns the offset of the zero that ends the items; -1 if there is none before `end`, or an item extends past it. */
function endOfItems(bytes: Uint8Array, offset: number, end: number): number {
  let at = offset;
  while (at < end) {
    if (bytes[at] === END_ITEM) return at;
    at += ITEM_HEADER_LENGTH + (at + 1 < end ? bytes[at + 1] : 0);
  }
  return -1;
}

/** The caller has checked that the items from `offset` to `end` are complete. */
function findCname(bytes: Uint8Array, offset: number, end: number): string | undefined {
  for (let at = offset; at < end; at += ITEM_HEADER_LENGTH + bytes[at + 1]) {
    const value = at + ITEM_HEADER_LENGTH;
    if (bytes[at] === CNAME_ITEM) return decodeUtf8(bytes, value, value + bytes[at + 1]);
  }
  return undefined;
}

function writeCname(out: Uint8Array, offset: number, cname: string): number {
  const text = encodeUtf8(cname);
  const length = Math.min(text.length, MAX_ITEM_LENGTH);
  out[offset] = CNAME_ITEM;
  out[offset + 1] = length;
  for (let i = 0; i < length; i++) out[offset + 2 + i] = text[i];
  return offset + 2 + length;
}
