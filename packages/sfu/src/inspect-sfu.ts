import type { Clock } from './clock.ts';
import type { SessionCensus, SfuInspection } from './inspection.ts';
import { publications, subscriptions } from './negotiation/index.ts';
import type { AppShares } from './overload/app-shares.ts';
import type { DescriptionTurns } from './overload/description-turns.ts';
import type { EgressGovernor } from './overload/egress-governor.ts';
import type { Entrance } from './overload/entrance.ts';
import type { Registry } from './registry/index.ts';
import type { Relay } from './relay/relay.ts';
import type { DataDirectory } from './session/data/data-directory.ts';
import type { SessionCounters } from './session/session-counters.ts';
import type { SessionStore } from './session/session-store.ts';
import type { TrackDirectory } from './session/track-directory.ts';
import type { Shard } from './shard.ts';
import type { SpeakerReports } from './speakers/speaker-reports.ts';

/** The parts of an SFU that hold live objects. */
export interface InspectedParts {
  readonly shard: Shard;
  readonly registry: Registry;
  readonly clock: Clock;
  readonly store: SessionStore;
  readonly directory: TrackDirectory;
  readonly dataDirectory: DataDirectory;
  readonly counters: SessionCounters;
  readonly entrance: Entrance;
  readonly shares: AppShares;
  readonly egress: EgressGovernor;
  readonly descriptionTurns: DescriptionTurns;
  readonly speakers: SpeakerReports;
  readonly relay: Relay | undefined;
}

export async function inspectSfu(parts: InspectedParts): Promise<SfuInspection> {
  const { store, counters, entrance, shares, egress } = parts;
  const { objects, ...shard } = await parts.shard.ask('inspection');
  return {
    ...shard,
    objects: { ...objects, sessions: takeCensus(parts) },
    kept: { tombstones: store.tombstoneCount, conversations: parts.speakers.size },
    sessionsByState: countStates(store),
    sessionsCreated: counters.created,
    sessionsClosed: counters.closed(),
    joins: counters.joins(),
    dataTroubles: counters.dataTroubles(),
    entrance: entrance.report(),
    apps: { refused: shares.refused(), heldSubscriptions: egress.heldSubscriptions },
    waitingDescriptionCharacters: parts.descriptionTurns.waitingCharacters,
    ...(parts.relay && { relay: parts.relay.inspect() }),
  };
}

function takeCensus({ registry, clock, store, directory, dataDirectory }: InspectedParts): SessionCensus {
  const states = store.all().map(({ negotiation }) => negotiation);
  const { sessions: registrySessions, tracks: registryTracks, dataChannels: registryDataChannels } = registry.kept;
  return {
    sessions: states.length,
    publications: states.reduce((sum, state) => sum + publications(state).length, 0),
    subscriptions: states.reduce((sum, state) => sum + subscriptions(state).length, 0),
    ...directory.counts,
    ...dataDirectory.counts,
    dataSubscriptions: store.all().reduce((sum, { data }) => sum + data.subscribed.size, 0),
    timers: clock.armedTimers,
    registrySessions,
    registryTracks,
    registryDataChannels,
  };
}

function countStates(store: SessionStore): SfuInspection['sessionsByState'] {
  const counts = { new: 0, connecting: 0, connected: 0, disconnected: 0, failed: 0 };
  for (const { life } of store.all()) {
    if (life.type === 'open' && life.connectionState !== 'closed') counts[life.connectionState]++;
  }
  return counts;
}
