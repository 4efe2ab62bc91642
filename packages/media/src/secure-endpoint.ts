/**
 * The secure endpoint that the engine requires: DTLS and SRTP/SRTCP of one peer, and the suite that protects whole flushes of packets for
 * all peers at once. The interfaces are declared here because the consumer owns them; `secure` implements them. Packets of data channels
 * (`data/data-channels.ts`) pass through an endpoint as DTLS application data.
 *
 * @see RFC 5764 (DTLS-SRTP), RFC 3711 (SRTP), RFC 8261 (SCTP in DTLS)
 */
import type { Timers } from './timers.ts';

declare const protectedBrand: unique symbol;

/**
 * The arena as the senders see it. Only `SecureSuite.protect` returns this type, so a slot with plain text cannot be passed to a socket by
 * mistake.
 */
export type ProtectedBytes = Uint8Array & { readonly [protectedBrand]: true };

/** Memory that outgoing packets are written to and sent from. All peers of an engine share one arena. */
export interface PacketArena {
  /** The whole arena. It never grows, so views on it stay valid. */
  readonly bytes: Uint8Array;
  /** Size of a slot, including room for the SRTP trailer. */
  readonly slotSizeBytes: number;
  /** How many slots can be taken before the first of them is reused. */
  readonly slotCount: number;
  /** Takes the next slot of the ring. Its offset in `bytes` is a multiple of 16. */
  takeSlot(): number;
}

/** Sending state of one SSRC of a peer, or of all its RTCP: keys and keystream position. The engine does not look into it. */
export interface OutboundStream {
  readonly ssrc: number;
}

/**
 * Packets of one flush as parallel columns, so that nothing is allocated per packet. The engine fills the input columns of rows `0 …
 * count-1`; `SecureSuite.protect` encrypts the packets in place and writes `protectedLength`.
 */
export interface ProtectBatch {
  readonly count: number;
  readonly streams: readonly OutboundStream[];
  /** Where in the arena the packet starts. */
  readonly offset: Uint32Array;
  /** The length of what is not encrypted: the fixed header and extensions of RTP; the first 8 bytes of RTCP. */
  readonly headerLength: Uint16Array;
  /** Length of the packet in plain text. */
  readonly plainLength: Uint16Array;
  /** RTP: the 48-bit packet index, rollover counter times 65,536 plus sequence number (RFC 3711 §3.3.1). RTCP: unused. */
  readonly packetIndex: Float64Array;
  /** 1 for SRTCP, 0 for SRTP. */
  readonly isRtcp: Uint8Array;
  /** Output: length of the protected packet at `offset`; 0 if it could not be protected and must not be sent. */
  readonly protectedLength: Uint16Array;
}

/** The SRTP protection profiles that are offered and accepted. */
export type SrtpProfile = 'AES_CM_128_HMAC_SHA1_80' | 'AEAD_AES_128_GCM';

/** Why a secure endpoint has ended. */
export type SecureCloseReason = 'peer-closed' | 'handshake-failed' | 'handshake-timeout' | 'fingerprint-mismatch';

/** The hash that identifies a certificate. */
export interface CertificateFingerprint {
  /** Hash name as in SDP, lower case: `sha-256`. */
  readonly algorithm: string;
  /** Upper-case hex pairs separated by colons. */
  readonly value: string;
}

/** Receives the events of an endpoint. It is called during calls into the endpoint or by its timers, but never from its constructor. */
export interface SecureEndpointListener {
  /** Takes a DTLS datagram for the peer. The listener may keep the bytes. */
  onDtlsOutput(datagram: Uint8Array): void;
  /** The handshake has succeeded and the peer has proven its identity, so SRTP works in both directions. */
  onConnected(profile: SrtpProfile): void;
  /** The endpoint has ended. Called at most once, and not after `close()`. */
  onClosed(reason: SecureCloseReason): void;
  /** Takes the application data of one DTLS record. The bytes are valid until the call returns. */
  onApplicationData(nowMs: number, data: Uint8Array): void;
  /** A timer of the endpoint threw an exception, which no caller could catch. The owner should close the endpoint. */
  onDefect(error: unknown): void;
}

/** Result of `unprotectRtp` and `unprotectRtcp`: the packet was refused because there are no keys yet. */
export const UNPROTECT_NOT_READY = -1;
/** The packet is not valid for its protocol, or is too short. */
export const UNPROTECT_MALFORMED = -2;
/** The authentication tag is wrong. */
export const UNPROTECT_FORGED = -3;
/** The packet was received before, or is too old to tell. */
export const UNPROTECT_REPLAYED = -4;
/** A packet on a link has an SSRC that is not expected, or no longer. */
export const UNPROTECT_UNEXPECTED = -5;

/** What arrives from one peer in SRTP. */
export interface InboundRtp {
  /**
   * Announces a packet that will be passed to `unprotectRtp` next, or after others that were announced with it: up to four packets of any
   * endpoints of a suite are authenticated together. Its bytes must not change until then. Optional; it only affects speed.
   */
  prepareRtp?(packet: Uint8Array): void;
  /**
   * Authenticates and decrypts an SRTP packet in place.
   *
   * @returns the length of the plain packet, or one of the negative `UNPROTECT_…` reasons
   */
  unprotectRtp(packet: Uint8Array): number;
  /**
   * On a link, announces an SSRC; RTP with any other is refused. Each SSRC is expected once, and must be higher than all before it. A lower
   * one is ignored, because its earlier packets could be replayed. Has no effect on other endpoints.
   */
  expect(ssrc: number): void;
  /** Ends the SSRC of `expect`. Its packets are never accepted again. */
  end(ssrc: number): void;
}

/** DTLS and SRTP of one peer. */
export interface SecureEndpoint {
  /** Takes one DTLS datagram (first byte 20 … 63) from the peer's validated path. Malformed input is counted, and never throws. */
  handleDtls(nowMs: number, datagram: Uint8Array): void;
  /** The RTP of the peer, which packets reach without passing through the endpoint. */
  readonly inbound: InboundRtp;
  /** Does the same as `InboundRtp.unprotectRtp` for an SRTCP packet. */
  unprotectRtcp(packet: Uint8Array): number;
  /**
   * Opens the sending side of one SSRC. May be called before the handshake ends; packets sent before that are not protected (length 0). On
   * a link, an SSRC that has sent packets and was closed cannot be used again.
   */
  openOutboundStream(ssrc: number): OutboundStream;
  closeOutboundStream(stream: OutboundStream): void;
  /** The stream for all outgoing RTCP of this peer. */
  readonly rtcpStream: OutboundStream;
  /** Whether the keys will be used up after some more minutes of RTCP (RFC 3711 §9.2). */
  readonly areKeysNearlyUsedUp: boolean;
  /**
   * Whether the peer is known to have received the end of the handshake. If our last flight was lost, the peer will lose or reject what is
   * sent before it has received that flight.
   */
  readonly hasPeerFinished: boolean;
  /** Sends application data in its own record. The data is copied before this returns, and dropped if the handshake has not ended. */
  sendApplicationData(data: Uint8Array): void;
  /** Sends close_notify, and releases keys and timers. The listener is not called again, except for that last datagram. */
  close(): void;
}

/** The options of one peer's secure endpoint. */
export interface SecureEndpointOptions {
  /** `server` waits for a ClientHello (`a=setup:passive`); `client` sends one at once. */
  readonly role: 'server' | 'client';
  /** The peer's certificate must match one of these (RFC 8122 §5). */
  readonly remoteFingerprints: readonly CertificateFingerprint[];
  readonly listener: SecureEndpointListener;
  /** The engine's timers, on the clock of `handleDtls`. Default: the suite's own, on the clock of the process. */
  readonly timers?: Timers;
  /** Whether the peer is a node, which may send and receive any number of SSRCs, each for one stream only. Default: false. */
  readonly isLink?: boolean;
}

/** Creates the secure endpoints of an engine, and protects what they send. */
export interface SecureSuite {
  readonly arena: PacketArena;
  /** Fingerprint of the node's certificate, for the SDP. */
  readonly fingerprint: CertificateFingerprint;
  createEndpoint(options: SecureEndpointOptions): SecureEndpoint;
  /**
   * Encrypts and authenticates all rows in place. Packets of different peers may be mixed; rows of one stream keep their order.
   *
   * @returns the arena, in which rows with a `protectedLength` above 0 may be sent until the next packet is written
   */
  protect(batch: ProtectBatch): ProtectedBytes;
  /** Generates keystream ahead of its packets. Called in idle time, and cheap if there is nothing to do. */
  prepareAhead(): void;
}
