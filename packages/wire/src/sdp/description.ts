/**
 * A session description as values: what WebRTC peers say about transport, media and data, without the rest of SDP.
 *
 * Attributes that may appear at session or section level (ICE credentials, fingerprints, setup, direction) are
 * resolved, so a section always has its own.
 *
 * @see RFC 8866 (SDP), RFC 8829 (JSEP), RFC 9143 (BUNDLE), RFC 8839 (ICE)
 */

/** The direction from the point of view of the peer that wrote the description. */
export type SdpDirection = 'sendrecv' | 'sendonly' | 'recvonly' | 'inactive';

/** DTLS role (RFC 8842 §5). */
export type SdpSetup = 'actpass' | 'active' | 'passive';

/** The kinds of m-section that WebRTC knows. */
export type SdpSectionKind = 'audio' | 'video' | 'application' | 'other';

/** The `o=` line: who wrote the description, and its version. */
export interface SdpOrigin {
  readonly username: string;
  /** Decimal; up to 64 bits, hence not a number. */
  readonly sessionId: string;
  readonly version: string;
}

/** The ICE user fragment and password of one side. */
export interface SdpIceCredentials {
  readonly ufrag: string;
  readonly password: string;
}

/** The hash of a certificate, as in `a=fingerprint`. */
export interface SdpFingerprint {
  /** Hash name in lower case: `sha-256`. */
  readonly algorithm: string;
  /** Upper-case hex pairs separated by colons. */
  readonly value: string;
}

/** A host candidate (RFC 8839 §5.1). Other types are neither written nor read, since an ICE-lite agent has none and needs none. */
export interface SdpCandidate {
  readonly foundation: string;
  readonly priority: number;
  /** Literal IPv4 or IPv6 address; a peer may also write a name here. */
  readonly address: string;
  readonly port: number;
}

/** One `a=rtcp-fb` line: `{ type: 'nack', parameter: 'pli' }`, or an empty parameter. */
export interface SdpFeedback {
  readonly type: string;
  readonly parameter: string;
}

/** A payload type with its `a=rtpmap`, `a=fmtp` and `a=rtcp-fb` lines. */
export interface SdpCodec {
  readonly payloadType: number;
  /** As the peer writes it; names are compared case-insensitively (RFC 8866 §6.6). */
  readonly name: string;
  readonly clockRateHz: number;
  readonly channels: number;
  /** `a=fmtp` parameters verbatim; empty if there are none. */
  readonly fmtp: string;
  readonly feedback: readonly SdpFeedback[];
}

/** One `a=extmap` line (RFC 8285 §5). */
export interface SdpExtension {
  readonly id: number;
  readonly uri: string;
  readonly direction: SdpDirection;
}

/** `a=msid` (RFC 8830); the stream is `-` for a track without one. */
export interface SdpMsid {
  readonly streamId: string;
  readonly trackId: string | undefined;
}

/** An SSRC that an m-section announces, with its attributes. */
export interface SdpSsrc {
  readonly ssrc: number;
  readonly cname: string | undefined;
  /** `a=ssrc:… msid:…`, the predecessor of `a=msid`, which GStreamer still writes instead. */
  readonly msid: SdpMsid | undefined;
}

/** `a=ssrc-group` (RFC 5576 §4.2): `FID` pairs a stream with its retransmissions, `SIM` lists legacy simulcast layers. */
export interface SdpSsrcGroup {
  readonly semantics: string;
  readonly ssrcs: readonly number[];
}

/** `a=rid` (RFC 8851). */
export interface SdpRid {
  readonly id: string;
  readonly direction: 'send' | 'recv';
  /** Restrictions verbatim, such as `max-width=1280;max-height=720`; empty if there are none. */
  readonly restrictions: string;
}

/** `a=simulcast` (RFC 8853): rids in the order written. Of several alternatives for a layer, only the first is kept. */
export interface SdpSimulcast {
  readonly send: readonly string[];
  readonly recv: readonly string[];
}

/** The association of an `application` section (RFC 8841). */
export interface SdpSctp {
  readonly port: number;
  /** Bytes; 0 means any. */
  readonly maxMessageSize: number;
}

/** One m-section. Lists that do not apply to its kind are empty. */
export interface SdpSection {
  readonly kind: SdpSectionKind;
  /** First word of the m-line; equal to `kind` unless that is `other`. */
  readonly media: string;
  /** 0 rejects the section unless it is `bundleOnly`, as in offers of Firefox and GStreamer (RFC 9143 §6). */
  readonly port: number;
  readonly bundleOnly: boolean;
  readonly protocol: string;
  /** The remaining words of the m-line: payload types, or the name of a data protocol. */
  readonly formats: readonly string[];
  readonly mid: string | undefined;
  readonly direction: SdpDirection;
  readonly ice: SdpIceCredentials | undefined;
  readonly fingerprints: readonly SdpFingerprint[];
  readonly setup: SdpSetup | undefined;
  readonly candidates: readonly SdpCandidate[];
  readonly endOfCandidates: boolean;
  readonly rtcpMux: boolean;
  readonly rtcpRsize: boolean;
  /**
   * Whether to write that the writer reports per stream on what it receives: `a=rtcp-fb:* ack ccfb`, which RFC 8888 §6 allows only for all
   * payload types. When read, it is among the feedback of each codec. Default: false.
   */
  readonly reportsByStream?: boolean;
  /** In the order of the m-line, which is the order of preference. */
  readonly codecs: readonly SdpCodec[];
  readonly extensions: readonly SdpExtension[];
  readonly msids: readonly SdpMsid[];
  readonly ssrcs: readonly SdpSsrc[];
  readonly ssrcGroups: readonly SdpSsrcGroup[];
  readonly rids: readonly SdpRid[];
  readonly simulcast: SdpSimulcast | undefined;
  readonly sctp: SdpSctp | undefined;
}

/** A session description as values. */
export interface SdpDescription {
  readonly origin: SdpOrigin;
  readonly iceLite: boolean;
  readonly iceOptions: readonly string[];
  /** Mids of the first `a=group:BUNDLE`; empty if there is none. */
  readonly bundle: readonly string[];
  /** Whether one-byte and two-byte header extensions may be mixed (RFC 8285 §6), in all sections. */
  readonly extmapAllowMixed: boolean;
  readonly sections: readonly SdpSection[];
}

/** Whether the writer of this section refuses it or no longer uses it. */
export function isRejectedSection(section: Pick<SdpSection, 'port' | 'bundleOnly'>): boolean {
  return section.port === 0 && !section.bundleOnly;
}
