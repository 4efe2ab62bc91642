/**
 * What negotiation tells the engine to do, as plain data that crosses threads unchanged.
 *
 * Ids are chosen by the caller and are unique within one engine. A transport id is the session id. A track id here is the engine-wide id of
 * one publication, not the API's `trackId`. A subscription id is that of one sending m-section.
 */
import type { CertificateFingerprint } from './secure-endpoint.ts';

/** Whether media is audio or video. */
export type MediaKind = 'audio' | 'video';

/** One negotiated codec of one m-section. Payload types are those of the peer that the plan is for. */
export interface CodecPlan {
  readonly payloadType: number;
  /** Lower case without the kind: `vp8`, `vp9`, `h264`, `av1`, `opus`. */
  readonly name: string;
  readonly clockRateHz: number;
  readonly channels: number;
  /** `a=fmtp` parameters, verbatim; empty if there are none. */
  readonly fmtp: string;
  readonly rtxPayloadType: number | undefined;
  readonly nack: boolean;
  readonly pli: boolean;
  readonly fir: boolean;
}

/** One negotiated header extension (RFC 8285). Ids are those of the peer that the plan is for. */
export interface ExtensionPlan {
  readonly id: number;
  readonly uri: string;
}

/** The user fragment and password of one side of ICE. */
export interface IceCredentials {
  readonly ufrag: string;
  readonly password: string;
}

/** An address at which another node can be reached. */
export interface ReachableAddress {
  /** IPv4 or IPv6 text. */
  readonly address: string;
  readonly port: number;
}

/** The desired state of one peer's transport. */
export interface TransportPlan {
  readonly transportId: string;
  readonly local: IceCredentials;
  readonly remote: IceCredentials;
  readonly dtlsRole: 'server' | 'client';
  readonly remoteFingerprints: readonly CertificateFingerprint[];
  /**
   * Addresses to reach the peer at, by connectivity checks of ours as the controlling side (RFC 8445 §7.2). Only for links between nodes,
   * never for addresses that a client has named. Default: wait for the peer's checks (ICE-lite).
   */
  readonly reach?: readonly ReachableAddress[];
  /** Whether this is a link between nodes or shards, which carries many tracks and whose silence is noticed within 2 s. Default: false. */
  readonly isLink?: boolean;
  /**
   * The account charged for what the peer sends and receives (`EngineAnswers.usage`). Default: none, as on links, which carry the tracks of
   * many accounts.
   */
  readonly account?: string;
  /** What the peer may send on data channels. Packets beyond that are delayed, not lost. Default: `DEFAULT_DATA_LIMITS`. */
  readonly dataLimits?: DataLimits;
  /**
   * Limit for the RTP received from the peer, all tracks together, in bit/s. Packets beyond it are dropped. Default: the sum of its tracks'
   * limits.
   */
  readonly maxUploadBps?: number;
  /**
   * Limit for the RTP sent to the peer, in bit/s. Layers are chosen to fit, and video that does not fit is left out. Default: what the path
   * carries.
   */
  readonly maxDownloadBps?: number;
  /**
   * Whether the client sets its handlers before it applies our description, so that its first checks need not wait for a page
   * (`FirstAnswers`). Default: false.
   */
  readonly connectsAtOnce?: boolean;
  /**
   * `none`: packets of this transport are plain RTP and RTCP that never leave the process (links between shards). Its path is given to the
   * engine with `Engine.bindPath`, and no path from the network can be used for it. Default: `dtls`.
   */
  readonly security?: 'dtls' | 'none';
}

/** How much data one peer may send. */
export interface DataLimits {
  readonly messagesPerSecond: number;
  /** Counts datagrams with DTLS, including protocol overhead and acknowledgements of what the peer receives. */
  readonly bytesPerSecond: number;
}

/** 320 Mbit/s take about a third of a thread. */
export const DEFAULT_DATA_LIMITS: DataLimits = { messagesPerSecond: 5_000, bytesPerSecond: 40_000_000 };

/** New credentials for a running transport. DTLS, SRTP and subscriptions are not affected (RFC 8445 §9). */
export interface IceRestartPlan {
  readonly transportId: string;
  readonly local: IceCredentials;
  readonly remote: IceCredentials;
}

/** SSRCs that the publisher announced (`a=ssrc`, `a=ssrc-group:FID`). There are none if it uses only MID and RID. */
export interface AnnouncedSsrcPlan {
  readonly ssrc: number;
  readonly rtxSsrc: number | undefined;
  /** The encoding sent under this SSRC, if the sender does not write the RID extension (on links); one of the plan's `rids`. */
  readonly rid?: string;
}

/** The desired state of a published track, as negotiated with its publisher. */
export interface PublisherTrackPlan {
  readonly transportId: string;
  readonly trackId: string;
  /** Name of the track in `EngineAnswers.usage`. Default: `copyOf`, or `trackId`. */
  readonly chargedAs?: string;
  /**
   * On a link, the publication that this is a copy of. Subscribers that are moved to another copy continue where they were. Default: not a
   * copy.
   */
  readonly copyOf?: string;
  /** Unique among the publications of the transport, also on links. */
  readonly mid: string;
  readonly kind: MediaKind;
  readonly codecs: readonly CodecPlan[];
  readonly extensions: readonly ExtensionPlan[];
  readonly ssrcs: readonly AnnouncedSsrcPlan[];
  /** Simulcast restriction ids in the order of `a=simulcast`; empty without simulcast (RFC 8853). */
  readonly rids: readonly string[];
  readonly transportWideCc: boolean;
  /** Whether arrivals are reported to the peer per stream and sequence number (RFC 8888); the same for all its tracks. Default: false. */
  readonly isReportedByStream?: boolean;
}

/** A subscriber's preferences for the layers of a publication, in addition to a layer by name. */
export interface LayerPreferences {
  /** Share of the bandwidth, relative to the peer's other tracks, if the path is too narrow for all. Default: 1. */
  readonly priority?: number;
  readonly maxWidth?: number;
  readonly maxHeight?: number;
  /** Applies if the publisher sends temporal layers; a frame rate cannot be lowered otherwise. */
  readonly maxFramesPerSecond?: number;
  readonly maxBitrateBps?: number;
  /** 0 is the base layer. */
  readonly maxTemporalId?: number;
  /**
   * Which of two layers is better. `name`: the one whose RID sorts first in ASCII. `bitrate`: the one with the higher bitrate. Default:
   * `bitrate`.
   */
  readonly order?: 'bitrate' | 'name';
  /**
   * With `preferredRid`, what may replace that layer. `none`: nothing. `on-bandwidth`: a lower layer if the path is too narrow, but nothing
   * while the publisher does not send the layer. `lower`: a lower layer in both cases. Default: `lower`.
   */
  readonly fallback?: 'lower' | 'on-bandwidth' | 'none';
}

/**
 * Why another layer is sent: the subscription has just started, the bandwidth of the path changed, the subscriber requested it, or the
 * publisher started or stopped sending a layer.
 */
export type LayerChangeReason = 'start' | 'bandwidth' | 'request' | 'publisher';

/** How much of what it asked for a subscriber receives. */
export type GrantedQuality = 'full' | 'reduced' | 'paused';

/** The desired state of a subscription, as negotiated with its subscriber. */
export interface SubscriberTrackPlan {
  readonly transportId: string;
  readonly subscriptionId: string;
  readonly mid: string;
  readonly kind: MediaKind;
  /** The publication to forward. While undefined, the m-section is parked and nothing is sent on it. */
  readonly sourceTrackId: string | undefined;
  readonly ssrc: number;
  readonly rtxSsrc: number | undefined;
  readonly cname: string;
  readonly codecs: readonly CodecPlan[];
  readonly extensions: readonly ExtensionPlan[];
  readonly paused: boolean;
  /**
   * Whether the peer reports on packets per stream and sequence number (RFC 8888). `extensions` then has no transport-wide sequence number.
   * Default: false.
   */
  readonly isReportedByStream?: boolean;
  /** The best layer that is wanted; undefined for the best one that arrives and fits the path. */
  readonly preferredRid: string | undefined;
  readonly layers?: LayerPreferences;
  /** With `preferredRid`, whether to send that layer or nothing, as relays require. Default: false. */
  readonly isExactLayer?: boolean;
  /**
   * With `isExactLayer`, on a link to another node: whether the layer is sent only in place of a better layer of the same m-section that
   * does not fit the link. Default: false.
   */
  readonly isStandIn?: boolean;
  /** The account that is charged; on a link to another node, that of the track's owner. Default: the account of the transport. */
  readonly account?: string;
  /** Name of the track in `EngineAnswers.usage`. Default: the name of its publication. */
  readonly chargedAs?: string;
}

/** The state of the connection to a peer. */
export type ConnectionState = 'new' | 'connecting' | 'connected' | 'disconnected' | 'failed' | 'closed';

/** Why a transport was closed. `internal_error` is emitted by the engine's owner after the engine itself has failed. */
export type TransportCloseReason =
  | 'requested'
  | 'setup_timeout'
  | 'connection_lost'
  | 'peer_closed'
  | 'handshake_failed'
  | 'internal_error';
