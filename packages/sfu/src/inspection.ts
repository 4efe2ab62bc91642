/**
 * What an SFU holds and has done, as plain data: for operators, for metrics, and for finding leaks.
 */
import type { ConnectionState, DataCounters, EngineCensus, PathEstimates, TrafficCounters } from '@causeway/media';
import type { DtlsCounters, SecureCensus, SrtpCounters } from '@causeway/secure';
import type { SessionCloseReason } from './events.ts';
import type { SendCounters } from './io/send-counters.ts';
import type { UdpPortCounts } from './io/udp-port-options.ts';
import type { AppRefusal } from './overload/app-shares.ts';
import type { EntranceReport } from './overload/entrance.ts';
import type { LinkState } from './relay/links/link-state.ts';
import type { DataTroubles } from './session/session-counters.ts';

/** Sockets and paths of a UDP port. */
export interface UdpCensus extends UdpPortCounts {
  /** Datagrams of handshakes that wait for their turn. */
  readonly waitingHandshakes: number;
}

/** Live objects of a shard; all zero when no session is left. */
export interface ShardObjects {
  readonly engine: EngineCensus;
  readonly secure: SecureCensus;
  readonly udp: UdpCensus;
}

/** What one shard, or all of them together, hold and have done. */
export interface ShardInspection {
  readonly objects: ShardObjects;
  /** Since the shard began. */
  readonly traffic: Readonly<TrafficCounters>;
  /** Estimates of the paths to clients and to other nodes. */
  readonly estimates: PathEstimates;
  /** Packets that the engine threw away, by reason. */
  readonly drops: Readonly<Record<string, number>>;
  /** Datagrams that could not be sent, by reason and by what they carried. */
  readonly sends: Readonly<SendCounters>;
  readonly receives: {
    /**
     * Datagrams that the system threw away because they came to a full receive buffer. Those of
     * clients with a socket of their own, and of links to other nodes, are not counted.
     */
    readonly overflows: number;
  };
  /** What lies below the engine threw away, by protocol and cause. */
  readonly discards: {
    readonly dtls: Readonly<DtlsCounters>;
    readonly srtp: Readonly<SrtpCounters>;
    readonly sctp: Readonly<DataCounters>;
  };
}

/** How many sessions there are, and in which state. */
export interface SessionCensus {
  readonly sessions: number;
  readonly publications: number;
  readonly subscriptions: number;
  /** Tracks of this node that can be subscribed to. */
  readonly openTracks: number;
  /** Sessions that subscribe to at least one track, tracks with subscribers, names that are followed. */
  readonly followers: number;
  readonly followedTracks: number;
  readonly followedNames: number;
  /** Data channels of this node that can be subscribed to, subscriptions to them, and sessions that have any. */
  readonly openDataChannels: number;
  readonly dataSubscriptions: number;
  readonly dataFollowers: number;
  readonly timers: number;
  /** What the registry keeps in this process; 0 if it keeps everything elsewhere. */
  readonly registrySessions: number;
  readonly registryTracks: number;
  readonly registryDataChannels: number;
}

/** The state of one link to another node. */
export interface LinkInspection {
  /** The other node. */
  readonly nodeNo: number;
  readonly region: string;
  readonly state: LinkState['type'];
  /** As last reported to the other nodes; undefined while the link is not up. */
  readonly rttMs?: number;
  readonly lossRatio?: number;
}

/** What a node of a cluster shares with the others. */
export interface RelayInspection {
  readonly links: readonly LinkInspection[];
  /** Tracks of other nodes that are known here, whether or not they are watched. */
  readonly importedTracks: number;
  /** Copies of tracks that come in from neighbours. */
  readonly legs: number;
  /** Subscriptions of this node's sessions that they feed. */
  readonly fedSubscriptions: number;
  /** Copies of tracks that go out to neighbours. */
  readonly exports: number;
  /** Names of this node's tracks that others follow, and names of others' that are followed here. */
  readonly exportedNames: number;
  readonly followedNames: number;
  /** Data channels of other nodes that are known here, copies of data channels that come in, subscriptions that they feed, and copies that go out. */
  readonly importedDataChannels: number;
  readonly dataLegs: number;
  readonly fedDataSubscriptions: number;
  readonly dataExports: number;
}

/** Everything that an SFU reports about itself. */
export interface SfuInspection extends Omit<ShardInspection, 'objects'> {
  /** Live objects. When all sessions have ended, every count is zero. */
  readonly objects: ShardObjects & { readonly sessions: SessionCensus };
  /** What stays behind for a while, within bounds. */
  readonly kept: {
    /** Sessions that have ended and are still answered with the reason. */
    readonly tombstones: number;
  };
  readonly sessionsByState: Readonly<Record<Exclude<ConnectionState, 'closed'>, number>>;
  /** Since the SFU began. */
  readonly sessionsCreated: number;
  readonly sessionsClosed: Readonly<Record<SessionCloseReason, number>>;
  /** Since the SFU began. */
  readonly dataTroubles: DataTroubles;
  readonly entrance: EntranceReport;
  /** Where apps met their own bounds. */
  readonly apps: {
    /** Calls that were refused, by the bound. */
    readonly refused: Readonly<Record<AppRefusal, number>>;
    /** Subscriptions that are sent nothing now because their app is above its egress bound. */
    readonly heldSubscriptions: number;
  };
  /** Characters of session descriptions that wait to be read. */
  readonly waitingDescriptionCharacters: number;
  /** Undefined on a standalone node. */
  readonly relay?: RelayInspection;
}
