import type { TrackSource } from '../negotiation/index.ts';
import type { TrackRecord } from '../registry/index.ts';
import type { TrackDirectory, TrackFollower } from '../session/track-directory.ts';
import type { NodeLink } from './links/node-link.ts';
import { tellableTrack } from './tellable-track.ts';

/** A name that subscribers behind a neighbour follow: the neighbour is told each time that it passes to another track. */
export class NameExport implements TrackFollower {
  readonly #link: NodeLink;
  readonly #followId: number;
  readonly #appId: string;
  readonly #directory: TrackDirectory;
  readonly #onDefect: (error: unknown) => void;

  constructor(link: NodeLink, followId: number, appId: string, directory: TrackDirectory, onDefect: (error: unknown) => void) {
    this.#link = link;
    this.#followId = followId;
    this.#appId = appId;
    this.#directory = directory;
    this.#onDefect = onDefect;
  }

  tell(track: TrackRecord): void {
    if (track.appId !== this.#appId) return;
    this.#link.send({ type: 'name-taken', followId: this.#followId, track: tellableTrack(track) });
  }

  onNameTaken({ sourceTrackId }: TrackSource): void {
    const record = this.#directory.recordOf(sourceTrackId);
    if (record !== undefined) this.tell(record);
  }

  onSourceClosed(): void {
    // It follows a name, not a track.
  }

  onDefect(error: unknown): void {
    this.#onDefect(error);
  }
}
