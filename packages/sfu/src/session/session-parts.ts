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

/** What one session is made with. */
export interface SessionOptions {
  readonly appId: AppId;
  readonly negotiation: Negotiation;
  readonly metadata: string;
  /** Undefined for none. */
  readonly group?: string | undefined;
  /** Whether sections that begin to send in an offer are published by themselves. */
  readonly autoPublish: boolean;
  /** It belongs to this process: it has no client, and ends only when it is told to. Default false. */
  readonly isHosted?: boolean;
  /** What it takes of its app's share; the session gives it back when it ends. */
  readonly place: SessionPlace;
  /** The client has set its handlers before it applies our answer. Default false. */
  readonly connectsAtOnce?: boolean | undefined;
  /** Whose token it is created with; undefined for the secret of the app. */
  readonly creator: TokenGrants | undefined;
}
