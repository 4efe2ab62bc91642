/**
 * Authenticates and decrypts the packets of one peer. A packet changes no state before its tag has been verified.
 *
 * @see RFC 3711 §3.3, §3.4, RFC 7714
 */
import {
  type SrtpProfile,
  UNPROTECT_FORGED,
  UNPROTECT_MALFORMED,
  UNPROTECT_NOT_READY,
  UNPROTECT_REPLAYED,
  UNPROTECT_UNEXPECTED,
} from '@causeway/media';
import { peekRtpSeq, peekRtpSsrc, rtpHeaderLength } from '@causeway/wire';
import { authenticateOne, HMAC_TAG_LENGTH } from './authentication.ts';
import { RtcpKeystream } from './counter-mode-key.ts';
import { ExpectedContext, InboundContext, type InboundStreams } from './inbound-streams.ts';
import { type KeystreamSupply, KeystreamWindow } from './keystream-window.ts';
import { type CounterModeCipher, createSessionCipher, GCM_TAG_LENGTH, type SessionCipher, TAG_LENGTH } from './session-cipher.ts';
import type { SrtpMasterKeys, SrtpPeer } from './srtp-keys.ts';
import { MAX_INBOUND_PACKET_BYTES } from './srtp-memory.ts';

const RTCP_CLEAR_LENGTH = 8;
const RTP_VERSION = 2;
const SRTCP_INDEX_LENGTH = 4;
const SEQ_SPACE = 65_536;
const HALF_SEQ_SPACE = SEQ_SPACE / 2;
/**
 * A sender may start just before its sequence number wraps, and lose all packets before the wrap. If the first packet of a new stream fails
 * and its sequence number is this low, it is tried once more with the next rollover count.
 */
const FRESH_WRAP_PACKETS = 4_096;

export class InboundSrtp {
  readonly #supply: KeystreamSupply;
  #rtp: SessionCipher | undefined;
  #rtcp: SessionCipher | undefined;
  /** Undefined unless `#rtcp` is a cipher in counter mode. */
  #rtcpKeystream: RtcpKeystream | undefined;
  /** The SSRCs that a link accepts; undefined for a client. */
  readonly #expected: ExpectedContext | undefined;
  readonly #rtpStreams: InboundStreams;
  readonly #rtcpStreams = new InboundContext(() => undefined);

  constructor(supply: KeystreamSupply, peer: SrtpPeer) {
    this.#supply = supply;
    const createWindow = (ssrc: number) => this.#createWindow(ssrc);
    this.#expected = peer === 'link' ? new ExpectedContext(createWindow) : undefined;
    this.#rtpStreams = this.#expected ?? new InboundContext(createWindow);
  }

  /** Whether an authentic RTP or RTCP packet has arrived. */
  get hasReceived(): boolean {
    return this.#rtpStreams.size > 0 || this.#rtcpStreams.size > 0;
  }

  /** Implements `SecureEndpoint.expectInbound`. */
  expect(ssrc: number): void {
    this.#expected?.expect(ssrc);
  }

  /** Implements `SecureEndpoint.endInbound`. */
  end(ssrc: number): void {
    this.#expected?.end(ssrc);
  }

  setKeys(profile: SrtpProfile, master: SrtpMasterKeys): void {
    const { memory } = this.#supply;
    this.#rtp = createSessionCipher(memory, profile, master, 'srtp');
    const rtcp = createSessionCipher(memory, profile, master, 'srtcp');
    this.#rtcp = rtcp;
    this.#rtcpKeystream = rtcp.profile === 'AES_CM_128_HMAC_SHA1_80' ? new RtcpKeystream(memory, rtcp.keystream) : undefined;
  }

  /** Implements `SecureEndpoint.prepareRtp`. Its assumptions are checked again by `unprotectRtp`. */
  prepareRtp(packet: Uint8Array): void {
    const cipher = this.#rtp;
    if (cipher?.profile !== 'AES_CM_128_HMAC_SHA1_80' || packet.length > MAX_INBOUND_PACKET_BYTES) return;
    const textEnd = packet.length - HMAC_TAG_LENGTH;
    if (rtpHeaderLength(packet, textEnd) < 0) return;
    const stream = this.#rtpStreams.find(peekRtpSsrc(packet));
    if (stream === undefined) return;
    const index = estimatePacketIndex(stream.replay.highest, peekRtpSeq(packet));
    if (index < 0 || stream.replay.isReplay(index)) return;
    this.#supply.inboundGroup.add(cipher.authentication, packet, textEnd, Math.floor(index / SEQ_SPACE) | 0);
  }

  /** Implements `SecureEndpoint.unprotectRtp`. */
  unprotectRtp(packet: Uint8Array): number {
    const cipher = this.#rtp;
    if (cipher === undefined) return UNPROTECT_NOT_READY;
    const tagLength = TAG_LENGTH[cipher.profile];
    const headerLength = rtpHeaderLength(packet, packet.length - tagLength);
    if (headerLength < 0 || packet.length > MAX_INBOUND_PACKET_BYTES) return UNPROTECT_MALFORMED;
    const ssrc = peekRtpSsrc(packet);
    const seq = peekRtpSeq(packet);
    const stream = this.#rtpStreams.find(ssrc);
    if (stream === undefined && !this.#rtpStreams.mayBegin(ssrc)) return UNPROTECT_UNEXPECTED;
    const highest = stream === undefined ? this.#rtpStreams.retiredIndex(ssrc) : stream.replay.highest;
    const index = estimatePacketIndex(highest, seq);
    if (index < 0) return UNPROTECT_FORGED;
    if (stream === undefined ? index <= highest : stream.replay.isReplay(index)) return UNPROTECT_REPLAYED;
    if (this.#openRtp(cipher, packet, headerLength, ssrc, index)) return packet.length - tagLength;
    const mayHaveWrapped = highest < 0 && seq < FRESH_WRAP_PACKETS;
    if (mayHaveWrapped && this.#openRtp(cipher, packet, headerLength, ssrc, index + SEQ_SPACE)) return packet.length - tagLength;
    return UNPROTECT_FORGED;
  }

  /** Implements `SecureEndpoint.unprotectRtcp`. Packets that are not encrypted (E bit 0) are refused, authentic or not. */
  unprotectRtcp(packet: Uint8Array): number {
    const cipher = this.#rtcp;
    if (cipher === undefined) return UNPROTECT_NOT_READY;
    const plainLength = packet.length - TAG_LENGTH[cipher.profile] - SRTCP_INDEX_LENGTH;
    if (plainLength < RTCP_CLEAR_LENGTH || packet.length > MAX_INBOUND_PACKET_BYTES) return UNPROTECT_MALFORMED;
    if (packet[0] >> 6 !== RTP_VERSION) return UNPROTECT_MALFORMED;
    // With AEAD the tag precedes the index; with HMAC it follows it.
    const wordAt = cipher.profile === 'AEAD_AES_128_GCM' ? packet.length - SRTCP_INDEX_LENGTH : plainLength;
    const word = readInt32(packet, wordAt);
    if (word >= 0) return UNPROTECT_MALFORMED;
    const index = word & 0x7fff_ffff;
    const ssrc = readInt32(packet, 4) >>> 0;
    const numberedAs = this.#numberedAs(ssrc);
    const stream = this.#rtcpStreams.find(numberedAs);
    const isReplay = stream === undefined ? index <= this.#rtcpStreams.retiredIndex(numberedAs) : stream.replay.isReplay(index);
    if (isReplay) return UNPROTECT_REPLAYED;
    return this.#openRtcp(cipher, packet, plainLength, word, ssrc) ? plainLength : UNPROTECT_FORGED;
  }

  close(): void {
    this.#rtp = undefined;
    this.#rtcp = undefined;
    this.#rtcpKeystream = undefined;
    this.#rtpStreams.close();
    this.#rtcpStreams.close();
  }

  #openRtp(cipher: SessionCipher, packet: Uint8Array, headerLength: number, ssrc: number, index: number): boolean {
    const textEnd = packet.length - TAG_LENGTH[cipher.profile];
    if (cipher.profile === 'AEAD_AES_128_GCM') {
      const text = packet.subarray(headerLength, textEnd);
      if (!cipher.gcm.open(ssrc, index, packet.subarray(0, headerLength), text, packet.subarray(textEnd))) return false;
      return this.#rtpStreams.accept(ssrc, index) !== undefined;
    }
    const word = Math.floor(index / SEQ_SPACE) | 0;
    const prepared = this.#supply.inboundGroup.take(cipher.authentication, packet, word);
    const at = prepared >= 0 ? prepared : this.#authenticate(cipher, packet, textEnd, word);
    if (!this.#hasTag(at + textEnd, packet, textEnd)) return false;
    const stream = this.#rtpStreams.accept(ssrc, index);
    if (stream?.window === undefined) return false;
    this.#decrypt(packet, at, headerLength, textEnd, stream.window.locate(index, textEnd - headerLength));
    return true;
  }

  #openRtcp(cipher: SessionCipher, packet: Uint8Array, plainLength: number, word: number, ssrc: number): boolean {
    const index = word & 0x7fff_ffff;
    if (cipher.profile === 'AEAD_AES_128_GCM') {
      const tagEnd = plainLength + GCM_TAG_LENGTH;
      const associated = new Uint8Array(RTCP_CLEAR_LENGTH + SRTCP_INDEX_LENGTH);
      associated.set(packet.subarray(0, RTCP_CLEAR_LENGTH));
      associated.set(packet.subarray(tagEnd), RTCP_CLEAR_LENGTH);
      const text = packet.subarray(RTCP_CLEAR_LENGTH, plainLength);
      if (!cipher.gcm.open(ssrc, index, associated, text, packet.subarray(plainLength, tagEnd))) return false;
      return this.#rtcpStreams.accept(this.#numberedAs(ssrc), index) !== undefined;
    }
    const at = this.#authenticate(cipher, packet, plainLength, word);
    if (!this.#hasTag(at + plainLength, packet, plainLength + SRTCP_INDEX_LENGTH)) return false;
    if (this.#rtcpStreams.accept(this.#numberedAs(ssrc), index) === undefined) return false;
    if (this.#rtcpKeystream === undefined) return false;
    const keystream = this.#rtcpKeystream.locate(ssrc, index, plainLength - RTCP_CLEAR_LENGTH);
    this.#decrypt(packet, at, RTCP_CLEAR_LENGTH, plainLength, keystream);
    return true;
  }

  /**
   * The SSRC whose replay window applies to a packet. A node uses each SRTCP index for one packet only, whatever its SSRC
   * (`RtcpOutboundStream`), so a link needs just one window, and SSRCs cannot run out.
   */
  #numberedAs(ssrc: number): number {
    return this.#expected === undefined ? ssrc : 0;
  }

  /** Copies the packet into the kernel's memory, and writes its tag after it. @returns its address */
  #authenticate(cipher: CounterModeCipher, packet: Uint8Array, length: number, word: number): number {
    const { memory } = this.#supply;
    const { bytes, inboundPacketAt: at } = memory;
    bytes.set(packet, at);
    authenticateOne(memory, cipher.authentication, at, length, word, at + length);
    return at;
  }

  #hasTag(tagAt: number, packet: Uint8Array, tagOffset: number): boolean {
    const { bytes } = this.#supply.memory;
    let difference = 0;
    for (let i = 0; i < HMAC_TAG_LENGTH; i++) difference |= bytes[tagAt + i] ^ packet[tagOffset + i];
    return difference === 0;
  }

  /** Decrypts the packet at `at`, and copies it back. */
  #decrypt(packet: Uint8Array, at: number, from: number, to: number, keystream: number): void {
    const { bytes, kernel } = this.#supply.memory;
    kernel.applyKeystream(at + from, keystream, to - from);
    packet.set(bytes.subarray(at + from, at + to), from);
  }

  #createWindow(ssrc: number): KeystreamWindow | undefined {
    const cipher = this.#rtp;
    return cipher?.profile === 'AES_CM_128_HMAC_SHA1_80' ? new KeystreamWindow(this.#supply, cipher.keystream, ssrc) : undefined;
  }
}

function readInt32(bytes: Uint8Array, at: number): number {
  return (bytes[at] << 24) | (bytes[at + 1] << 16) | (bytes[at + 2] << 8) | bytes[at + 3];
}

/**
 * Estimates the 48-bit index of a packet from the 16 bits that are transmitted. It is the index closest to the highest authenticated one.
 *
 * @see RFC 3711 §3.3.1, appendix A
 * @param highest the highest index so far; -1 before the first packet, whose rollover counter is then assumed to be 0
 * @returns a negative number if the closest index precedes the start of the stream
 */
export function estimatePacketIndex(highest: number, seq: number): number {
  if (highest < 0) return seq;
  const rollovers = Math.floor(highest / SEQ_SPACE);
  const highestSeq = highest - rollovers * SEQ_SPACE;
  const guess = rollovers * SEQ_SPACE + seq;
  if (highestSeq < HALF_SEQ_SPACE) return seq - highestSeq > HALF_SEQ_SPACE ? guess - SEQ_SPACE : guess;
  return highestSeq - HALF_SEQ_SPACE > seq ? guess + SEQ_SPACE : guess;
}
