/**
 * What negotiation tells the engine to do, as plain data: a plan crosses a thread boundary unchanged.
 *
 * Ids are chosen by the caller and are unique within one engine: a transport id is the session id; a track id here is the
 * engine-wide id of one publication (not the API's `trackId`); a subscription id is that of one sending m-section.
 */
import type { CertificateFingerprint } from './secure-endpoint.ts';

/** Whether media is audio or video. */
export type MediaKind = 'audio' | 'video';

/** One negotiated codec of one m-section; payload types are those of the peer this plan is for. */
export interface CodecPlan {
  readonly payloadType: number;
  /** Lower case without the kind: `vp8`, `vp9`, `h264`, `av1`, `opus`. */
  readonly name: string;
  readonly clockRateHz: number;
  readonly channels: number;
  /** `a=fmtp` parameters, verbatim; empty when there are none. */
  readonly fmtp: string;
  readonly rtxPayloadType: number | undefined;
  readonly nack: boolean;
  readonly pli: boolean;
  readonly fir: boolean;
}

/** One negotiated header extension (RFC 8285); ids are those of the peer this plan is for. */
export interface ExtensionPlan {
  readonly id: number;
  readonly uri: string;
}

/** The user fragment and password of one side of ICE. */
export interface IceCredentials {
  readonly ufrag: string;
  readonly password: string;
}

/** Where another node of ours is reached. */
export interface ReachableAddress {
  /** IPv4 or IPv6 text. */
  readonly address: string;
  readonly port: number;
}

/** What the transport of one peer should be. */
export interface TransportPlan {
  readonly transportId: string;
  readonly local: IceCredentials;
  readonly remote: IceCredentials;
  readonly dtlsRole: 'server' | 'client';
  readonly remoteFingerprints: readonly CertificateFingerprint[];
  /**
   * Reach the peer there by connectivity checks of our own, as the controlling side (RFC 8445 §7.2). For links between nodes: never
   * addresses that a client has named. Default: wait to be checked (ICE-lite).
   */
  readonly reach?: readonly ReachableAddress[];
  /** A link between nodes or shards: it carries many tracks, and its silence is noticed within 2 s. Default false. */
  readonly isLink?: boolean;
  /** The account that is charged for what the peer sends and receives (`EngineAnswers.usage`). Default: none, as on links, which carry tracks of many. */
  readonly account?: string;
  /** What the peer may send on data channels; more is held back, not lost. Default: 5,000 messages and 40 MB a second. */
  readonly dataLimits?: DataLimits;
  /** RTP that is taken from the peer, in bits per second, of all its tracks together; more is dropped. Default: as much as they may bring. */
  readonly maxUploadBps?: number;
  /** RTP that is sent to the peer, in bits per second: layers are chosen to fit, and video is left out that does not. Default: what its path carries. */
  readonly maxDownloadBps?: number;
  /**
   * The client has set its handlers before it applies our description, so its first checks need not wait for a page
   * (`FirstAnswers`). Default false.
   */
  readonly connectsAtOnce?: boolean;
  /**
   * `none`: packets of this transport are plain RTP and RTCP that never leave the process (links between shards). Its path is given to
   * the engine (`Engine.bindPath`), and nothing that comes from the network can be one. Default `dtls`.
   */
  readonly security?: 'dtls' | 'none';
}

/** How much data one peer may send. */
export interface DataLimits {
  readonly messagesPerSecond: number;
  /** Counts datagrams with DTLS, including what wraps the messages and acknowledgements of what the peer receives. */
  readonly bytesPerSecond: number;
}

/** New credentials of a running transport; DTLS, SRTP and subscriptions stay (RFC 8445 §9). */
export interface IceRestartPlan {
  readonly transportId: string;
  readonly local: IceCredentials;
  readonly remote: IceCredentials;
}

/** SSRCs that the publisher announced (`a=ssrc`, `a=ssrc-group:FID`); empty when it uses MID and RID alone. */
export interface AnnouncedSsrcPlan {
  readonly ssrc: number;
  readonly rtxSsrc: number | undefined;
  /** The encoding that comes under this SSRC, where the sender does not write the RID extension (a link); one of the plan's `rids`. */
  readonly rid?: string;
}

/** What a published track should be, as negotiated with its publisher. */
export interface PublisherTrackPlan {
  readonly transportId: string;
  readonly trackId: string;
  /** What the track is called in `EngineAnswers.usage`. Default: `copyOf`, or `trackId`. */
  readonly chargedAs?: string;
  /**
   * On a link: names the publication that this is a copy of. Subscribers that are moved to another copy of the same go on where they were.
   * Default: it is no copy.
   */
  readonly copyOf?: string;
  /** Unique among the publications of the transport, on links too. */
  readonly mid: string;
  readonly kind: MediaKind;
  readonly codecs: readonly CodecPlan[];
  readonly extensions: readonly ExtensionPlan[];
  readonly ssrcs: readonly AnnouncedSsrcPlan[];
  /** Simulcast restriction ids in the order of `a=simulcast`; empty without simulcast (RFC 8853). */
  readonly rids: readonly string[];
  readonly transportWideCc: boolean;
}

/** What a subscriber asks of the layers of a publication, besides one by name. */
export interface LayerPreferences {
  /** Share when the peer's path is too narrow for everything, relative to its other tracks. Default 1. */
  readonly priority?: number;
  readonly maxWidth?: number;
  readonly maxHeight?: number;
  /** Heeded where the publisher sends temporal layers: nothing else lowers a frame rate. */
  readonly maxFramesPerSecond?: number;
  readonly maxBitrateBps?: number;
  /** 0 is the base layer. */
  readonly maxTemporalId?: number;
  /** Which layer is the better one. `name`: the one whose RID comes first in ASCII. Default `bitrate`: the one that has more. */
  readonly order?: 'bitrate' | 'name';
  /**
   * With `preferredRid`: what may stand in for it. `none`: nothing, whatever happens. `on-bandwidth`: a lower layer where the path is too narrow,
   * and nothing while the publisher does not send it. Default `lower`: a lower layer in both cases.
   */
  readonly fallback?: 'lower' | 'on-bandwidth' | 'none';
}

/**
 * Why another layer is sent: the subscription has just begun, the path carries more or less, the subscriber has asked for it, or the publisher
 * has begun or ceased to send a layer.
 */
export type LayerChangeReason = 'start' | 'bandwidth' | 'request' | 'publisher';

/** How much of what a subscriber has asked for it gets. */
export type GrantedQuality = 'full' | 'reduced' | 'paused';

/** What a subscription should be, as negotiated with its subscriber. */
export interface SubscriberTrackPlan {
  readonly transportId: string;
  readonly subscriptionId: string;
  readonly mid: string;
  readonly kind: MediaKind;
  /** The publication to forward; undefined parks the m-section (nothing is sent on it). */
  readonly sourceTrackId: string | undefined;
  readonly ssrc: number;
  readonly rtxSsrc: number | undefined;
  readonly cname: string;
  readonly codecs: readonly CodecPlan[];
  readonly extensions: readonly ExtensionPlan[];
  readonly paused: boolean;
  /** The best layer that is wanted; undefined for the best that arrives and that the path carries. */
  readonly preferredRid: string | undefined;
  readonly layers?: LayerPreferences;
  /** With `preferredRid`: that layer or nothing, as relays want it. Default false. */
  readonly isExactLayer?: boolean;
  /**
   * With `isExactLayer`, on a link to another node: sent only in the place of a better layer of the same m-section that the link does not carry.
   * Default false.
   */
  readonly isStandIn?: boolean;
  /** On a link to another node: whose track it is. Default: the account of the transport. */
  readonly account?: string;
  /** What the track is called in `EngineAnswers.usage`. Default: as its publication is. */
  readonly chargedAs?: string;
}

/** How far the connection to a peer has come. */
export type ConnectionState = 'new' | 'connecting' | 'connected' | 'disconnected' | 'failed' | 'closed';

/** `internal_error`: the engine itself is gone; its owner says so in its place. */
export type TransportCloseReason =
  | 'requested'
  | 'setup_timeout'
  | 'connection_lost'
  | 'peer_closed'
  | 'handshake_failed'
  | 'internal_error';
