/**
 * BYE: these streams will send nothing more. Browsers read it without telling the page; a track is only muted by the
 * next offer.
 *
 * @see RFC 3550 §6.6
 */
import { readUint32, writeUint32 } from '../numbers.ts';
import { decodeUtf8, encodeUtf8 } from '../utf8.ts';
import { MAX_RTCP_COUNT, RTCP_BYE, RTCP_HEADER_LENGTH, writeRtcpHeader } from './rtcp-header.ts';

const MAX_REASON_LENGTH = 255;

/** The sources that have left. */
export interface Bye {
  readonly type: 'bye';
  /** At most 31; further ones are not written. */
  readonly ssrcs: readonly number[];
  /** Undefined if none was given. */
  readonly reason?: string | undefined;
}

/** Parses the packet from `offset` to `end`; undefined if the SSRCs or the reason extend past it. */
export function parseBye(bytes: Uint8Array, offset: number, end: number, count: number): Bye | undefined {
  const reasonOffset = offset + RTCP_HEADER_LENGTH + count * 4;
  if (reasonOffset > end) return undefined;
  const ssrcs: number[] = [];
  for (let at = offset + RTCP_HEADER_LENGTH; at < reasonOffset; at += 4) ssrcs.push(readUint32(bytes, at));
  if (reasonOffset === end) return { type: 'bye', ssrcs };
  const reasonEnd = reasonOffset + 1 + bytes[reasonOffset];
  if (reasonEnd > end) return undefined;
  return { type: 'bye', ssrcs, reason: decodeUtf8(bytes, reasonOffset + 1, reasonEnd) };
}

/** @returns the offset after the packet; beyond `out.length` if there is no room */
export function writeBye(out: Uint8Array, offset: number, bye: Omit<Bye, 'type'>): number {
  const count = Math.min(bye.ssrcs.length, MAX_RTCP_COUNT);
  let at = offset + RTCP_HEADER_LENGTH;
  for (let i = 0; i < count; i++) at = writeUint32(out, at, bye.ssrcs[i]);
  if (bye.reason !== undefined) {
    const text = encodeUtf8(bye.reason);
    const length = Math.min(text.length, MAX_REASON_LENGTH);
    out[at++] = length;
    for (let i = 0; i < length; i++) out[at++] = text[i];
    while (((at - offset) & 3) !== 0) out[at++] = 0;
  }
  writeRtcpHeader(out, offset, count, RTCP_BYE, at - offset);
  return at;
}
