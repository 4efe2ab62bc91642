/** Fans one publication out: sends every packet to all subscribers, and passes their requests to the publisher, each only once. */

/** An encoding as the router sees it. */
export interface RoutedStream {
  requestKeyframe(nowMs: number): void;
}

/** A subscriber as the router serves it. */
export interface RoutedSubscriber<Stream, Packet> {
  readonly transport: { readonly allocation: { runSoon(nowMs: number): void } };
  forward(nowMs: number, packet: Packet): void;
  /** Whether the subscriber receives this layer, or is about to. */
  watches(stream: Stream): boolean;
  /** Called when the publication has ended. */
  loseSource(nowMs: number): void;
  /** Reads a field of each object that a packet touches, to warm the cache. */
  prefetch(): number;
}

export class TrackRouter<Stream extends RoutedStream, Packet> {
  readonly #track: { readonly streams: readonly Stream[] };
  /** The value has no meaning. It is stored so that the compiler cannot remove the reads. */
  prefetched = 0;
  /** Replaced, never changed in place, so that a subscriber may leave while a packet is being fanned out. */
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

  /** Sends a packet to every subscriber. The packet is on loan: subscribers write their own copies before this returns. */
  forward(nowMs: number, packet: Packet): void {
    const subscribers = this.#subscribers;
    this.prefetched = prefetch(subscribers);
    for (let index = 0; index < subscribers.length; index++) subscribers[index].forward(nowMs, packet);
  }

  /**
   * Requests a keyframe for a subscriber that cannot decode. The request goes to the encoding that it receives or waits for, if given, and
   * otherwise to all; each encoding sends at most one for all subscribers.
   */
  requestKeyframe(nowMs: number, wanted: Stream | undefined): void {
    if (wanted) wanted.requestKeyframe(nowMs);
    else for (const stream of this.#track.streams) stream.requestKeyframe(nowMs);
  }

  /** Whether any subscriber receives this layer, or is about to. */
  isWatched(stream: Stream): boolean {
    return this.#subscribers.some((subscriber) => subscriber.watches(stream));
  }

  /** Reconsiders the layer of every subscriber, because a layer was added or is now in another stream. */
  layersChanged(nowMs: number): void {
    for (const { transport } of this.#subscribers) transport.allocation.runSoon(nowMs);
  }

  /** Ends the publication. Subscribers keep their m-sections, without a source. */
  close(nowMs: number): void {
    for (const subscriber of this.#subscribers) subscriber.loseSource(nowMs);
    this.#subscribers = [];
  }
}

/**
 * Reads the subscribers' objects into the processor's caches, where nothing of them is left some milliseconds after the previous packet.
 * Memory reads that are close together in the code, as here, overlap; if they were scattered over the work on a packet, each would be
 * waited for separately.
 */
function prefetch(subscribers: readonly { prefetch(): number }[]): number {
  let mixed = 0;
  // A sum could exceed the integer range and deoptimize the compiled code, so the values are combined with XOR.
  for (let index = 0; index < subscribers.length; index++) mixed ^= subscribers[index].prefetch();
  return mixed;
}

/**
 * Indexes subscriptions by publication, whether or not the publication exists yet. When one is added or updated, its subscriptions are
 * found without a search through all of the engine's.
 */
export class Audiences<Subscriber> {
  readonly #byTrack = new Map<string, Set<Subscriber>>();

  of(trackId: string): Iterable<Subscriber> {
    return this.#byTrack.get(trackId) ?? [];
  }

  /**
   * Moves a subscriber from one publication to another.
   *
   * @param from the previous publication; undefined if there was none
   * @param to the new publication; undefined if there is none, or the subscription has ended
   */
  move(subscriber: Subscriber, from: string | undefined, to: string | undefined): void {
    if (from === to) return;
    if (from !== undefined) this.#leave(subscriber, from);
    if (to !== undefined) this.#byTrack.set(to, (this.#byTrack.get(to) ?? new Set()).add(subscriber));
  }

  #leave(subscriber: Subscriber, trackId: string): void {
    const audience = this.#byTrack.get(trackId);
    audience?.delete(subscriber);
    if (audience?.size === 0) this.#byTrack.delete(trackId);
  }
}
