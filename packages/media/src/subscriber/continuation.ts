/**
 * Where one copy of a stream goes on after another: a relayed track that comes by two ways has the same packets on both, under other
 * numbers. A subscriber that is moved from one to the other there misses nothing, gets nothing twice, and needs no keyframe.
 */
import type { ExtendedSeq } from '@causeway/wire';
import type { ForwardedPacket } from '../publisher/forwarded-packet.ts';
import type { ReceiveStream } from '../publisher/receive-stream.ts';

/** Half a second of a good camera: ways differ by less. */
const MAX_PACKETS = 128;

/**
 * Packets that differ do so in their last bytes already, being compressed: this is enough for the one pair that is the same. A publisher that
 * sends packets which are nearly the same would have each compared with each, for every subscriber.
 */
const MAX_COMPARED_BYTES = 64 << 10;

type Stream = Pick<ReceiveStream, 'newest'>;

/** Reads a packet of a stream's history; the result is valid until the next one of that stream's track. */
export type Reload<S extends Stream> = (stream: S, sequence: ExtendedSeq) => Pick<ForwardedPacket, 'timestamp' | 'payload'> | undefined;

interface Kept {
  readonly sequence: number;
  readonly timestamp: number;
  readonly payload: Uint8Array;
}

/**
 * @returns the packet of `to` that follows on the newest one of `from`, arrived or not; undefined if they have no packet in common, or it takes
 *   too long to find one
 */
export function findContinuation<S extends Stream>(from: S, to: S, reload: Reload<S>): ExtendedSeq | undefined {
  const { newest } = from;
  if (newest === undefined) return undefined;
  const comparison = new Comparison();
  // Read as far as is needed: many subscribers may move at one moment, and the newest packets are often the same.
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

/** The newest first. */
function* keptPackets<S extends Stream>(stream: S, reload: Reload<S>): Generator<Kept, undefined> {
  const newest = stream.newest ?? 0;
  for (let sequence = newest; sequence > newest - MAX_PACKETS; sequence--) {
    const packet = reload(stream, sequence as ExtendedSeq);
    // What is empty is no proof.
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
