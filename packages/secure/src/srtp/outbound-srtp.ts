/** Protects what is sent to one peer: holds its outbound streams and, once DTLS has derived them, the keys they share. */
import type { OutboundStream } from '@causeway/media';
import type { AuthenticationKey } from './authentication.ts';
import { type KeystreamSupply, KeystreamWindow } from './keystream-window.ts';
import type { DormantKeys, SessionCipher } from './session-cipher.ts';
import type { SrtpPeer } from './srtp-keys.ts';

/**
 * How many SSRCs a client may be sent over its whole life, since the used indices of each must be remembered. A link may have as many
 * at a time.
 */
const MAX_SSRCS = 65_536;
/** SRTCP indices have 31 bits and never wrap under one key (RFC 3711 §9.2). */
const SRTCP_INDEX_LIMIT = 2 ** 31;
/** A link between large nodes sends a few thousand RTCP packets per second, so there is time to reopen it. */
const SRTCP_INDICES_IN_RESERVE = 2 ** 20;
/**
 * How far back a packet may be retransmitted initially: half a second at 5 Mbit/s, or five seconds of audio. Older indices are refused,
 * because their payloads are no longer known.
 */
const AT_FIRST_REMEMBERED = 256;
/** How far back a stream may reach: more than two seconds at 8 Mbit/s, which is as long as packets are kept. */
const MOST_REMEMBERED = 2_048;
/** A stream reaches twice as far once a packet was requested from behind this share of it, which is long before its reach is too short. */
const SHARE_BEFORE_GROWTH = 0.25;
/** The key takes ten words, after which the slots begin at the next cache line. */
const FIRST_SLOT = 16;
const CHUNK_SSRCS = 4_096;
/** 16 MiB in total. This covers numbers up to 2^27, and the link is reopened before that: `LAST_SSRC` in sfu/relay/links/leg-numbers.ts. */
const MAX_CHUNKS = 32_768;

export class OutboundSrtp {
  readonly rtcpStream = new RtcpOutboundStream();
  readonly #supply: KeystreamSupply;
  /** Undefined until the first stream is opened. */
  #streams: Map<number, RtpOutboundStream> | undefined;
  /** The highest index of each closed stream; undefined until one is closed. */
  #usedUpTo: Map<number, number> | undefined;
  /** Replaces these indices on a link, which constantly uses new SSRCs and never an old one again. */
  readonly #spent: SpentSsrcs | undefined;
  #keys: DormantKeys | undefined;
  /** Derived when the first stream has keys. */
  #cipher: SessionCipher | undefined;
  #closed = false;

  constructor(supply: KeystreamSupply, peer: SrtpPeer) {
    this.#supply = supply;
    this.#spent = peer === 'link' ? new SpentSsrcs() : undefined;
  }

  /** Number of open SSRCs. */
  get size(): number {
    return this.#streams?.size ?? 0;
  }

  /** Opens a stream. An SSRC that is already open returns the same stream, because two states would use one keystream twice. */
  open(ssrc: number): RtpOutboundStream {
    const open = this.#streams?.get(ssrc);
    if (open !== undefined) return open;
    const stream = new RtpOutboundStream(ssrc, this.#usedUpTo?.get(ssrc) ?? -1);
    if (this.#closed || !this.#mayOpen(ssrc)) return stream;
    this.#streams ??= new Map();
    this.#streams.set(ssrc, stream);
    if (this.#keys !== undefined) this.#key(stream, this.#keys);
    return stream;
  }

  closeStream(stream: RtpOutboundStream): void {
    if (this.#streams?.get(stream.ssrc) !== stream) return;
    this.#streams.delete(stream.ssrc);
    if (stream.ledger.highest >= 0) this.#remember(stream);
    stream.close();
  }

  setKeys(keys: DormantKeys): void {
    this.#keys = keys;
    this.rtcpStream.keys = keys;
    for (const stream of this.#streams?.values() ?? []) this.#key(stream, keys);
  }

  close(): void {
    this.#closed = true;
    this.#keys = undefined;
    this.#cipher = undefined;
    this.rtcpStream.close();
    for (const stream of this.#streams?.values() ?? []) stream.close();
    this.#streams = undefined;
    this.#usedUpTo = undefined;
    this.#spent?.clear();
  }

  #key(stream: RtpOutboundStream, keys: DormantKeys): void {
    this.#cipher ??= keys.derive('srtp');
    stream.key(this.#cipher, this.#supply);
  }

  #mayOpen(ssrc: number): boolean {
    if (this.#spent !== undefined) return this.size < MAX_SSRCS && !this.#spent.has(ssrc);
    return this.#usedUpTo?.has(ssrc) === true || this.size + (this.#usedUpTo?.size ?? 0) < MAX_SSRCS;
  }

  #remember({ ssrc, ledger }: RtpOutboundStream): void {
    if (this.#spent !== undefined) this.#spent.add(ssrc);
    else {
      this.#usedUpTo ??= new Map();
      this.#usedUpTo.set(ssrc, ledger.highest);
    }
  }
}

/** Sending state of one SSRC, or of all RTCP of a peer: the implementation of the opaque `OutboundStream`. */
export class RtpOutboundStream implements OutboundStream {
  readonly ssrc: number;
  readonly ledger: SentLedger;
  /** Undefined until the handshake has derived keys, and after closing. */
  cipher: SessionCipher | undefined;
  /** Only in counter mode, and only while there is a key. */
  window: KeystreamWindow | undefined;

  /** @param usedUpTo the highest packet index already sent under this SSRC, -1 if there is none */
  constructor(ssrc: number, usedUpTo: number) {
    this.ssrc = ssrc;
    this.ledger = new SentLedger(usedUpTo);
  }

  key(cipher: SessionCipher, supply: KeystreamSupply): void {
    this.cipher = cipher;
    if (cipher.profile !== 'AES_CM_128_HMAC_SHA1_80') return;
    this.window = new KeystreamWindow(supply, cipher.keystream, this.ssrc);
    this.ledger.authenticationKey = cipher.authentication;
  }

  /** Reads a field of each object that protecting the next packet needs, to warm the cache. */
  prefetch(): number {
    return this.window === undefined ? 0 : this.window.prefetch() ^ this.ledger.prefetch();
  }

  close(): void {
    this.cipher = undefined;
    this.window?.release();
    this.window = undefined;
  }
}

export class RtcpOutboundStream implements OutboundStream {
  /** Not used, since each RTCP packet contains its sender's SSRC. */
  readonly ssrc = 0;
  keys: DormantKeys | undefined = undefined;
  #cipher: SessionCipher | undefined = undefined;
  #nextIndex: number;

  constructor(firstIndex = 0) {
    this.#nextIndex = firstIndex;
  }

  /** Derived for the first packet; undefined until the handshake has derived keys, and after closing. */
  get cipher(): SessionCipher | undefined {
    this.#cipher ??= this.keys?.derive('srtcp');
    return this.#cipher;
  }

  close(): void {
    this.keys = undefined;
    this.#cipher = undefined;
  }

  get isNearlyUsedUp(): boolean {
    return this.#nextIndex >= SRTCP_INDEX_LIMIT - SRTCP_INDICES_IN_RESERVE;
  }

  /** @returns a new index; undefined if the key has used them all */
  takeIndex(): number | undefined {
    if (this.#nextIndex >= SRTCP_INDEX_LIMIT) return undefined;
    return this.#nextIndex++;
  }
}

/**
 * Enforces the rule that counter mode depends on: one (key, SSRC, index) never encrypts two different payloads.
 * Remembers a checksum of each recent index's payload, to distinguish a retransmission from a second use of its
 * keystream.
 */
export class SentLedger {
  /**
   * The key's words, followed by one word for each recent index, at its low bits: 0 if it was not sent, otherwise the payload's checksum.
   * Created with the first packet. Key and checksums share an array because each packet needs both, and would otherwise fetch two.
   */
  #words: Int32Array | undefined;
  #highest: number;
  /** Indices up to this one are refused regardless of the window. */
  #floor: number;
  #key: AuthenticationKey | undefined;

  /** @param floor the highest index already used under this key and SSRC, -1 if there is none */
  constructor(floor: number) {
    this.#floor = floor;
    this.#highest = floor;
  }

  /** Sets the key that packets are authenticated with, if the profile has one. */
  set authenticationKey(key: AuthenticationKey) {
    this.#key = key;
    this.#words?.set(key);
  }

  get authenticationKey(): AuthenticationKey {
    this.#words ??= this.#makeWords();
    return this.#words;
  }

  prefetch(): number {
    const words = this.#words;
    return words === undefined ? 0 : words[0] ^ words[slotOf(words, this.#highest + 1)];
  }

  /** The highest index used so far, -1 if there is none. */
  get highest(): number {
    return this.#highest;
  }

  /**
   * Records that `index` carries a payload with this checksum.
   *
   * @returns false if it carried, or may have carried, a different one: the packet must not be sent
   */
  admit(index: number, checksum: number): boolean {
    this.#words ??= this.#makeWords();
    const words = this.#words;
    const slot = slotOf(words, index);
    const mark = checksum === 0 ? 1 : checksum | 0;
    if (index > this.#highest) {
      this.#forgetBetween(words, index);
      this.#highest = index;
      words[slot] = mark;
      return true;
    }
    if (index <= this.#floor) return false;
    const behind = this.#highest - index;
    if (behind >= rememberedBy(words)) {
      this.#rememberUpTo(words, MOST_REMEMBERED);
      return false;
    }
    if (words[slot] === 0) words[slot] = mark;
    const isSame = words[slot] === mark;
    if (behind >= rememberedBy(words) * SHARE_BEFORE_GROWTH) this.#rememberUpTo(words, 2 * rememberedBy(words));
    return isSame;
  }

  #makeWords(): Int32Array {
    const words = new Int32Array(FIRST_SLOT + AT_FIRST_REMEMBERED);
    if (this.#key !== undefined) words.set(this.#key);
    return words;
  }

  /** Extends the range that is remembered. Indices that are already forgotten stay refused. */
  #rememberUpTo(before: Int32Array, wanted: number): void {
    const packets = Math.min(wanted, MOST_REMEMBERED);
    if (packets <= rememberedBy(before)) return;
    const words = new Int32Array(FIRST_SLOT + packets);
    words.set(before.subarray(0, FIRST_SLOT));
    this.#floor = Math.max(this.#floor, this.#highest - rememberedBy(before));
    for (let index = this.#floor + 1; index <= this.#highest; index++) words[slotOf(words, index)] = before[slotOf(before, index)];
    this.#words = words;
  }

  #forgetBetween(words: Int32Array, index: number): void {
    const skipped = index - this.#highest - 1;
    if (skipped >= rememberedBy(words)) {
      words.fill(0, FIRST_SLOT);
      return;
    }
    for (let i = 1; i <= skipped; i++) words[slotOf(words, index - i)] = 0;
  }
}

/** How many packets back the words reach, a power of two. */
function rememberedBy(words: Int32Array): number {
  return words.length - FIRST_SLOT;
}

/** Also correct for 48-bit indices, since bit operations take a number modulo 2^32. */
function slotOf(words: Int32Array, index: number): number {
  return FIRST_SLOT + (index & (words.length - FIRST_SLOT - 1));
}

/**
 * The SSRCs that a link has sent under and must not use again, one bit each. They are assigned in ascending order, so SSRCs used at about
 * the same time are adjacent. Those of the other direction and of unwanted layers leave gaps.
 */
export class SpentSsrcs {
  readonly #chunks = new Map<number, Uint32Array>();

  add(ssrc: number): void {
    const chunkNo = Math.floor(ssrc / CHUNK_SSRCS);
    const chunk = this.#chunks.get(chunkNo) ?? this.#addChunk(chunkNo);
    const bit = ssrc % CHUNK_SSRCS;
    if (chunk !== undefined) chunk[bit >>> 5] |= 1 << (bit & 31);
  }

  /** Whether the SSRC was used. If there is no room left, whether it may have been. */
  has(ssrc: number): boolean {
    const chunk = this.#chunks.get(Math.floor(ssrc / CHUNK_SSRCS));
    const bit = ssrc % CHUNK_SSRCS;
    return chunk === undefined ? this.#chunks.size >= MAX_CHUNKS : (chunk[bit >>> 5] & (1 << (bit & 31))) !== 0;
  }

  clear(): void {
    this.#chunks.clear();
  }

  #addChunk(chunkNo: number): Uint32Array | undefined {
    if (this.#chunks.size >= MAX_CHUNKS) return undefined;
    const chunk = new Uint32Array(CHUNK_SSRCS / 32);
    this.#chunks.set(chunkNo, chunk);
    return chunk;
  }
}
