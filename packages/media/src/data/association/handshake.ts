/**
 * Sets an association up, restarts it, and lets the peer shut it down: INIT, INIT ACK, COOKIE ECHO, COOKIE ACK, and the answers to
 * SHUTDOWN.
 *
 * @see RFC 9260 §5, §9.2
 */
import {
  type HmacSha1,
  parseInit,
  readUint32,
  SCTP_CHUNK_HEADER_LENGTH,
  SctpChunkType,
  type SctpInit,
  type SctpPacketView,
  writeInit,
} from '@causeway/wire';
import { WINDOW_BYTES } from './chunk-receiver.ts';
import type { OutgoingPacket } from './outgoing-packet.ts';
import { CookieSigner, type StateCookie } from './state-cookie.ts';

/** What the handshake requires of the association. */
export interface HandshakePort {
  /** Sends the packet that was written. */
  sendPacket(): void;
  /** Starts the association with the agreed parameters, in place of an earlier one. */
  begin(agreed: StateCookie): void;
  /** Ends the existing association, because the peer has restarted it. */
  restart(): void;
  /** Adds data to the packet with the cookie. `again`: the cookie has been sent before. */
  addFirstData(nowMs: number, attempt: 'first' | 'again'): void;
  /** Whether everything that was sent has arrived. */
  isIdle(): boolean;
  /** The peer does not confirm the shutdown, or has sent an unacceptable cookie. */
  fail(): void;
}

export interface HandshakeOptions {
  readonly packet: OutgoingPacket;
  readonly port: HandshakePort;
  readonly hmacSha1: HmacSha1;
  readonly randomBytes: (length: number) => Uint8Array;
  readonly maxStreams: number;
}

/**
 * The interval at which the handshake is repeated, without the back-off of RFC 9260 §5.1.6: ICE and DTLS have shown that the peer is there,
 * the packets are small, and a page is waiting for its channel.
 */
const INTERVAL_MS = 500;
/** After this many tries, the peer probably does not support SCTP. */
const MAX_QUICK_TRIES = 20;
const SLOW_INTERVAL_MS = 5_000;
const MAX_SHUTDOWN_TRIES = 5;
/**
 * COOKIE ACK is repeated unasked until the peer shows that it has received it. If it is lost, other stacks wait longer after each COOKIE
 * ECHO, up to half a minute after five of them.
 */
const MAX_REPEATED_ACKS = 8;
const KEY_LENGTH = 20;
const NOTHING = new Uint8Array(0);

export type HandshakeState = 'idle' | 'cookie-wait' | 'cookie-echoed' | 'established' | 'shutting-down';

export class Handshake {
  state: HandshakeState = 'idle';
  /** When a packet is to be sent, for the first time or again. */
  deadlineMs = Number.POSITIVE_INFINITY;
  isCookieAckDue = false;
  readonly #options: HandshakeOptions;
  readonly #cookies: CookieSigner;
  #local: LocalBeginning;
  /** 0 until it is known. */
  #peerTag = 0;
  /** The peer's cookie, until the peer has accepted it. */
  #cookie: Uint8Array = NOTHING;
  #tries = 0;
  #acksLeft = 0;

  constructor(options: HandshakeOptions) {
    this.#options = options;
    this.#cookies = new CookieSigner(options.randomBytes(KEY_LENGTH), options.hmacSha1);
    this.#local = this.#newBeginning();
  }

  /** The verification tag of packets to us. */
  get localTag(): number {
    return this.#local.tag;
  }

  connect(nowMs: number): void {
    if (this.state === 'idle') this.#enter('cookie-wait', nowMs);
  }

  handleTimeout(nowMs: number): void {
    if (this.deadlineMs > nowMs) return;
    if (this.state === 'established') {
      this.isCookieAckDue = true;
      this.deadlineMs = --this.#acksLeft > 0 ? nowMs + INTERVAL_MS : Number.POSITIVE_INFINITY;
      return;
    }
    this.#tries++;
    this.deadlineMs = nowMs + (this.#tries < MAX_QUICK_TRIES ? INTERVAL_MS : SLOW_INTERVAL_MS);
    if (this.state === 'cookie-wait') this.#sendInit(this.#local, 0, undefined);
    else if (this.state === 'cookie-echoed') this.#sendCookie(nowMs);
    else this.#sendShutdownAck();
  }

  /** @returns false if the INIT is malformed */
  handleInit(nowMs: number, { bytes, chunkStart, chunkEnd, verificationTag, isLastChunk }: SctpPacketView): boolean {
    const init = parseInit(bytes, chunkStart, chunkEnd);
    if (init === undefined || !isLastChunk || verificationTag !== 0 || !isAcceptable(init)) return false;
    if (this.state === 'shutting-down') return true;
    // If there is an association, a restart must prove with its cookie that it comes from the same peer.
    const local = this.state === 'established' ? this.#newBeginning() : this.#local;
    const tieTags = { localTieTag: this.#peerTag === 0 ? 0 : this.#local.tag, peerTieTag: this.#peerTag };
    this.#sendInit(
      local,
      init.initiateTag,
      this.#cookies.sign(nowMs, agreeOn(init, { ...local, maxStreams: this.#options.maxStreams }, tieTags)),
    );
    return true;
  }

  /** @returns false if the INIT ACK is malformed */
  handleInitAck(nowMs: number, { bytes, chunkStart, chunkEnd }: SctpPacketView): boolean {
    if (this.state !== 'cookie-wait') return true;
    const answer = parseInit(bytes, chunkStart, chunkEnd);
    if (answer?.cookie === undefined || !isAcceptable(answer)) return false;
    this.#cookie = new Uint8Array(answer.cookie);
    this.#enter('cookie-echoed', nowMs);
    this.#begin(agreeOn(answer, { ...this.#local, maxStreams: this.#options.maxStreams }, { localTieTag: 0, peerTieTag: 0 }));
    return true;
  }

  /** @returns whether the cookie is valid, so that the rest of its packet is processed */
  handleCookieEcho(nowMs: number, { bytes, chunkStart, chunkEnd, verificationTag }: SctpPacketView): boolean {
    const cookie = this.#cookies.verify(nowMs, bytes.subarray(chunkStart + SCTP_CHUNK_HEADER_LENGTH, chunkEnd));
    if (cookie === undefined || cookie.localTag !== verificationTag || this.state === 'shutting-down') return false;
    const verdict = judgeCookie(cookie, this.#local.tag, this.#peerTag);
    if (verdict === 'stale') return false;
    const isRestart = verdict !== 'repeat' && this.state === 'established';
    this.#local = { tag: cookie.localTag, initialTsn: cookie.localInitialTsn };
    this.#establish();
    this.isCookieAckDue = true;
    this.#acksLeft = MAX_REPEATED_ACKS;
    this.deadlineMs = nowMs + INTERVAL_MS;
    if (isRestart) this.#options.port.restart();
    if (verdict !== 'repeat') this.#begin(cookie);
    return true;
  }

  handleCookieAck(): void {
    if (this.state === 'cookie-echoed') this.#establish();
  }

  /** Stops repeating COOKIE ACK, because the peer has sent a packet that only an established association sends. */
  handlePeerEstablished(): void {
    if (this.state === 'established') this.deadlineMs = Number.POSITIVE_INFINITY;
  }

  /** Handles the peer's SHUTDOWN. Messages that it has not confirmed are still sent, but no new ones are accepted. */
  handleShutdown(): void {
    if (this.state !== 'shutting-down') this.#tries = 0;
    this.state = 'shutting-down';
    this.deadlineMs = Number.POSITIVE_INFINITY;
  }

  /** Answers the SHUTDOWN once everything has arrived. Called after each packet. */
  handleProgress(nowMs: number): void {
    const waits = this.state === 'shutting-down' && this.deadlineMs === Number.POSITIVE_INFINITY;
    if (waits && this.#options.port.isIdle()) this.deadlineMs = nowMs;
  }

  #enter(state: HandshakeState, nowMs: number): void {
    this.state = state;
    this.#tries = 0;
    this.deadlineMs = nowMs;
  }

  #establish(): void {
    this.state = 'established';
    this.deadlineMs = Number.POSITIVE_INFINITY;
    this.#cookie = NOTHING;
  }

  #begin(agreed: StateCookie): void {
    this.#peerTag = agreed.peerTag;
    this.#options.port.begin(agreed);
  }

  #newBeginning(): LocalBeginning {
    const bytes = this.#options.randomBytes(8);
    // The tag 0 is reserved for INIT packets.
    return { tag: readUint32(bytes, 0) || 1, initialTsn: readUint32(bytes, 4) };
  }

  /** Sends INIT, or INIT ACK if there is a cookie. */
  #sendInit(local: LocalBeginning, verificationTag: number, cookie: Uint8Array | undefined): void {
    const { packet, port, maxStreams } = this.#options;
    packet.begin(verificationTag);
    packet.at = writeInit(packet.bytes, packet.at, createOffer({ ...local, maxStreams }, cookie));
    port.sendPacket();
  }

  #sendCookie(nowMs: number): void {
    const { packet, port } = this.#options;
    packet.begin(this.#peerTag);
    if (!packet.hasRoomForOpaque(this.#cookie)) {
      port.fail();
      return;
    }
    packet.addOpaque(SctpChunkType.cookieEcho, this.#cookie);
    port.addFirstData(nowMs, this.#tries > 1 ? 'again' : 'first');
    port.sendPacket();
  }

  #sendShutdownAck(): void {
    const { packet, port } = this.#options;
    if (this.#tries > MAX_SHUTDOWN_TRIES) {
      port.fail();
      return;
    }
    packet.begin(this.#peerTag);
    packet.addOpaque(SctpChunkType.shutdownAck, NOTHING);
    port.sendPacket();
  }
}

/** The chunk types of RFC 6525, RFC 3758 and RFC 8260. */
const EXTENSIONS = [SctpChunkType.reconfig, SctpChunkType.forwardTsn, SctpChunkType.iData, SctpChunkType.iForwardTsn];

/** The tag and initial TSN of our end of an association. */
interface LocalBeginning {
  readonly tag: number;
  readonly initialTsn: number;
}

/** The variable part of our offer. */
export interface LocalOffer extends LocalBeginning {
  /** Number of streams in each direction. */
  readonly maxStreams: number;
}

function createOffer({ tag, initialTsn, maxStreams }: LocalOffer, cookie: Uint8Array | undefined): SctpInit {
  return {
    initiateTag: tag,
    windowBytes: WINDOW_BYTES,
    outboundStreams: maxStreams,
    inboundStreams: maxStreams,
    initialTsn,
    supportsForwardTsn: true,
    acceptsZeroChecksum: true,
    extensions: EXTENSIONS,
    cookie,
  };
}

/** @returns false for an offer that cannot lead to an association (RFC 9260 §3.3.2) */
function isAcceptable({ initiateTag, inboundStreams, outboundStreams }: SctpInit): boolean {
  return initiateTag !== 0 && inboundStreams > 0 && outboundStreams > 0;
}

/** Combines the peer's offer with ours. */
function agreeOn(peer: SctpInit, local: LocalOffer, tieTags: Pick<StateCookie, 'localTieTag' | 'peerTieTag'>): StateCookie {
  return {
    ...tieTags,
    localTag: local.tag,
    peerTag: peer.initiateTag,
    localInitialTsn: local.initialTsn,
    peerInitialTsn: peer.initialTsn,
    peerWindowBytes: peer.windowBytes,
    outboundStreams: Math.min(local.maxStreams, peer.inboundStreams),
    canAbandon: peer.supportsForwardTsn || peer.extensions.includes(SctpChunkType.forwardTsn),
    isInterleaved: peer.extensions.includes(SctpChunkType.iData),
    sendsChecksum: !peer.acceptsZeroChecksum,
  };
}

/**
 * Classifies a valid cookie, given the tags of the present association; a tag is 0 if there is none.
 *
 * @see RFC 9260 §5.2.4
 */
function judgeCookie(cookie: StateCookie, localTag: number, peerTag: number): 'restart' | 'establish' | 'repeat' | 'stale' {
  const isOurs = cookie.localTag === localTag;
  if (isOurs) return cookie.peerTag === peerTag ? 'repeat' : 'establish';
  const knowsUs = cookie.localTieTag === localTag && cookie.peerTieTag === peerTag && peerTag !== 0;
  return knowsUs && cookie.peerTag !== peerTag ? 'restart' : 'stale';
}
