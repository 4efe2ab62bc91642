/** The simulcast layers of each track that currently arrive at this node, by the engine's latest report; highest bitrate first. */
import type { PublisherTrackPlan } from '@causeway/media';

export class ArrivingLayers {
  readonly #rids = new Map<string, readonly string[]>();
  readonly #tracksOf = new Map<string, Set<string>>();
  readonly #transportOf = new Map<string, string>();

  /** @returns empty before anything has arrived, and without simulcast */
  of(trackId: string): readonly string[] {
    return this.#rids.get(trackId) ?? [];
  }

  notePublished({ trackId, transportId }: Pick<PublisherTrackPlan, 'trackId' | 'transportId'>): void {
    const tracks = this.#tracksOf.get(transportId) ?? new Set();
    this.#tracksOf.set(transportId, tracks.add(trackId));
    this.#transportOf.set(trackId, transportId);
  }

  noteChange(trackId: string, rids: readonly string[]): void {
    if (this.#transportOf.has(trackId)) this.#rids.set(trackId, rids);
  }

  forgetTrack(trackId: string): void {
    const transportId = this.#transportOf.get(trackId) ?? '';
    this.#rids.delete(trackId);
    this.#transportOf.delete(trackId);
    const tracks = this.#tracksOf.get(transportId);
    tracks?.delete(trackId);
    if (tracks?.size === 0) this.#tracksOf.delete(transportId);
  }

  /** Forgets a transport and its tracks. */
  forgetTransport(transportId: string): void {
    for (const trackId of [...(this.#tracksOf.get(transportId) ?? [])]) this.forgetTrack(trackId);
  }

  get size(): number {
    return this.#transportOf.size;
  }
}
