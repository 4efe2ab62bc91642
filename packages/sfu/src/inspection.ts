/** The state and the counters of an SFU as plain data, for operators, for metrics and for finding leaks. */
import type {
  ConnectionState,
  DataCounters,
  EngineCensus,
  HistogramCounts,
  MeteringBalance,
  PathEstimates,
  TrafficCounters,
} from '@causeway/media';
import type { DtlsCounters, SecureCensus, SrtpCounters } from '@causeway/secure';
import type { SessionCloseReason } from './events.ts';
import type { SendCounters } from './io/send-counters.ts';
import type { UdpPortCounts } from './io/udp-port-options.ts';
import type { AppRefusal } from './overload/app-shares.ts';
import type { EntranceReport } from './overload/entrance.ts';
import type { LinkState } from './relay/links/link-state.ts';
import type { ReportRefusal } from './relay/path/report-budget.ts';
import type { DataTroubles } from './session/session-counters.ts';

/** Sockets and paths of a UDP port. */
export interface UdpCensus extends UdpPortCounts {
  /** Handshake datagrams that wait for their turn. */
  readonly waitingHandshakes: number;
}

/** Live objects of a shard; all zero when no session is left. */
export interface ShardObjects {
  readonly engine: EngineCensus;
  readonly secure: SecureCensus;
  readonly udp: UdpCensus;
}

/** State and counters of one shard, or of all shards together. */
export interface ShardInspection {
  readonly objects: ShardObjects;
  /** Counted since the shard began. */
  readonly traffic: Readonly<TrafficCounters>;
  /** What was sent, as counted for billing, since the shard began. */
  readonly metering: MeteringBalance;
  /** How long RTP packets took through a thread, and how long viewers waited for their first picture, since the shard began. */
  readonly latencies: { readonly forward: HistogramCounts; readonly firstFrame: HistogramCounts };
  /** Estimates of the paths to clients and to other nodes. */
  readonly estimates: PathEstimates;
  /** Packets that the engine discarded, by reason. */
  readonly drops: Readonly<Record<string, number>>;
  /** Datagrams that could not be sent, by reason and by payload. */
  readonly sends: Readonly<SendCounters>;
  readonly receives: {
    /**
     * Datagrams that the system discarded because the receive buffer was full. Those of clients with a socket of their
     * own, and of links to other nodes, are not counted.
     */
    readonly overflows: number;
  };
  /** Packets that the protocols below the engine discarded, by protocol and cause. */
  readonly discards: {
    readonly dtls: Readonly<DtlsCounters>;
    readonly srtp: Readonly<SrtpCounters>;
    readonly sctp: Readonly<DataCounters>;
  };
}

/** The number of sessions and of what they hold. */
export interface SessionCensus {
  readonly sessions: number;
  readonly publications: number;
  readonly subscriptions: number;
  /** Tracks of this node that can be subscribed to. */
  readonly openTracks: number;
  /** Sessions that subscribe to at least one track, tracks that have subscribers, and names that are followed. */
  readonly followers: number;
  readonly followedTracks: number;
  readonly followedNames: number;
  /** Data channels of this node that can be subscribed to, subscriptions to them, and sessions that have any. */
  readonly openDataChannels: number;
  readonly dataSubscriptions: number;
  readonly dataFollowers: number;
  readonly timers: number;
  /** Entries that the registry keeps in this process; 0 if it keeps all of them elsewhere. */
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
  /** The values last reported to the other nodes; undefined while the link is not up. */
  readonly rttMs?: number;
  readonly lossRatio?: number;
}

/** What a node of a cluster relays to and from the others. */
export interface RelayInspection {
  readonly links: readonly LinkInspection[];
  /** How many reports of other nodes about links had no effect, since the SFU began. */
  readonly refusedLinkReports: Readonly<Record<ReportRefusal, number>>;
  /** Tracks of other nodes that are known here, with or without subscribers. */
  readonly importedTracks: number;
  /** Copies of tracks that arrive from neighbours. */
  readonly legs: number;
  /** Subscriptions of this node's sessions that those copies feed. */
  readonly fedSubscriptions: number;
  /** Copies of tracks that are sent to neighbours. */
  readonly exports: number;
  /** Names of this node's tracks that other nodes follow, and names of theirs that are followed here. */
  readonly exportedNames: number;
  readonly followedNames: number;
  /** Data channels of other nodes that are known here, copies that arrive, the subscriptions that they feed, and copies that are sent. */
  readonly importedDataChannels: number;
  readonly dataLegs: number;
  readonly fedDataSubscriptions: number;
  readonly dataExports: number;
}

/** Everything that an SFU reports about itself. */
export interface SfuInspection extends Omit<ShardInspection, 'objects'> {
  /** Live objects. Every count is zero once all sessions have ended. */
  readonly objects: ShardObjects & { readonly sessions: SessionCensus };
  /** Bounded state that outlives its session. */
  readonly kept: {
    /** Ended sessions for which calls are still answered with the reason. */
    readonly tombstones: number;
    /** Groups in which someone spoke a few seconds ago. */
    readonly conversations: number;
  };
  readonly sessionsByState: Readonly<Record<Exclude<ConnectionState, 'closed'>, number>>;
  /** Counted since the SFU began. */
  readonly sessionsCreated: number;
  readonly sessionsClosed: Readonly<Record<SessionCloseReason, number>>;
  /** How long clients took from the creation of their session until they were connected, since the SFU began. */
  readonly joins: HistogramCounts;
  /** Counted since the SFU began. */
  readonly dataTroubles: DataTroubles;
  readonly entrance: EntranceReport;
  /** How often apps reached their own bounds. */
  readonly apps: {
    /** Refused calls, by bound. */
    readonly refused: Readonly<Record<AppRefusal, number>>;
    /** Subscriptions that receive nothing at present because their app is above its egress bound. */
    readonly heldSubscriptions: number;
  };
  /** Characters of session descriptions that wait to be read. */
  readonly waitingDescriptionCharacters: number;
  /** Undefined on a standalone node. */
  readonly relay?: RelayInspection;
}
