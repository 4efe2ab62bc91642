/**
 * Moves a subscription from one copy of a stream to another, as when a link takes another route. The stream continues with its next packet,
 * without a keyframe, and packets that the former copy had lost are still forwarded when they arrive there.
 */

import type { ExtendedSeq } from '@causeway/wire';
import type { ReceiveStream, StreamPacket } from '../publisher/receive-stream.ts';
import type { ForwardedPacket, RoutedSubscriber } from '../router/track-router.ts';
import { isCopyOfSame } from './layer-switch.ts';
import type { OutgoingStream } from './outgoing-stream.ts';
import type { SubscribingPeer } from './subscribing-peer.ts';

/** How many packets a subscriber that is moved to another route may have to catch up with. */
const MAX_CAUGHT_UP_PACKETS = 32;

export interface MovedSubscription {
  readonly transport: SubscribingPeer;
  /** Whether packets of the subscription may be sent now. */
  readonly maySend: boolean;
}

export class CopyMoves {
  readonly #subscription: MovedSubscription;
  readonly #stream: OutgoingStream;
  /** The stream of the former source that was forwarded, until a layer of the present one is chosen. */
  #former: ReceiveStream | undefined = undefined;
  /** Forwards late packets of the copy from which the subscription was last moved. */
  #repairs: LateRepairs | undefined = undefined;

  constructor(subscription: MovedSubscription, stream: OutgoingStream) {
    this.#subscription = subscription;
    this.#stream = stream;
  }

  /** Remembers what was forwarded of a source that is replaced. */
  leave(layer: ReceiveStream | undefined): void {
    this.#former = layer;
  }

  /** Forgets it, because a layer of the present source was chosen. */
  settle(): void {
    this.#former = undefined;
  }

  /**
   * Continues with `stream` where the former source left off, if it is another copy of the same stream.
   *
   * @returns the sequence number to send from; undefined if a keyframe is needed
   */
  continueWith(nowMs: number, stream: ReceiveStream): number | undefined {
    const former = this.#former;
    if (!isCopyOfSame(former, stream)) return undefined;
    const next = findContinuation(former, stream, (of, sequence) => this.#stream.reload(nowMs, of, sequence));
    if (next === undefined || (stream.newest ?? next) - next > MAX_CAUGHT_UP_PACKETS) return undefined;
    this.stop();
    const { epoch } = this.#stream;
    this.#repairs = new LateRepairs(nowMs, former, this.#subscription.transport, (atMs, packet) => this.#sendRepair(atMs, packet, epoch));
    this.#stream.continueWith(stream, next);
    return next;
  }

  /** Forwards no more late packets. */
  stop(): void {
    this.#repairs?.stop();
  }

  #sendRepair(nowMs: number, packet: StreamPacket, epoch: number): void {
    if (this.#subscription.maySend) this.#stream.sendLate(nowMs, packet, epoch);
  }
}

/** Lost packets are requested again for this long. */
const REPAIRED_WITHIN_MS = 1000;

/**
 * After a subscriber has moved from one copy of a stream to another, packets that were lost on the old route may still be repaired there.
 * Their sequence numbers were assigned while the old copy was forwarded, so the new copy cannot supply them.
 */
class LateRepairs implements RoutedSubscriber<ReceiveStream, StreamPacket> {
  readonly transport: SubscribingPeer;
  readonly #former: ReceiveStream;
  readonly #lastSequence: number;
  readonly #untilMs: number;
  readonly #send: (nowMs: number, packet: StreamPacket) => void;

  /** @param send is called with each late packet of `former` */
  constructor(nowMs: number, former: ReceiveStream, transport: SubscribingPeer, send: (nowMs: number, packet: StreamPacket) => void) {
    this.transport = transport;
    this.#former = former;
    this.#lastSequence = former.newest ?? Number.NEGATIVE_INFINITY;
    this.#untilMs = nowMs + REPAIRED_WITHIN_MS;
    this.#send = send;
    former.track.router.add(this);
  }

  forward(nowMs: number, packet: StreamPacket): void {
    if (nowMs > this.#untilMs) this.stop();
    else if (packet.stream === this.#former && packet.sequence <= this.#lastSequence) this.#send(nowMs, packet);
  }

  /** Late packets are forwarded if they arrive, but they are no reason to keep the old copy coming. */
  watches(): boolean {
    return false;
  }

  loseSource(): void {
    this.stop();
  }

  prefetch(): number {
    return 0;
  }

  stop(): void {
    this.#former.track.router.remove(this);
  }
}

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
 * Finds the point at which one copy of a stream continues another, by their recent packets. A relayed track that arrives over two routes has
 * the same packets on both, with different sequence numbers. A subscriber that is moved from one route to the other at that point misses
 * nothing, gets nothing twice, and needs no keyframe.
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
