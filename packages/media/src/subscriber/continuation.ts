/**
 * Where one copy of a stream goes on after another: a relayed track that comes by two ways has the same packets on both, under other
 * numbers. A subscriber that is moved from one to the other there misses nothing, gets nothing twice, and needs no keyframe.
 */
import type { ExtendedSeq } from '@causeway/wire';
import type { ReceiveStream } from '../publisher/receive-stream.ts';
import type { ForwardedPacket } from '../router/forwarded-packet.ts';

/** Half a second of a good camera: ways differ by less. */
const MAX_PACKETS = 128;

/** Reads a packet of a stream's history; the result is valid until the next one of that stream's track. */
export type Reload = (stream: ReceiveStream, sequence: ExtendedSeq) => ForwardedPacket | undefined;

interface Kept {
  readonly sequence: number;
  readonly timestamp: number;
  readonly payload: Uint8Array;
}

/** @returns the packet of `to` that follows on the newest one of `from`, arrived or not; undefined if they have no packet in common */
export function findContinuation(from: ReceiveStream, to: ReceiveStream, reload: Reload): ExtendedSeq | undefined {
  const { newest } = from;
  if (newest === undefined) return undefined;
  // Read as far as is needed: many subscribers may move at one moment, and the newest packets are often the same.
  const known: Kept[] = [];
  const unread = keptPackets(from, reload);
  const find = ({ timestamp, payload }: Kept): Kept | undefined => {
    const isIt = (other: Kept): boolean => other.timestamp === timestamp && isSame(other.payload, payload);
    const found = known.find(isIt);
    if (found !== undefined) return found;
    for (let next = unread.next(); !next.done; next = unread.next()) {
      known.push(next.value);
      if (isIt(next.value)) return next.value;
    }
    return undefined;
  };
  for (const packet of keptPackets(to, reload)) {
    const same = find(packet);
    if (same !== undefined) return (packet.sequence + newest - same.sequence + 1) as ExtendedSeq;
  }
  return undefined;
}

/** The newest first. */
function* keptPackets(stream: ReceiveStream, reload: Reload): Generator<Kept, undefined> {
  const newest = stream.newest ?? 0;
  for (let sequence = newest; sequence > newest - MAX_PACKETS; sequence--) {
    const packet = reload(stream, sequence as ExtendedSeq);
    // What is empty is no proof.
    if (packet !== undefined && packet.payload.length > 0) yield { sequence, timestamp: packet.timestamp, payload: packet.payload };
  }
}

function isSame(one: Uint8Array, other: Uint8Array): boolean {
  return one.length === other.length && one.every((byte, index) => byte === other[index]);
}
