/** What an engine can tell about itself: plain data, copied only on request. */
import type { ConnectionState, GrantedQuality } from './plan.ts';

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
  /** For how long the publisher has been asked for a keyframe in vain; undefined while none is awaited. */
  readonly keyframeAwaitedMs: number | undefined;
}

/** A publication with its encodings. */
export interface PublisherTrackSnapshot {
  readonly trackId: string;
  readonly layers: readonly LayerSnapshot[];
  readonly subscribers: number;
  /** Since the last packet of any layer; undefined if none has ever come. */
  readonly silentMs: number | undefined;
}

/** A publication as it is known where a subscriber of it is. */
export interface SourceSnapshot extends PublisherTrackSnapshot {
  /** It comes over a link from another node or thread. */
  readonly isLinked: boolean;
  /** Whether the receiver has negotiated a codec that the publisher sends. */
  readonly hasCommonCodec: boolean;
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
  readonly isPaused: boolean;
  /** Whether all that was asked for is sent, less of it, or nothing, as far as the path decides that. */
  readonly quality: GrantedQuality;
  /** Bitrate of the cheapest layer that would do; undefined if none arrives. */
  readonly leastBps: number | undefined;
  /** Whether nothing can be sent before a keyframe. */
  readonly awaitsKeyframe: boolean;
  /** Undefined if the publication is not there. */
  readonly source: SourceSnapshot | undefined;
}

/** A peer with all that it publishes and subscribes to. */
export interface TransportSnapshot {
  readonly transportId: string;
  readonly state: ConnectionState;
  /** Since it was opened; time in which the process stood still does not count. */
  readonly openMs: number;
  /** Since the last authenticated packet, or since it was opened. */
  readonly silentMs: number;
  /** `none`: no authenticated check has come. `unproven`: none of ours has been answered. */
  readonly path: 'none' | 'unproven' | 'proven';
  /** The DTLS handshake is done. */
  readonly isSecure: boolean;
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
  /** Share of what was to cross it that did not at the first try, 0 to 1: lost over the last seconds, or held back over the last minutes. */
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
