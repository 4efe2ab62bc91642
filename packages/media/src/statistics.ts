/** What an engine can tell about itself: plain data, a copy, made only when somebody asks. */
import type { ConnectionState } from './plan.ts';

/** How the path of a peer is, by what the peer says of it. */
export interface PathEstimate {
  readonly targetBps: number;
  readonly acknowledgedBps: number;
  readonly isOverusing: boolean;
}

/** One encoding of a publication as it arrives. */
export interface LayerSnapshot {
  readonly ssrc: number;
  readonly rid: string;
  readonly bitrateBps: number;
  readonly isArriving: boolean;
  readonly packetsReceived: number;
  readonly packetsRepaired: number;
}

/** A publication with its encodings. */
export interface PublisherTrackSnapshot {
  readonly trackId: string;
  readonly layers: readonly LayerSnapshot[];
  readonly subscribers: number;
}

/** A subscription with what was sent on it. */
export interface SubscriberTrackSnapshot {
  readonly subscriptionId: string;
  readonly rid: string | undefined;
  readonly packetsSent: number;
  readonly payloadBytesSent: number;
  readonly packetsResent: number;
  /** The receiver's own count, from its last report. */
  readonly packetsLost: number | undefined;
}

/** A peer with all that it publishes and subscribes to. */
export interface TransportSnapshot {
  readonly transportId: string;
  readonly state: ConnectionState;
  readonly rttMs: number;
  /** Undefined as long as the peer sends no transport-wide feedback. */
  readonly estimate: PathEstimate | undefined;
  readonly publisherTracks: readonly PublisherTrackSnapshot[];
  readonly subscriberTracks: readonly SubscriberTrackSnapshot[];
}

/** How good a link between nodes is just now. */
export interface LinkStatistics {
  readonly transportId: string;
  /** Round trip of its connectivity checks, smoothed. */
  readonly rttMs: number;
  /** Share of what was sent over it that did not arrive at the first try, 0 to 1, over the last seconds. */
  readonly lossRatio: number;
}

/** Everything that one engine holds at one moment. */
export interface EngineSnapshot {
  readonly transports: readonly TransportSnapshot[];
  /** Counts of live objects: they return to zero when everybody has left. */
  readonly publisherTracks: number;
  readonly subscriberTracks: number;
  readonly timers: number;
  /** Packets thrown away, by the name of the reason. */
  readonly drops: Readonly<Record<string, number>>;
}

/** What the paths of all peers together are estimated to carry, of those that send transport-wide feedback. */
export interface PathEstimates {
  /** How many peers send it. */
  readonly peers: number;
  /** How many of them had a growing queue on their path at their last report. */
  readonly congestedPeers: number;
  readonly targetBps: number;
  readonly acknowledgedBps: number;
}
