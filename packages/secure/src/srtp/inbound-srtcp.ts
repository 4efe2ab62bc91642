/**
 * Authenticates and decrypts the RTCP packets of one peer. A packet changes no state before its tag has been verified.
 *
 * @see RFC 3711 §3.4, RFC 7714
 */
import { UNPROTECT_FORGED, UNPROTECT_MALFORMED, UNPROTECT_NOT_READY, UNPROTECT_REPLAYED } from '@causeway/media';
import { RtcpKeystream } from './counter-mode-key.ts';
import { authenticateInbound, decryptInbound, hasTag, InboundContext } from './inbound-srtp.ts';
import { type DormantKeys, GCM_TAG_LENGTH, type SessionCipher, TAG_LENGTH } from './session-cipher.ts';
import type { SrtpPeer } from './srtp-keys.ts';
import { MAX_INBOUND_PACKET_BYTES, type SrtpMemory } from './srtp-memory.ts';

const RTCP_CLEAR_LENGTH = 8;
const RTP_VERSION = 2;
const SRTCP_INDEX_LENGTH = 4;

export class InboundSrtcp {
  readonly #memory: SrtpMemory;
  readonly #isLink: boolean;
  #keys: DormantKeys | undefined = undefined;
  /** Undefined until the first packet, as is what follows. */
  #streams: InboundContext | undefined = undefined;
  #cipher: SessionCipher | undefined = undefined;
  /** Undefined unless the cipher is in counter mode. */
  #keystream: RtcpKeystream | undefined = undefined;

  constructor(memory: SrtpMemory, peer: SrtpPeer) {
    this.#memory = memory;
    this.#isLink = peer === 'link';
  }

  /** Whether an authentic packet has arrived. */
  get hasReceived(): boolean {
    return this.#streams !== undefined && this.#streams.size > 0;
  }

  setKeys(keys: DormantKeys): void {
    this.#keys = keys;
  }

  /** Implements `SecureEndpoint.unprotectRtcp`. Packets that are not encrypted (E bit 0) are refused, authentic or not. */
  unprotect(packet: Uint8Array): number {
    const cipher = this.#cipher ?? this.#begin();
    const streams = this.#streams;
    if (cipher === undefined || streams === undefined) return UNPROTECT_NOT_READY;
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
    const stream = streams.find(numberedAs);
    const isReplay = stream === undefined ? index <= streams.retiredIndex(numberedAs) : stream.replay.isReplay(index);
    if (isReplay) return UNPROTECT_REPLAYED;
    return this.#openRtcp(cipher, packet, plainLength, word, ssrc) ? plainLength : UNPROTECT_FORGED;
  }

  close(): void {
    this.#keys = undefined;
    this.#cipher = undefined;
    this.#keystream = undefined;
    this.#streams?.close();
  }

  #begin(): SessionCipher | undefined {
    if (this.#keys === undefined) return undefined;
    const cipher = this.#keys.derive('srtcp');
    this.#cipher = cipher;
    this.#streams ??= new InboundContext(() => undefined);
    if (cipher.profile === 'AES_CM_128_HMAC_SHA1_80') this.#keystream = new RtcpKeystream(this.#memory, cipher.keystream);
    return cipher;
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
      return this.#streams?.accept(this.#numberedAs(ssrc), index) !== undefined;
    }
    const at = authenticateInbound(this.#memory, cipher.authentication, packet, plainLength, word);
    if (!hasTag(this.#memory, at + plainLength, packet, plainLength + SRTCP_INDEX_LENGTH)) return false;
    if (this.#streams?.accept(this.#numberedAs(ssrc), index) === undefined) return false;
    if (this.#keystream === undefined) return false;
    const keystream = this.#keystream.locate(ssrc, index, plainLength - RTCP_CLEAR_LENGTH);
    decryptInbound(this.#memory, packet, at, RTCP_CLEAR_LENGTH, plainLength, keystream);
    return true;
  }

  /**
   * The SSRC whose replay window applies to a packet. A node uses each SRTCP index for one packet only, whatever its SSRC
   * (`RtcpOutboundStream`), so a link needs just one window, and SSRCs cannot run out.
   */
  #numberedAs(ssrc: number): number {
    return this.#isLink ? 0 : ssrc;
  }
}

function readInt32(bytes: Uint8Array, at: number): number {
  return (bytes[at] << 24) | (bytes[at + 1] << 16) | (bytes[at + 2] << 8) | bytes[at + 3];
}
