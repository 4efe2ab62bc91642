/**
 * Moves a subscription from one copy of a stream to another, as when a link takes another route. The stream continues with its next packet,
 * without a keyframe, and packets that the former copy had lost are still forwarded when they arrive there.
 */
import type { ReceiveStream, StreamPacket } from '../publisher/receive-stream.ts';
import { findContinuation } from './continuation.ts';
import { LateRepairs } from './late-repairs.ts';
import { isCopyOfSame } from './layer-switch.ts';
import type { OutgoingStream } from './outgoing-stream.ts';
import type { SubscribingPeer } from './subscribing-peer.ts';

/** How many packets a subscriber that is moved to another route may have to catch up with. */
const MAX_CAUGHT_UP_PACKETS = 32;

export interface MovedSubscription {
  readonly transport: SubscribingPeer;
  /** Whether packets of it may be sent now. */
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
   * Continues with `stream` where the former source left off, if it is another copy of the same.
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
