/** Wires together the relaying of tracks. */
import type { SubscriberTrackPlan } from '@causeway/media';
import type { Clock } from '../clock.ts';
import type { TrackCloseReason } from '../events.ts';
import type { TrackRecord } from '../registry/index.ts';
import type { TrackDirectory } from '../session/track-directory.ts';
import type { Shard } from '../shard.ts';
import type { ArrivingLayers } from './arriving-layers.ts';
import type { ControlMessage } from './links/control-messages.ts';
import type { NodeLink } from './links/node-link.ts';
import { NameExports, trackNames } from './name-exports.ts';
import { NameImports } from './name-imports.ts';
import type { RouteFinder } from './path/route-finder.ts';
import { RelayExporter } from './relay-exporter.ts';
import { RelayImporter } from './relay-importer.ts';
import type { RelayLeg } from './relay-leg.ts';
import { RelaySide } from './relay-side.ts';
import { type TrackExport, TrackExports, type TrackWant } from './track-export.ts';
import { TrackKind } from './track-kind.ts';

export type TrackRelay = RelaySide<TrackRecord, SubscriberTrackPlan, RelayLeg, TrackCloseReason, TrackWant, TrackExport>;

/** Options for either kind. */
export interface RelaySideOptions {
  readonly shard: Shard;
  readonly linkTo: (nodeNo: number) => NodeLink | undefined;
  readonly routes: RouteFinder;
  readonly clock: Clock;
  /** Numbers wants and followed names of both kinds in one sequence. */
  readonly nextId: () => number;
  /** A neighbour is about to be asked for a publication. */
  readonly beforeAsking: (link: NodeLink) => void;
  readonly onDefect: (error: unknown) => void;
}

export interface TrackRelayOptions extends RelaySideOptions {
  readonly arriving: ArrivingLayers;
  readonly directory: TrackDirectory;
}

export function createTrackRelay(options: TrackRelayOptions): TrackRelay {
  const { shard, linkTo, routes, arriving, directory, clock, nextId, beforeAsking, onDefect } = options;
  const importer = new RelayImporter({
    kind: new TrackKind(shard),
    linkTo,
    routes,
    directory,
    clock,
    nextWantId: nextId,
    beforeAsking,
    onLeg: ({ trackId, options: { transportId } }, change) =>
      change === 'opened' ? arriving.notePublished({ trackId, transportId }) : arriving.forgetTrack(trackId),
  });
  const names = new NameImports({
    followType: 'follow',
    minVersion: 0,
    nextFollowId: nextId,
    known: () => importer.all().map(({ record }) => record),
    routes,
    linkTo,
  });
  const kind = new TrackExports({ shard, selfNo: routes.selfNo, arriving, directory, clock, onDefect });
  const exporter = new RelayExporter({ kind, routes, importer });
  const nameExports = new NameExports({
    names: trackNames(directory, onDefect),
    noteApp: (sessionId, appId) => names.noteApp(sessionId, appId),
  });
  directory.watchNames(names);

  function handleOwn(link: NodeLink, message: ControlMessage): boolean {
    if (message.type === 'name-taken') {
      const { customTrackName } = message.track;
      if (!names.isAnswer(link, message.followId, message.track.sessionId)) return false;
      importer.admitNamed(message.track, (known) => ({ ...known, customTrackName }));
      return true;
    }
    if (message.type !== 'demand') return false;
    const known = exporter.find(link.transportId ?? '', message.wantId);
    known?.setDemand(message.demand);
    if (known !== undefined) importer.find(known.publicationId)?.demandChanged();
    return true;
  }

  return new RelaySide({ importer, exporter, names, nameExports, handleOwn });
}
