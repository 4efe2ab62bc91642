/** The statistics of an engine, as plain data that is copied only on request. */
import type { ConnectionState, GrantedQuality } from './plan.ts';

/** The estimate of a peer's path, from the peer's feedback. */
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
  /** How long a keyframe has been requested without an answer; undefined if none is awaited. */
  readonly keyframeAwaitedMs: number | undefined;
}

/** A publication with its encodings. */
export interface PublisherTrackSnapshot {
  readonly trackId: string;
  readonly layers: readonly LayerSnapshot[];
  readonly subscribers: number;
  /** Time since the last packet of any layer; undefined if none has ever arrived. */
  readonly silentMs: number | undefined;
}

/** A publication, as known where it is subscribed to. */
export interface SourceSnapshot extends PublisherTrackSnapshot {
  /** Whether it arrives over a link from another node or thread. */
  readonly isLinked: boolean;
  /** Whether the receiver has negotiated a codec that the publisher sends. */
  readonly hasCommonCodec: boolean;
}

/** A subscription, and what was sent on it. */
export interface SubscriberTrackSnapshot {
  readonly subscriptionId: string;
  readonly rid: string | undefined;
  readonly packetsSent: number;
  readonly payloadBytesSent: number;
  readonly packetsResent: number;
  /** Cumulative number from the receiver's last report. */
  readonly packetsLost: number | undefined;
  readonly isPaused: boolean;
  /** Whether everything that was asked for is sent, less of it, or nothing, as far as the path is the reason. */
  readonly quality: GrantedQuality;
  /** Bitrate of the cheapest acceptable layer in bit/s; undefined if none arrives. */
  readonly leastBps: number | undefined;
  /** Whether nothing can be sent before a keyframe arrives. */
  readonly awaitsKeyframe: boolean;
  /** Undefined if the publication does not exist. */
  readonly source: SourceSnapshot | undefined;
}

/** A peer with its publications and subscriptions. */
export interface TransportSnapshot {
  readonly transportId: string;
  readonly state: ConnectionState;
  /** Time since it was opened. */
  readonly openMs: number;
  /** Time since the last authenticated packet, or since it was opened. */
  readonly silentMs: number;
  /** `none`: no authenticated check has arrived. `unproven`: none of our checks has been answered. */
  readonly path: 'none' | 'unproven' | 'proven';
  /** Whether the DTLS handshake is complete. */
  readonly isSecure: boolean;
  readonly rttMs: number;
  /** Undefined as long as the peer has not reported on its path. */
  readonly estimate: PathEstimate | undefined;
  readonly publisherTracks: readonly PublisherTrackSnapshot[];
  readonly subscriberTracks: readonly SubscriberTrackSnapshot[];
}

/** The present quality of a link between nodes. */
export interface LinkStatistics {
  readonly transportId: string;
  /** Round-trip time of its connectivity checks: the shortest of the last few. */
  readonly rttMs: number;
  /**
   * Share of wanted packets that did not cross the link at the first try, 0 to 1: lost over recent seconds, or withheld over recent
   * minutes.
   */
  readonly lossRatio: number;
}

/** The state of one engine at one moment. */
export interface EngineSnapshot {
  readonly transports: readonly TransportSnapshot[];
  /** Counts of live objects. They return to zero when every peer has left. */
  readonly publisherTracks: number;
  readonly subscriberTracks: number;
  readonly timers: number;
  /** Dropped packets, by the name of the reason. */
  readonly drops: Readonly<Record<string, number>>;
}

/** The sum of the estimates of all paths, over peers that report on them. */
export interface PathEstimates {
  /** Number of such peers. */
  readonly peers: number;
  /** How many of them had a growing queue on their path at their last report. */
  readonly congestedPeers: number;
  readonly targetBps: number;
  readonly acknowledgedBps: number;
}

/** Traffic of one engine since it started. Plain fields, because they are incremented for every packet. */
export class TrafficCounters {
  /** Authenticated RTP packets, including retransmissions. */
  rtpPacketsReceived = 0;
  rtpBytesReceived = 0;
  /** RTP packets handed to the socket layer, including retransmissions, without those that it reported as dropped. */
  rtpPacketsSent = 0;
  /** Includes SRTP's tag, but not UDP and IP. */
  rtpBytesSent = 0;
  /** Packets that waited for room on their path. */
  packetsQueued = 0;
  /** Packets that were sent only to measure a path. They are not charged. */
  probePacketsSent = 0;
  /** Bytes of these packets, without SRTP's tag. */
  probeBytesSent = 0;
  /** Numbered RTP packets that peers reported as received. */
  pathPacketsReceived = 0;
  /** Numbered RTP packets that peers reported as lost. */
  pathPacketsLost = 0;
  /** DTLS handshakes that peers completed. */
  handshakesCompleted = 0;
}
