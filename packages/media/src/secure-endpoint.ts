/**
 * The secure endpoint that the engine needs: DTLS and SRTP/SRTCP of one peer, and the suite that protects whole flushes of packets for
 * all peers at once. Declared here because the consumer owns the interface; `secure` implements it. What data channels are made of
 * (`data/data-channels.ts`) passes through it as application data of DTLS.
 *
 * @see RFC 5764 (DTLS-SRTP), RFC 3711 (SRTP), RFC 8261 (SCTP in DTLS)
 */
import type { Timers } from './timers.ts';

declare const protectedBrand: unique symbol;

/**
 * The arena as the senders see it. Only `SecureSuite.protect` hands this type out, so a slot that holds plain text cannot be
 * given to a socket by mistake.
 */
export type ProtectedBytes = Uint8Array & { readonly [protectedBrand]: true };

/** Memory that outgoing packets are written into and sent from. One arena serves all peers of an engine. */
export interface PacketArena {
  /** The whole arena. Never grows, so views on it stay valid. */
  readonly bytes: Uint8Array;
  /** How many bytes one slot holds, room for the SRTP trailer included. */
  readonly slotSizeBytes: number;
  /** How many slots may be taken before the first of them is used again. */
  readonly slotCount: number;
  /** Takes the next slot of the ring; its offset in `bytes` is a multiple of 16. */
  takeSlot(): number;
}

/** Sending state of one SSRC of one peer (or of all its RTCP): keystream position, keys. Opaque to the engine. */
export interface OutboundStream {
  readonly ssrc: number;
}

/**
 * Packets of one flush as parallel columns, so that nothing is allocated per packet. The engine fills the input columns
 * of rows `0 … count-1`; `SecureSuite.protect` encrypts them in place and writes `protectedLength`.
 */
export interface ProtectBatch {
  readonly count: number;
  readonly streams: readonly OutboundStream[];
  /** Where in the arena the packet starts. */
  readonly offset: Uint32Array;
  /** RTP: fixed header plus extensions, left in clear. RTCP: 8. */
  readonly headerLength: Uint16Array;
  /** Length of the packet in plain text. */
  readonly plainLength: Uint16Array;
  /** RTP: the 48-bit packet index, rollover counter times 65,536 plus sequence number (RFC 3711 §3.3.1). RTCP: not read. */
  readonly packetIndex: Float64Array;
  /** 1 for SRTCP, 0 for SRTP. */
  readonly isRtcp: Uint8Array;
  /** Out: length of the protected packet at `offset`; 0 when it could not be protected and must not be sent. */
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

/** What an endpoint tells its owner: from within a call into it, or when its timers run, and never from its constructor. */
export interface SecureEndpointListener {
  /** A DTLS datagram for the peer. The bytes are the listener's to keep. */
  onDtlsOutput(datagram: Uint8Array): void;
  /** The handshake is finished and the peer's identity proved: SRTP works both ways from now on. */
  onConnected(profile: SrtpProfile): void;
  /** Terminal; called at most once, and not after `close()`. */
  onClosed(reason: SecureCloseReason): void;
  /** Application data of one DTLS record. The bytes are the listener's until it returns. */
  onApplicationData(nowMs: number, data: Uint8Array): void;
  /** A timer of the endpoint threw an exception, which no caller could catch. The owner should close the endpoint. */
  onDefect(error: unknown): void;
}

/** Why `unprotectRtp` and `unprotectRtcp` refused a packet. */
export const UNPROTECT_NOT_READY = -1;
/** The packet is no packet of its protocol, or is too short. */
export const UNPROTECT_MALFORMED = -2;
/** The authentication tag is wrong. */
export const UNPROTECT_FORGED = -3;
/** The packet was received before, or is too old to tell. */
export const UNPROTECT_REPLAYED = -4;
/** On a link: of an SSRC that is not expected, or no longer. */
export const UNPROTECT_UNEXPECTED = -5;

/** DTLS and SRTP of one peer. */
export interface SecureEndpoint {
  /** Takes one DTLS datagram (first byte 20 … 63) from the peer's validated path. Hostile bytes are counted, never thrown. */
  handleDtls(nowMs: number, datagram: Uint8Array): void;
  /**
   * Announces a packet that `unprotectRtp` will get next, or after the others announced with it: up
   * to four of any endpoints of a suite are authenticated together. Its bytes must stay as they are
   * until then. Not needed, and of no consequence but for speed.
   */
  prepareRtp?(packet: Uint8Array): void;
  /**
   * Authenticates and decrypts an SRTP packet in place.
   *
   * @returns the length of the plain packet, or one of the negative `UNPROTECT_…` reasons
   */
  unprotectRtp(packet: Uint8Array): number;
  /** As `unprotectRtp`, for SRTCP. */
  unprotectRtcp(packet: Uint8Array): number;
  /**
   * On a link, RTP is taken only of SSRCs that are expected. Each is expected once and must be higher than all before it; one that is not is
   * ignored, for its packets of before could be played again. On other endpoints this does nothing.
   */
  expectInbound(ssrc: number): void;
  /** Ends what `expectInbound` began: nothing of this SSRC is taken again. */
  endInbound(ssrc: number): void;
  /**
   * Opens the sending side of one SSRC; may be called before the handshake ends, when packets sent on it are not protected (length 0). On a
   * link nothing is ever protected again under an SSRC that has sent and was closed.
   */
  openOutboundStream(ssrc: number): OutboundStream;
  closeOutboundStream(stream: OutboundStream): void;
  /** The stream that all outgoing RTCP of this peer is protected on. */
  readonly rtcpStream: OutboundStream;
  /** RTCP can be sent for minutes yet, and then never again under these keys (RFC 3711 §9.2). */
  readonly areKeysNearlyUsedUp: boolean;
  /**
   * The peer has shown that it has the end of the handshake as well. Our last flight may have been lost, and what is sent before the peer has
   * had it again is lost with it, or is more than the peer expects.
   */
  readonly hasPeerFinished: boolean;
  /** Sends application data in a record of its own, copied before this returns; dropped before the handshake has ended. */
  sendApplicationData(data: Uint8Array): void;
  /** Says goodbye (DTLS close_notify), releases keys and timers. The listener is not called again, save for that last datagram. */
  close(): void;
}

/** What the secure endpoint of one peer needs. */
export interface SecureEndpointOptions {
  /** `server` answers a ClientHello (`a=setup:passive`), `client` sends it at once. */
  readonly role: 'server' | 'client';
  /** The peer's certificate must match one of these (RFC 8122 §5). */
  readonly remoteFingerprints: readonly CertificateFingerprint[];
  readonly listener: SecureEndpointListener;
  /** Those of the engine, on the clock of `handleDtls`. Default: the suite's own, on the clock of the process. */
  readonly timers?: Timers;
  /** The peer is a node of ours: it may send and be sent under any number of SSRCs, each for one stream only. Default false. */
  readonly isLink?: boolean;
}

/** Creates the secure endpoints of an engine and protects what all of them send. */
export interface SecureSuite {
  readonly arena: PacketArena;
  /** Fingerprint of the node's one certificate, for the SDP. */
  readonly fingerprint: CertificateFingerprint;
  createEndpoint(options: SecureEndpointOptions): SecureEndpoint;
  /**
   * Encrypts and authenticates all rows in place. Packets of any peers may be mixed; rows of one stream keep their order.
   *
   * @returns the arena, in which rows with a `protectedLength` above 0 may be sent until the next packet is written
   */
  protect(batch: ProtectBatch): ProtectedBytes;
  /** Idle-time work (keystream ahead of its packets). Cheap when there is nothing to do. */
  prepareAhead(): void;
}
