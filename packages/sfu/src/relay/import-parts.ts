import type { Clock } from '../clock.ts';
import type { TrackCloseReason } from '../events.ts';
import type { Shard } from '../shard.ts';
import type { ImportLeg } from './import-leg.ts';
import type { ImportedTrack } from './imported-track.ts';
import type { NodeLink } from './links/node-link.ts';
import type { RouteFinder } from './path/route-finder.ts';

/** What all tracks of other nodes share. */
export interface ImportParts {
  readonly shard: Shard;
  readonly linkTo: (nodeNo: number) => NodeLink | undefined;
  readonly routes: RouteFinder;
  readonly clock: Clock;
  readonly nextWantId: () => number;
  /** Messages about the want go to this leg from now on. */
  readonly onLegOpened: (track: ImportedTrack, leg: ImportLeg) => void;
  readonly onLegEnded: (leg: ImportLeg) => void;
  /** Nothing is to be had of it any more; to be told to its followers. */
  readonly onGone: (track: ImportedTrack, reason: TrackCloseReason) => void;
}
