/**
 * Finds the point at which one copy of a stream continues another. A relayed track that arrives over two routes has the same packets on
 * both, with different sequence numbers. A subscriber that is moved from one route to the other at that point misses nothing, gets nothing
 * twice, and needs no keyframe.
 */
import type { ExtendedSeq } from '@causeway/wire';
import type { ForwardedPacket } from '../publisher/forwarded-packet.ts';
import type { ReceiveStream } from '../publisher/receive-stream.ts';

/** About half a second of high-quality camera video. The delays of two routes differ by less. */
const MAX_PACKETS = 128;

/**
 * Limits how many bytes one search compares. Compressed packets that differ usually do so in their last bytes, so this is enough to find
 * the one matching pair. Without the limit, a publisher whose packets are nearly identical would have every packet compared with every
 * other, for each subscriber.
 */
const MAX_COMPARED_BYTES = 64 << 10;

type Stream = Pick<ReceiveStream, 'newest'>;

/** Reads a packet from a stream's history. The result is valid until the next read from the same track. */
export type Reload<S extends Stream> = (stream: S, sequence: ExtendedSeq) => Pick<ForwardedPacket, 'timestamp' | 'payload'> | undefined;

interface Kept {
  readonly sequence: number;
  readonly timestamp: number;
  readonly payload: Uint8Array;
}

/**
 * Compares the recent packets of two copies of a stream.
 *
 * @returns the sequence number in `to` of the packet that follows the newest one of `from`, whether it has arrived or not; undefined if
 *   the two have no packet in common, or the search takes too long
 */
export function findContinuation<S extends Stream>(from: S, to: S, reload: Reload<S>): ExtendedSeq | undefined {
  const { newest } = from;
  if (newest === undefined) return undefined;
  const comparison = new Comparison();
  // Packets are read only as far as the search needs them. Many subscribers may move at the same moment, and the newest packets usually
  // match.
  const known: Kept[] = [];
  const unread = keptPackets(from, reload);
  const find = (packet: Kept): Kept | undefined => {
    const found = known.find((other) => comparison.isSame(other, packet));
    if (found !== undefined) return found;
    for (let next = unread.next(); !next.done; next = unread.next()) {
      known.push(next.value);
      if (comparison.isSame(next.value, packet)) return next.value;
    }
    return undefined;
  };
  for (const packet of keptPackets(to, reload)) {
    const same = find(packet);
    if (same !== undefined) return (packet.sequence + newest - same.sequence + 1) as ExtendedSeq;
    if (comparison.isGivenUp) return undefined;
  }
  return undefined;
}

/** Yields the packets that are still in the history, newest first. */
function* keptPackets<S extends Stream>(stream: S, reload: Reload<S>): Generator<Kept, undefined> {
  const newest = stream.newest ?? 0;
  for (let sequence = newest; sequence > newest - MAX_PACKETS; sequence--) {
    const packet = reload(stream, sequence as ExtendedSeq);
    // Empty payloads are all alike, so they cannot identify a packet.
    if (packet !== undefined && packet.payload.length > 0) yield { sequence, timestamp: packet.timestamp, payload: packet.payload };
  }
}

class Comparison {
  #bytesLeft = MAX_COMPARED_BYTES;

  get isGivenUp(): boolean {
    return this.#bytesLeft <= 0;
  }

  isSame(one: Kept, other: Kept): boolean {
    if (this.isGivenUp || one.timestamp !== other.timestamp || one.payload.length !== other.payload.length) return false;
    let different = one.payload.length - 1;
    while (different >= 0 && one.payload[different] === other.payload[different]) different--;
    this.#bytesLeft -= one.payload.length - different;
    return different < 0;
  }
}
