/**
 * After a subscriber has moved from one copy of a stream to another, packets that were lost on the old route may still be repaired there.
 * Their sequence numbers were assigned while the old copy was forwarded, so the new copy cannot supply them.
 */
import type { ReceiveStream, StreamPacket } from '../publisher/receive-stream.ts';
import type { RoutedSubscriber } from '../router/track-router.ts';
import type { SubscribingPeer } from './subscribing-peer.ts';

/** Lost packets are requested again for this long. */
const REPAIRED_WITHIN_MS = 1000;

export class LateRepairs implements RoutedSubscriber<ReceiveStream, StreamPacket> {
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
