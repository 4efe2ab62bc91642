/**
 * Which subscriptions are for which publication, known or not: one that comes, or is described again, finds its own without a look at all those
 * of the engine.
 */
export class Audiences<Subscriber> {
  readonly #byTrack = new Map<string, Set<Subscriber>>();

  of(trackId: string): Iterable<Subscriber> {
    return this.#byTrack.get(trackId) ?? [];
  }

  /**
   * @param from where it was before; undefined: nowhere
   * @param to undefined: it is for none now, or is gone
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
