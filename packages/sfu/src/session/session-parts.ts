import type { Clock } from '../clock.ts';
import type { SfuEvent } from '../events.ts';
import type { DescriptionTurns } from '../overload/description-turns.ts';
import type { Random } from '../random.ts';
import type { Registry } from '../registry/index.ts';
import type { Shard } from '../shard.ts';
import type { DataDirectory } from './data/data-directory.ts';
import type { RemoteTracks } from './remote-tracks.ts';
import type { TrackDirectory } from './track-directory.ts';

/** What a session may hold (docs/api.md §13). */
export interface SessionLimits {
  readonly maxSdpLength: number;
  readonly maxSections: number;
}

/** What all sessions of an SFU share. */
export interface SessionParts {
  readonly shard: Shard;
  readonly registry: Registry;
  readonly directory: TrackDirectory;
  readonly dataDirectory: DataDirectory;
  /** Undefined on a standalone node. */
  readonly remoteTracks: RemoteTracks | undefined;
  readonly clock: Clock;
  readonly random: Random;
  readonly limits: SessionLimits;
  readonly descriptionTurns: DescriptionTurns;
  readonly onEvent: (event: SfuEvent) => void;
}
