/** Fans one publication out: every packet to every subscriber, and every subscriber's wish back to the publisher once. */
import type { PublisherTrack } from '../publisher/publisher-track.ts';
import type { ReceiveStream } from '../publisher/receive-stream.ts';
import type { SubscriberTrack } from '../subscriber/subscriber-track.ts';
import type { ForwardedPacket } from './forwarded-packet.ts';

export class TrackRouter {
  readonly #track: PublisherTrack;
  /** Means nothing; kept so that no compiler leaves the reading out. */
  prefetched = 0;
  /** Replaced, never changed, so that a subscriber may leave while packets are handed round. */
  #subscribers: readonly SubscriberTrack[] = [];

  constructor(track: PublisherTrack) {
    this.#track = track;
  }

  get subscriberCount(): number {
    return this.#subscribers.length;
  }

  add(subscriber: SubscriberTrack): void {
    this.#subscribers = [...this.#subscribers, subscriber];
  }

  remove(subscriber: SubscriberTrack): void {
    this.#subscribers = this.#subscribers.filter((candidate) => candidate !== subscriber);
  }

  /** The packet is only on loan: subscribers write their own copies before this returns. */
  forward(nowMs: number, packet: ForwardedPacket): void {
    const subscribers = this.#subscribers;
    this.prefetched = prefetch(subscribers);
    for (let index = 0; index < subscribers.length; index++) subscribers[index].forward(nowMs, packet);
  }

  /** Demand: a subscriber cannot decode. The encoding it watches, or waits for, is asked, at most once for everybody. */
  requestKeyframe(nowMs: number, wanted: ReceiveStream | undefined): void {
    if (wanted) wanted.requestKeyframe(nowMs);
    else for (const stream of this.#track.streams) stream.requestKeyframe(nowMs);
  }

  /** Whether somebody is shown this layer, or is about to be. */
  isWatched(stream: ReceiveStream): boolean {
    return this.#subscribers.some((subscriber) => subscriber.watches(stream));
  }

  /** A layer has come, or its place is taken by another stream: everybody's choice may be another now. */
  layersChanged(nowMs: number): void {
    for (const { transport } of this.#subscribers) transport.allocation.runSoon(nowMs);
  }

  /** The publication ends: subscribers keep their m-sections, without a source. */
  close(nowMs: number): void {
    for (const subscriber of this.#subscribers) subscriber.loseSource(nowMs);
    this.#subscribers = [];
  }
}

/**
 * Milliseconds after the last packet nothing of a subscriber is in the processor's caches. Reads that wait for nothing but memory are
 * done side by side if they stand close together, as here; scattered over the work on a packet, each would wait for itself.
 */
function prefetch(subscribers: readonly SubscriberTrack[]): number {
  let sum = 0;
  for (let index = 0; index < subscribers.length; index++) sum += subscribers[index].prefetch();
  return sum | 0;
}
