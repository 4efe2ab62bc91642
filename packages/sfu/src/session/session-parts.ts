import type { DataLimits } from '@causeway/media';
import type { AppId, TokenGrants } from '@causeway/protocol';
import type { Clock } from '../clock.ts';
import type { SfuEvent } from '../events.ts';
import type { Negotiation } from '../negotiation/index.ts';
import type { SessionPlace } from '../overload/app-shares.ts';
import type { DescriptionTurns } from '../overload/description-turns.ts';
import type { Random } from '../random.ts';
import type { Registry } from '../registry/index.ts';
import type { Shard } from '../shard.ts';
import type { DataDirectory } from './data/data-directory.ts';
import type { RemoteTracks } from './remote-tracks.ts';
import type { TrackDirectory } from './track-directory.ts';

/** Limits of a session (docs/api.md §13). */
export interface SessionLimits {
  readonly maxSdpLength: number;
  readonly maxSections: number;
  /** What the client of each session may send on data channels. Default: `DEFAULT_DATA_LIMITS`. */
  readonly data?: DataLimits;
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

/** Options of one session. */
export interface SessionOptions {
  readonly appId: AppId;
  readonly negotiation: Negotiation;
  readonly metadata: string;
  /** Undefined if it has none. */
  readonly group?: string | undefined;
  /** Whether sections that start to send in an offer are published automatically. */
  readonly autoPublish: boolean;
  /** Whether it belongs to this process. It then has no client, and ends only when told to. Default false. */
  readonly isHosted?: boolean;
  /** Its place in its app's share, which the session gives back when it ends. */
  readonly place: SessionPlace;
  /** Whether the client sets its handlers before it applies the SFU's answer. Default false. */
  readonly connectsAtOnce?: boolean | undefined;
  /** The grants of the token with which it is created; undefined for the app's secret. */
  readonly creator: TokenGrants | undefined;
}
