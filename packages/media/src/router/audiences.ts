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
