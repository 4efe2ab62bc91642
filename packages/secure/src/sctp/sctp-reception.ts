/**
 * Bounds what a peer may make werift hold that cannot be delivered yet. The window bounds the bytes, but werift sorts all numbers
 * received out of order for each chunk, and walks through a stream's fragments for each of them, so chunks of a single byte
 * would cost it a second a packet. A peer that keeps to the window loses nothing that it will not send again.
 *
 * @see RFC 9260 §6.2
 */
import { CHECKSUM_AT, sctpChecksum } from './crc32c.ts';

/** What werift knows of what has arrived. */
export interface Reception {
  /** Undefined before the association begins. */
  readonly lastReceivedTsn: number | undefined;
  readonly inboundStreams: Readonly<Record<number, { readonly reassembly: readonly unknown[] }>>;
}

const COMMON_HEADER_LENGTH = 12;
const CHUNK_TYPE_DATA = 0;
const CHUNK_HEADER_LENGTH = 4;
/** How far a chunk may be ahead of the last one before which none is missing: 300 KB of full packets. */
const MAX_TSN_AHEAD = 256;
const HALF_TSN_SPACE = 2 ** 31;
/** A message of 256 KiB in full packets, and as many chunks again that wait for one that was lost. */
const MAX_HELD_CHUNKS = 512;

/**
 * Chromium bundles the chunk that it sends again with new ones far ahead. Only the latter are taken out: without the former nothing
 * would ever be delivered again.
 *
 * @param packet one that the fence has let pass
 * @returns the packet without the chunks that are too far ahead; undefined if nothing of it may be taken
 */
export function receivablePart(packet: Buffer, { lastReceivedTsn, inboundStreams }: Reception): Buffer | undefined {
  if (lastReceivedTsn === undefined) return packet;
  const kept = [packet.subarray(0, COMMON_HEADER_LENGTH)];
  let dataChunks = 0;
  let tooFarAhead = 0;
  for (let at = COMMON_HEADER_LENGTH, end = at; at < packet.length; at = end) {
    end = at + Math.ceil(packet.readUInt16BE(at + 2) / 4) * 4;
    const isData = packet[at] === CHUNK_TYPE_DATA;
    if (isData && isTooFarAhead(packet.readUInt32BE(at + CHUNK_HEADER_LENGTH), lastReceivedTsn)) {
      tooFarAhead++;
      continue;
    }
    if (isData) dataChunks++;
    kept.push(packet.subarray(at, end));
  }
  if (dataChunks > 0 && countHeld(inboundStreams) + dataChunks > MAX_HELD_CHUNKS) return undefined;
  if (tooFarAhead === 0) return packet;
  if (kept.length === 1) return undefined;
  const rest = Buffer.concat(kept);
  rest.writeUInt32LE(sctpChecksum(rest), CHECKSUM_AT);
  return rest;
}

function isTooFarAhead(tsn: number, lastReceivedTsn: number): boolean {
  const ahead = (tsn - lastReceivedTsn) >>> 0;
  return ahead > MAX_TSN_AHEAD && ahead < HALF_TSN_SPACE;
}

function countHeld(inboundStreams: Reception['inboundStreams']): number {
  let held = 0;
  for (const { reassembly } of Object.values(inboundStreams)) held += reassembly.length;
  return held;
}
