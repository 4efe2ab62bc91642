/** Fans one publication out: every packet to every subscriber, and every subscriber's wish back to the publisher once. */
import type { EngineContext } from '../engine-context.ts';
import type { PublisherTrack } from '../publisher/publisher-track.ts';
import type { ReceiveStream } from '../publisher/receive-stream.ts';
import type { SubscriberTrack } from '../subscriber/subscriber-track.ts';
import type { ForwardedPacket } from './forwarded-packet.ts';

export class TrackRouter {
  readonly #context: EngineContext;
  readonly #track: PublisherTrack;
  /** Means nothing; kept so that no compiler leaves the reading out. */
  prefetched = 0;
  /** Replaced, never changed, so that a subscriber may leave while packets are handed round. */
  #subscribers: readonly SubscriberTrack[] = [];

  constructor(context: EngineContext, track: PublisherTrack) {
    this.#context = context;
    this.#track = track;
  }

  get subscriberCount(): number {
    return this.#subscribers.length;
  }

  add(nowMs: number, subscriber: SubscriberTrack): void {
    this.#subscribers = [...this.#subscribers, subscriber];
    this.chooseLayer(nowMs, subscriber);
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

  /** Looks again at which layer this subscriber should have. */
  chooseLayer(nowMs: number, subscriber: SubscriberTrack): void {
    const layers = this.#track.streams;
    const { preferredRid } = subscriber.plan;
    if (subscriber.wantsExactLayer) {
      subscriber.aimAt(
        nowMs,
        layers.find(({ rid }) => rid === preferredRid),
      );
      return;
    }
    const wish = { preferredRid, current: subscriber.layer };
    const chosen = this.#context.allocator.choose(nowMs, layers, wish);
    if (chosen) subscriber.aimAt(nowMs, chosen);
  }

  /** Looks again at which layer each of them should have. */
  chooseLayers(nowMs: number): void {
    for (const subscriber of this.#subscribers) this.chooseLayer(nowMs, subscriber);
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
