/**
 * The state of one session's negotiation. Values of these types are immutable: each step returns the next state, so
 * that a step that fails, or an offer that is never answered, has no effect.
 */
import type { AnnouncedSsrcPlan, CertificateFingerprint, IceCredentials, MediaKind } from '@causeway/media';
import type { SessionId, TrackId, TrackName, TrackStatus } from '@causeway/protocol';
import type { SdpCandidate, SdpFingerprint } from '@causeway/wire';
import type { IdentifiedCodec, NegotiatedCodec } from './codecs.ts';
import type { HeaderExtension } from './header-extensions.ts';
import type { LayerWish } from './layer-choice.ts';
import type { NumberTable } from './number-table.ts';

/** The SFU's own end, as every description states it. */
export interface LocalEndpoint {
  readonly fingerprint: CertificateFingerprint;
  /** Host candidates, best first; at least one. */
  readonly candidates: readonly SdpCandidate[];
  readonly port: number;
}

/** The transport under all m-sections. It exists once both sides have named their ICE credentials. */
export interface PeerTransportState {
  /** Unique within the engine. The session's first transport has the session's id. */
  readonly id: string;
  /** The m-section that represents it: the first of the BUNDLE group when the transport was created. */
  readonly tag: string;
  readonly remote: IceCredentials;
  readonly remoteFingerprints: readonly SdpFingerprint[];
  readonly dtlsRole: 'server' | 'client';
}

/** A published track: one m-section that the client sends on. */
export interface Publication {
  /** Unique within the engine; unlike `trackId`, it is never reused. */
  readonly id: string;
  /** Name in the API; unique within the session. */
  readonly trackId: TrackId;
  /** Other ids by which the track is found, such as the one in its `a=msid`. */
  readonly aliases: readonly string[];
  /** Empty if it has no name. */
  readonly customTrackName: TrackName;
  /** Whether a call named it; otherwise, it was published because its m-section was in an offer. */
  readonly isExplicit: boolean;
  /**
   * Whether its `a=msid` names a stream. Browsers write `-` for a transceiver without a track, and for a track without
   * a stream. Of two publications without packets, the one that names a stream is the real one.
   */
  readonly namesStream: boolean;
  readonly status: TrackStatus;
  /** The publisher's statement; packets may still arrive. */
  readonly isMuted?: true | undefined;
  /** Not listed, because it was published automatically and no packet has arrived long after the session connected. */
  readonly isHidden: boolean;
}

/** What a subscriber needs to know about a published track on any node. */
export interface TrackSource {
  readonly remoteSessionId: string;
  readonly remoteTrackId: string;
  readonly customTrackName: string;
  /** Id of the publication in this session's engine. */
  readonly sourceTrackId: string;
  readonly kind: MediaKind;
  /** The publisher's codecs, best first and no two of one identity; payload types are not part of it. */
  readonly codecs: readonly IdentifiedCodec[];
  /** URIs of the header extensions that its packets may carry. */
  readonly extensionUris: readonly string[];
  readonly rids: readonly string[];
}

/** One track sent to the client on one m-section. */
export interface Subscription {
  /** Unique within the engine and never reused, because its SSRC must not be (RFC 3711 §9.1). */
  readonly id: string;
  readonly remoteSessionId: string;
  readonly remoteTrackId: string;
  /** The name by which it was subscribed; it follows that name from one publication to the next. Undefined if subscribed by id. */
  readonly followedName: string | undefined;
  /** Undefined while no publication has the followed name. */
  readonly sourceTrackId: string | undefined;
  readonly sourceRids: readonly string[];
  readonly ssrc: number;
  readonly rtxSsrc: number | undefined;
  readonly cname: string;
  /** Fixed when the m-section was offered, because a later change would move the browser's track to another stream. */
  readonly msid: { readonly streamId: string; readonly trackId: string };
  /** What was negotiated on this m-section, in the publisher's order of preference. */
  readonly codecs: readonly NegotiatedCodec[];
  readonly extensions: readonly HeaderExtension[];
  readonly isPaused: boolean;
  readonly layers: LayerWish;
}

/**
 * What the SFU sends on an m-section. `parked`: it has stopped sending, but the last description said that it sends;
 * the next description of any kind makes it `idle`. Only then does a new subscription there make the browser fire
 * `track` again.
 */
export type Sending =
  | { readonly type: 'idle'; readonly hasSent: boolean }
  | { readonly type: 'live'; readonly subscription: Subscription }
  | { readonly type: 'parked'; readonly last: Subscription; readonly cause: ParkCause };

/** `unsubscribed`: by the subscriber, who knows it; `ended`: by the publisher or the SFU. */
export type ParkCause = 'unsubscribed' | 'ended';

export interface RtpSection {
  readonly type: 'rtp';
  readonly mid: string;
  readonly kind: MediaKind;
  readonly protocol: string;
  /** What the client last said that it does here. */
  readonly clientSends: boolean;
  readonly clientReceives: boolean;
  /** Codecs that both sides support here, in the client's order; payload types are the client's where it chose them. */
  readonly codecs: readonly NegotiatedCodec[];
  readonly extensions: readonly HeaderExtension[];
  readonly rtcpRsize: boolean;
  /** SSRCs that the client announced; empty if it has rids. */
  readonly ssrcs: readonly AnnouncedSsrcPlan[];
  /** Layers that the client sends, in the order of `a=simulcast`. */
  readonly rids: readonly string[];
  readonly isSimulcast: boolean;
  readonly publication: Publication | undefined;
  readonly sending: Sending;
}

/** The m-section of the SCTP association under all data channels of the session (RFC 8841). */
export interface DataSection {
  readonly type: 'data';
  readonly mid: string;
  readonly protocol: string;
  readonly formats: readonly string[];
  /** The SFU's own port. */
  readonly sctpPort: number;
  /** The client's end; undefined until it has answered the SFU's offer of this section. */
  readonly peer: SctpPeer | undefined;
}

export interface SctpPeer {
  readonly port: number;
  /** The longest message that may be sent to the client: the smaller of its limit and the SFU's. */
  readonly maxMessageBytes: number;
}

/** Keeps its position for good, or until the client puts another mid there (RFC 8829 §5.2.2). */
export interface RejectedSection {
  readonly type: 'rejected';
  readonly mid: string;
  readonly media: string;
  readonly protocol: string;
  readonly formats: readonly string[];
}

export type Section = RtpSection | DataSection | RejectedSection;

/** An offer of the SFU that has not been answered yet. */
export interface PendingOffer {
  /** All m-sections as they will be once it is answered. */
  readonly sections: readonly Section[];
  /** Ids of the subscriptions that it adds. */
  readonly subscriptionIds: readonly string[];
}

/** Subscriptions for the next offer, which cannot be created before the present one is answered. */
export interface QueuedSubscriptions {
  /** All m-sections as they will be once the next offer is also answered. */
  readonly sections: readonly Section[];
  readonly subscriptionIds: readonly string[];
  /** Whether the next offer adds the section for data channels. */
  readonly needsData: boolean;
}

export type Signaling =
  | { readonly type: 'stable'; readonly lastOffer: LastOffer }
  | { readonly type: 'sfu-offer-pending'; readonly offer: PendingOffer; readonly hasWithdrawn: boolean };

/** How the SFU's last offer ended. Of the answer, its `answerDigest` is kept. */
export type LastOffer =
  | { readonly outcome: 'none' }
  | { readonly outcome: 'answered'; readonly answer: string }
  | { readonly outcome: 'withdrawn' };

export interface Negotiation {
  readonly sessionId: SessionId;
  readonly local: LocalEndpoint;
  readonly ice: IceCredentials;
  readonly transport: PeerTransportState | undefined;
  /** Session id and version of the SFU's o-lines; the version counts every description. */
  readonly origin: { readonly sessionId: string; readonly version: number };
  readonly signaling: Signaling;
  readonly queued: QueuedSubscriptions | undefined;
  readonly sections: readonly Section[];
  /** The number of sections that the client has seen; the others were in offers that it never answered. */
  readonly confirmedSections: number;
  /** Payload types by codec identity. */
  readonly payloadTypes: NumberTable;
  /** Header-extension ids by kind and URI. */
  readonly extensionIds: NumberTable;
  readonly allowsMixedExtensions: boolean;
  /** The number of mids, publications, subscriptions and transports that the SFU has named so far. */
  readonly named: { readonly mids: number; readonly publications: number; readonly subscriptions: number; readonly transports: number };
}

/** Source of ids, credentials and SSRCs. */
export interface RandomSource {
  bytes(count: number): Uint8Array;
}
