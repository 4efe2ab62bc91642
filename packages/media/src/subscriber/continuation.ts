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
  const newest = from.newest;
  if (newest === undefined) return undefined;
  const known = keptPackets(from, reload);
  for (const packet of keptPackets(to, reload)) {
    const same = known.find((other) => other.timestamp === packet.timestamp && isSame(other.payload, packet.payload));
    if (same !== undefined) return (packet.sequence + newest - same.sequence + 1) as ExtendedSeq;
  }
  return undefined;
}

/** The newest first. */
function keptPackets(stream: ReceiveStream, reload: Reload): readonly Kept[] {
  const kept: Kept[] = [];
  const newest = stream.newest ?? 0;
  for (let sequence = newest; sequence > newest - MAX_PACKETS; sequence--) {
    const packet = reload(stream, sequence as ExtendedSeq);
    // What is empty is no proof.
    if (packet !== undefined && packet.payload.length > 0) kept.push({ sequence, timestamp: packet.timestamp, payload: packet.payload });
  }
  return kept;
}

function isSame(one: Uint8Array, other: Uint8Array): boolean {
  return one.length === other.length && one.every((byte, index) => byte === other[index]);
}
