/**
 * All that negotiation knows of one session. Values of these types are never changed: each step of negotiation returns the next one,
 * so that a step that fails, or an offer that is never answered, leaves nothing behind.
 */
import type { AnnouncedSsrcPlan, CertificateFingerprint, IceCredentials, MediaKind } from '@causeway/media';
import type { SessionId, TrackId, TrackName, TrackStatus } from '@causeway/protocol';
import type { SdpCandidate, SdpFingerprint } from '@causeway/wire';
import type { IdentifiedCodec, NegotiatedCodec } from './codecs.ts';
import type { HeaderExtension } from './header-extensions.ts';
import type { LayerWish } from './layer-choice.ts';
import type { NumberTable } from './number-table.ts';

/** What the SFU says of itself in every description. */
export interface LocalEndpoint {
  readonly fingerprint: CertificateFingerprint;
  /** Host candidates, best first; at least one. */
  readonly candidates: readonly SdpCandidate[];
  readonly port: number;
}

/** The transport under all m-sections; there is none until both sides have named their ICE credentials. */
export interface PeerTransportState {
  /** Unique within the engine; of the session's first transport it is the session's own. */
  readonly id: string;
  /** The m-section that stands for it: the first of the BUNDLE group when it was made. */
  readonly tag: string;
  readonly remote: IceCredentials;
  readonly remoteFingerprints: readonly SdpFingerprint[];
  readonly dtlsRole: 'server' | 'client';
}

/** A published track: one m-section that the client sends on. */
export interface Publication {
  /** Unique within the engine; unlike `trackId` it is never used again. */
  readonly id: string;
  /** Name in the API; unique within the session. */
  readonly trackId: TrackId;
  /** Other ids that lead to it, such as the one in its `a=msid`. */
  readonly aliases: readonly string[];
  /** Empty for none. */
  readonly customTrackName: TrackName;
  /** Published by a call that named it, not because its m-section was in an offer. */
  readonly isExplicit: boolean;
  /**
   * Whether its `a=msid` names a stream. Browsers write `-` for a transceiver without a track (and for a track without a stream):
   * of two publications without packets, the one that names a stream is meant.
   */
  readonly namesStream: boolean;
  readonly status: TrackStatus;
  /** As the publisher states; it may still send. */
  readonly isMuted?: true | undefined;
  /** Left out of listings: published by itself, and no packet since long after the session connected. */
  readonly isHidden: boolean;
}

/** What a subscriber needs to know of a published track, wherever that lives. */
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
  /** Unique within the engine; never used again, because its SSRC must not be (RFC 3711 §9.1). */
  readonly id: string;
  readonly remoteSessionId: string;
  readonly remoteTrackId: string;
  /** The name it was subscribed by: the subscription follows that name from one publication to the next. Undefined: by id. */
  readonly followedName: string | undefined;
  /** Undefined while the followed name belongs to no publication. */
  readonly sourceTrackId: string | undefined;
  readonly sourceRids: readonly string[];
  readonly ssrc: number;
  readonly rtxSsrc: number | undefined;
  readonly cname: string;
  /** Fixed when the m-section was offered: a later change would move the browser's track to another stream. */
  readonly msid: { readonly streamId: string; readonly trackId: string };
  /** As negotiated on this m-section, in the publisher's order of preference. */
  readonly codecs: readonly NegotiatedCodec[];
  readonly extensions: readonly HeaderExtension[];
  readonly isPaused: boolean;
  readonly layers: LayerWish;
}

/**
 * What the SFU does on an m-section. `parked`: nothing is sent any more, but the last description said that something is; the next
 * description of any kind makes it `idle`. Only then does a new subscription there make the browser fire `track` again.
 */
export type Sending =
  | { readonly type: 'idle'; readonly hasSent: boolean }
  | { readonly type: 'live'; readonly subscription: Subscription }
  | { readonly type: 'parked'; readonly last: Subscription; readonly cause: ParkCause };

/** `unsubscribed`: by the subscriber, who then knows; `ended`: by the publisher or the SFU. */
export type ParkCause = 'unsubscribed' | 'ended';

export interface RtpSection {
  readonly type: 'rtp';
  readonly mid: string;
  readonly kind: MediaKind;
  readonly protocol: string;
  /** What the client said last that it would do here. */
  readonly clientSends: boolean;
  readonly clientReceives: boolean;
  /** What both sides can do here, in the client's order; payload types are the client's where it chose them. */
  readonly codecs: readonly NegotiatedCodec[];
  readonly extensions: readonly HeaderExtension[];
  readonly rtcpRsize: boolean;
  /** SSRCs the client announced; empty when it has rids. */
  readonly ssrcs: readonly AnnouncedSsrcPlan[];
  /** Layers the client sends, in the order of `a=simulcast`. */
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
  /** Ours. */
  readonly sctpPort: number;
  /** What the client has said of its end; undefined until it has answered the SFU's offer of this section. */
  readonly peer: SctpPeer | undefined;
}

export interface SctpPeer {
  readonly port: number;
  /** The longest message that may be sent to the client: the lower of its limit and the SFU's own. */
  readonly maxMessageBytes: number;
}

/** Keeps its place forever, or until the client puts another mid there (RFC 8829 §5.2.2). */
export interface RejectedSection {
  readonly type: 'rejected';
  readonly mid: string;
  readonly media: string;
  readonly protocol: string;
  readonly formats: readonly string[];
}

export type Section = RtpSection | DataSection | RejectedSection;

/** An offer of the SFU that waits for its answer. */
export interface PendingOffer {
  /** All m-sections as they will be once it is answered. */
  readonly sections: readonly Section[];
  /** Ids of the subscriptions that it brings. */
  readonly subscriptionIds: readonly string[];
}

/** Subscriptions that go into the next offer, which cannot be made before the present one is answered. */
export interface QueuedSubscriptions {
  /** All m-sections as they will be once the next offer is answered too. */
  readonly sections: readonly Section[];
  readonly subscriptionIds: readonly string[];
  /** The next offer brings the section of data channels. */
  readonly needsData: boolean;
}

export type Signaling =
  | { readonly type: 'stable'; readonly lastOffer: LastOffer }
  | { readonly type: 'sfu-offer-pending'; readonly offer: PendingOffer; readonly hasWithdrawn: boolean };

/** How the SFU's last offer ended. The answer is kept without its o-line, which browsers count up even when nothing changes. */
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
  /** How many of the sections the client has seen; the rest were in offers that it never answered. */
  readonly confirmedSections: number;
  /** Payload types by codec identity. */
  readonly payloadTypes: NumberTable;
  /** Header-extension ids by kind and URI. */
  readonly extensionIds: NumberTable;
  readonly allowsMixedExtensions: boolean;
  /** How many mids, publications, subscriptions and transports the SFU has named so far. */
  readonly named: { readonly mids: number; readonly publications: number; readonly subscriptions: number; readonly transports: number };
}

/** Where ids, credentials and SSRCs of a step come from. */
export interface RandomSource {
  bytes(count: number): Uint8Array;
}
