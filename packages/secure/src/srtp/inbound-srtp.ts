/**
 * Authenticates and decrypts the RTP packets of one peer, and keeps the receiving state of its SSRCs. A packet changes no state before its
 * tag has been verified.
 *
 * @see RFC 3711 §3.3, RFC 7714
 */
import {
  type InboundRtp,
  UNPROTECT_FORGED,
  UNPROTECT_MALFORMED,
  UNPROTECT_NOT_READY,
  UNPROTECT_REPLAYED,
  UNPROTECT_UNEXPECTED,
} from '@causeway/media';
import { peekRtpSeq, peekRtpSsrc, rtpHeaderLength } from '@causeway/wire';
import { ReplayWindow } from '../replay-window.ts';
import { type AuthenticationKey, authenticateOne, HMAC_TAG_LENGTH } from './authentication.ts';
import { type KeystreamSupply, KeystreamWindow } from './keystream-window.ts';
import { type DormantKeys, type SessionCipher, TAG_LENGTH } from './session-cipher.ts';
import type { SrtpPeer } from './srtp-keys.ts';
import { MAX_INBOUND_PACKET_BYTES, type SrtpMemory } from './srtp-memory.ts';

const SEQ_SPACE = 65_536;
const HALF_SEQ_SPACE = SEQ_SPACE / 2;
/**
 * A sender may start just before its sequence number wraps, and lose all packets before the wrap. If the first packet of a new stream fails
 * and its sequence number is this low, it is tried once more with the next rollover count.
 */
const FRESH_WRAP_PACKETS = 4_096;
const MAX_STREAMS = 64;
/** SSRCs that had to make room for others are remembered with their highest index, so that their packets cannot be replayed. */
const MAX_RETIRED = 4_096;

export class InboundSrtp implements InboundRtp {
  readonly #supply: KeystreamSupply;
  #keys: DormantKeys | undefined = undefined;
  /** Undefined until the first packet, as is the state of a client's SSRCs: most sessions of a large room publish nothing. */
  #cipher: SessionCipher | undefined = undefined;
  /** The SSRCs that a link accepts; undefined for a client. */
  readonly #expected: ExpectedContext | undefined;
  #streams: InboundStreams | undefined;

  constructor(supply: KeystreamSupply, peer: SrtpPeer) {
    this.#supply = supply;
    this.#expected = peer === 'link' ? new ExpectedContext((ssrc) => this.#createWindow(ssrc)) : undefined;
    this.#streams = this.#expected;
  }

  /** Whether an authentic packet has arrived. */
  get hasReceived(): boolean {
    return this.#streams !== undefined && this.#streams.size > 0;
  }

  expect(ssrc: number): void {
    this.#expected?.expect(ssrc);
  }

  end(ssrc: number): void {
    this.#expected?.end(ssrc);
  }

  setKeys(keys: DormantKeys): void {
    this.#keys = keys;
  }

  /** Its assumptions are checked again by `unprotectRtp`. */
  prepareRtp(packet: Uint8Array): void {
    const cipher = this.#cipher;
    if (cipher?.profile !== 'AES_CM_128_HMAC_SHA1_80' || packet.length > MAX_INBOUND_PACKET_BYTES) return;
    const textEnd = packet.length - HMAC_TAG_LENGTH;
    if (rtpHeaderLength(packet, textEnd) < 0) return;
    const stream = this.#streams?.find(peekRtpSsrc(packet));
    if (stream === undefined) return;
    const index = estimatePacketIndex(stream.replay.highest, peekRtpSeq(packet));
    if (index < 0 || stream.replay.isReplay(index)) return;
    this.#supply.inboundGroup.add(cipher.authentication, packet, textEnd, Math.floor(index / SEQ_SPACE) | 0);
  }

  unprotectRtp(packet: Uint8Array): number {
    const cipher = this.#cipher ?? this.#begin();
    const streams = this.#streams;
    if (cipher === undefined || streams === undefined) return UNPROTECT_NOT_READY;
    const tagLength = TAG_LENGTH[cipher.profile];
    const headerLength = rtpHeaderLength(packet, packet.length - tagLength);
    if (headerLength < 0 || packet.length > MAX_INBOUND_PACKET_BYTES) return UNPROTECT_MALFORMED;
    const ssrc = peekRtpSsrc(packet);
    const seq = peekRtpSeq(packet);
    const stream = streams.find(ssrc);
    if (stream === undefined && !streams.mayBegin(ssrc)) return UNPROTECT_UNEXPECTED;
    const highest = stream === undefined ? streams.retiredIndex(ssrc) : stream.replay.highest;
    const index = estimatePacketIndex(highest, seq);
    if (index < 0) return UNPROTECT_FORGED;
    if (stream === undefined ? index <= highest : stream.replay.isReplay(index)) return UNPROTECT_REPLAYED;
    if (this.#openRtp(cipher, packet, headerLength, ssrc, index)) return packet.length - tagLength;
    const mayHaveWrapped = highest < 0 && seq < FRESH_WRAP_PACKETS;
    if (mayHaveWrapped && this.#openRtp(cipher, packet, headerLength, ssrc, index + SEQ_SPACE)) return packet.length - tagLength;
    return UNPROTECT_FORGED;
  }

  close(): void {
    this.#keys = undefined;
    this.#cipher = undefined;
    this.#streams?.close();
  }

  #begin(): SessionCipher | undefined {
    if (this.#keys === undefined) return undefined;
    this.#streams ??= new InboundContext((ssrc) => this.#createWindow(ssrc));
    this.#cipher = this.#keys.derive('srtp');
    return this.#cipher;
  }

  #openRtp(cipher: SessionCipher, packet: Uint8Array, headerLength: number, ssrc: number, index: number): boolean {
    const textEnd = packet.length - TAG_LENGTH[cipher.profile];
    if (cipher.profile === 'AEAD_AES_128_GCM') {
      const text = packet.subarray(headerLength, textEnd);
      if (!cipher.gcm.open(ssrc, index, packet.subarray(0, headerLength), text, packet.subarray(textEnd))) return false;
      return this.#streams?.accept(ssrc, index) !== undefined;
    }
    const word = Math.floor(index / SEQ_SPACE) | 0;
    const { memory, inboundGroup } = this.#supply;
    const prepared = inboundGroup.take(cipher.authentication, packet, word);
    const at = prepared >= 0 ? prepared : authenticateInbound(memory, cipher.authentication, packet, textEnd, word);
    if (!hasTag(memory, at + textEnd, packet, textEnd)) return false;
    const stream = this.#streams?.accept(ssrc, index);
    if (stream?.window === undefined) return false;
    decryptInbound(memory, packet, at, headerLength, textEnd, stream.window.locate(index, textEnd - headerLength));
    return true;
  }

  #createWindow(ssrc: number): KeystreamWindow | undefined {
    const cipher = this.#cipher;
    return cipher?.profile === 'AES_CM_128_HMAC_SHA1_80' ? new KeystreamWindow(this.#supply, cipher.keystream, ssrc) : undefined;
  }
}

/** Copies a packet into the kernel's memory, and writes its tag after it. @returns its address */
export function authenticateInbound(memory: SrtpMemory, key: AuthenticationKey, packet: Uint8Array, length: number, word: number): number {
  const { bytes, inboundPacketAt: at } = memory;
  bytes.set(packet, at);
  authenticateOne(memory, key, at, length, word, at + length);
  return at;
}

/** Whether a packet carries the tag that was computed for it. */
export function hasTag({ bytes }: SrtpMemory, tagAt: number, packet: Uint8Array, tagOffset: number): boolean {
  let difference = 0;
  for (let i = 0; i < HMAC_TAG_LENGTH; i++) difference |= bytes[tagAt + i] ^ packet[tagOffset + i];
  return difference === 0;
}

/** Decrypts a packet at `at` in the kernel's memory, and copies it back. */
export function decryptInbound(
  { bytes, kernel }: SrtpMemory,
  packet: Uint8Array,
  at: number,
  from: number,
  to: number,
  keystream: number,
): void {
  kernel.applyKeystream(at + from, keystream, to - from);
  packet.set(bytes.subarray(at + from, at + to), from);
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

export interface InboundStream {
  readonly replay: ReplayWindow;
  /** Keystream for future packets; only for SRTP in counter mode. */
  readonly window: KeystreamWindow | undefined;
  lastUse: number;
}

/** The receiving state that `InboundSrtp` uses. */
export interface InboundStreams {
  /** Number of SSRCs with an authentic packet. */
  readonly size: number;
  find(ssrc: number): InboundStream | undefined;
  /** Whether an SSRC without a stream gets one with its first authentic packet. */
  mayBegin(ssrc: number): boolean;
  /** The highest index received under an SSRC that no longer has a stream; -1 if it never had one. */
  retiredIndex(ssrc: number): number;
  /** Marks `index` as received. Call it only for authentic packets. @returns undefined if the SSRC cannot have a stream */
  accept(ssrc: number, index: number): InboundStream | undefined;
  close(): void;
}

/** The SSRCs of a client. The state is bounded, and created only for SSRCs with an authentic packet. */
export class InboundContext implements InboundStreams {
  readonly #streams = new Map<number, InboundStream>();
  /** Undefined until an SSRC is retired. */
  #retired: Map<number, number> | undefined = undefined;
  readonly #createWindow: (ssrc: number) => KeystreamWindow | undefined;
  #uses = 0;

  constructor(createWindow: (ssrc: number) => KeystreamWindow | undefined) {
    this.#createWindow = createWindow;
  }

  get size(): number {
    return this.#streams.size;
  }

  find(ssrc: number): InboundStream | undefined {
    return this.#streams.get(ssrc);
  }

  /** Always true; whether there is room is only checked by `accept`. */
  mayBegin(): boolean {
    return true;
  }

  retiredIndex(ssrc: number): number {
    return this.#retired?.get(ssrc) ?? -1;
  }

  /** @returns undefined if the peer has used up its SSRCs */
  accept(ssrc: number, index: number): InboundStream | undefined {
    const stream = this.#streams.get(ssrc) ?? this.#create(ssrc);
    if (stream === undefined) return undefined;
    stream.replay.accept(index);
    stream.lastUse = ++this.#uses;
    return stream;
  }

  close(): void {
    for (const stream of this.#streams.values()) stream.window?.release();
    this.#streams.clear();
    this.#retired = undefined;
  }

  #create(ssrc: number): InboundStream | undefined {
    if (this.#streams.size >= MAX_STREAMS && !this.#retireOldest()) return undefined;
    const replay = new ReplayWindow(this.retiredIndex(ssrc));
    this.#retired?.delete(ssrc);
    const stream = { replay, window: this.#createWindow(ssrc), lastUse: 0 };
    this.#streams.set(ssrc, stream);
    return stream;
  }

  #retireOldest(): boolean {
    this.#retired ??= new Map();
    if (this.#retired.size >= MAX_RETIRED) return false;
    let oldestSsrc = 0;
    let oldest: InboundStream | undefined;
    for (const [ssrc, stream] of this.#streams) {
      if (oldest === undefined || stream.lastUse < oldest.lastUse) {
        oldest = stream;
        oldestSsrc = ssrc;
      }
    }
    if (oldest === undefined) return false;
    oldest.window?.release();
    this.#streams.delete(oldestSsrc);
    this.#retired.set(oldestSsrc, oldest.replay.highest);
    return true;
  }
}

/**
 * Receiving state of the SSRCs of a link, which carries thousands of SSRCs and constantly new ones. State exists only for expected SSRCs,
 * which this side has chosen. SSRCs that have ended leave nothing behind but a minimum for new ones.
 */
export class ExpectedContext implements InboundStreams {
  /** Undefined until a packet has arrived. */
  readonly #streams = new Map<number, InboundStream | undefined>();
  readonly #createWindow: (ssrc: number) => KeystreamWindow | undefined;
  #highestExpected = -1;

  constructor(createWindow: (ssrc: number) => KeystreamWindow | undefined) {
    this.#createWindow = createWindow;
  }

  get size(): number {
    let size = 0;
    for (const stream of this.#streams.values()) if (stream !== undefined) size++;
    return size;
  }

  /**
   * Has no effect unless the SSRC is higher than all before. Received packets are not remembered, so an SSRC must not be used twice (RFC
   * 3711 §3.3.2).
   */
  expect(ssrc: number): void {
    if (ssrc <= this.#highestExpected) return;
    this.#highestExpected = ssrc;
    this.#streams.set(ssrc, undefined);
  }

  end(ssrc: number): void {
    this.#streams.get(ssrc)?.window?.release();
    this.#streams.delete(ssrc);
  }

  find(ssrc: number): InboundStream | undefined {
    return this.#streams.get(ssrc);
  }

  mayBegin(ssrc: number): boolean {
    return this.#streams.has(ssrc);
  }

  /** Always -1, since an SSRC that has ended is never used again. */
  retiredIndex(): number {
    return -1;
  }

  accept(ssrc: number, index: number): InboundStream | undefined {
    const stream = this.#streams.get(ssrc) ?? this.#create(ssrc);
    stream?.replay.accept(index);
    return stream;
  }

  close(): void {
    for (const stream of this.#streams.values()) stream?.window?.release();
    this.#streams.clear();
  }

  #create(ssrc: number): InboundStream | undefined {
    if (!this.#streams.has(ssrc)) return undefined;
    const stream = { replay: new ReplayWindow(), window: this.#createWindow(ssrc), lastUse: 0 };
    this.#streams.set(ssrc, stream);
    return stream;
  }
}
