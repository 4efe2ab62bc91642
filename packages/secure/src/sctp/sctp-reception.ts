/**
 * Bounds what a peer may make werift hold that cannot be delivered yet. The window bounds the bytes; but werift sorts all numbers
 * received out of order for each chunk, and walks through a stream's fragments for each of them, so chunks of a single byte
 * would cost it a second a packet. A peer that keeps to the window loses nothing it will not send again.
 *
 * @see RFC 9260 §6.2
 */

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

/** @param packet one that the fence has let pass @returns whether it must be dropped */
export function exceedsReception(packet: Buffer, { lastReceivedTsn, inboundStreams }: Reception): boolean {
  if (lastReceivedTsn === undefined) return false;
  let dataChunks = 0;
  for (let at = COMMON_HEADER_LENGTH; at < packet.length; at += Math.ceil(packet.readUInt16BE(at + 2) / 4) * 4) {
    if (packet[at] !== CHUNK_TYPE_DATA) continue;
    dataChunks++;
    const ahead = (packet.readUInt32BE(at + CHUNK_HEADER_LENGTH) - lastReceivedTsn) >>> 0;
    if (ahead > MAX_TSN_AHEAD && ahead < HALF_TSN_SPACE) return true;
  }
  return dataChunks > 0 && countHeld(inboundStreams) + dataChunks > MAX_HELD_CHUNKS;
}

function countHeld(inboundStreams: Reception['inboundStreams']): number {
  let held = 0;
  for (const { reassembly } of Object.values(inboundStreams)) held += reassembly.length;
  return held;
}
