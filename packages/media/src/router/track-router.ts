/** Fans one publication out: every packet to every subscriber, and every subscriber's wish back to the publisher once. */

/** An encoding as the router sees it. */
export interface RoutedStream {
  requestKeyframe(nowMs: number): void;
}

/** A subscriber as the router serves it. */
export interface RoutedSubscriber<Stream, Packet> {
  readonly transport: { readonly allocation: { runSoon(nowMs: number): void } };
  forward(nowMs: number, packet: Packet): void;
  /** Whether it is shown this layer, or is about to be. */
  watches(stream: Stream): boolean;
  /** The publication has ended. */
  loseSource(nowMs: number): void;
  /** Reads a number of each object that a packet touches, for the caches' sake. */
  prefetch(): number;
}

export class TrackRouter<Stream extends RoutedStream, Packet> {
  readonly #track: { readonly streams: readonly Stream[] };
  /** Means nothing; kept so that no compiler leaves the reading out. */
  prefetched = 0;
  /** Replaced, never changed, so that a subscriber may leave while packets are handed round. */
  #subscribers: readonly RoutedSubscriber<Stream, Packet>[] = [];

  constructor(track: { readonly streams: readonly Stream[] }) {
    this.#track = track;
  }

  get subscriberCount(): number {
    return this.#subscribers.length;
  }

  add(subscriber: RoutedSubscriber<Stream, Packet>): void {
    this.#subscribers = [...this.#subscribers, subscriber];
  }

  remove(subscriber: RoutedSubscriber<Stream, Packet>): void {
    this.#subscribers = this.#subscribers.filter((candidate) => candidate !== subscriber);
  }

  /** The packet is only on loan: subscribers write their own copies before this returns. */
  forward(nowMs: number, packet: Packet): void {
    const subscribers = this.#subscribers;
    this.prefetched = prefetch(subscribers);
    for (let index = 0; index < subscribers.length; index++) subscribers[index].forward(nowMs, packet);
  }

  /** Demand: a subscriber cannot decode. The encoding it watches, or waits for, is asked, at most once for everybody. */
  requestKeyframe(nowMs: number, wanted: Stream | undefined): void {
    if (wanted) wanted.requestKeyframe(nowMs);
    else for (const stream of this.#track.streams) stream.requestKeyframe(nowMs);
  }

  /** Whether a subscriber is shown this layer, or is about to be. */
  isWatched(stream: Stream): boolean {
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
function prefetch(subscribers: readonly { prefetch(): number }[]): number {
  let mixed = 0;
  // A sum could overflow, and code that was compiled for whole numbers would be compiled again.
  for (let index = 0; index < subscribers.length; index++) mixed ^= subscribers[index].prefetch();
  return mixed;
}
