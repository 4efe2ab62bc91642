/**
 * Generates keystream for AES in counter mode. AES-CM is AES-ECB over counter blocks, so one long-lived cipher object serves all packets of
 * a key, and many in one call.
 *
 * @see RFC 3711 §4.1.1
 */
import { type Cipheriv, createCipheriv, createSecretKey } from 'node:crypto';
import type { SrtpMemory } from './srtp-memory.ts';

const AES_BLOCK_BYTES = 16;
const SALT_BYTES = 14;
const SEQ_SPACE = 65_536;

export class CounterModeKey {
  readonly #memory: SrtpMemory;
  /** Created for the first packet. A peer has four keys and seldom needs them all, and OpenSSL's state for each takes a kilobyte. */
  #cipher: Cipheriv | undefined = undefined;
  /** The key for the cipher until it is created. It is a copy, because a part of Node's pool would keep the whole pool in memory. */
  #encryptionKey: Uint8Array | undefined;
  /** The salt as it is in memory: 14 bytes, then two zeros in place of the block counter. */
  readonly #salt = new Int32Array(AES_BLOCK_BYTES / 4);

  constructor(memory: SrtpMemory, encryptionKey: Buffer, salt: Buffer) {
    this.#memory = memory;
    this.#encryptionKey = new Uint8Array(encryptionKey);
    // Byte by byte, since asking a small array for its buffer moves it out of the heap, where it takes three times as much.
    for (let at = 0; at < SALT_BYTES; at++) this.#salt[at >> 2] |= salt[at] << (8 * (at & 3));
  }

  /**
   * Generates the keystream of consecutive packet indices into a new buffer, one packet after another.
   *
   * @param bytesPerPacket a multiple of 16; `packets` times this must not exceed a keystream page
   */
  generate(ssrc: number, firstIndex: number, packets: number, bytesPerPacket: number): Uint8Array {
    const { kernel, counterBlocksAt, saltAt, words } = this.#memory;
    for (let word = 0; word < 4; word++) words[saltAt / 4 + word] = this.#salt[word];
    const rollovers = Math.floor(firstIndex / SEQ_SPACE);
    const seq = firstIndex - rollovers * SEQ_SPACE;
    kernel.fillCounterBlocks(counterBlocksAt, saltAt, ssrc, rollovers, seq, packets, bytesPerPacket / AES_BLOCK_BYTES);
    return (this.#cipher ?? this.#begin()).update(this.#memory.counterBlocks(packets * bytesPerPacket));
  }

  #begin(): Cipheriv {
    if (this.#encryptionKey === undefined) throw new Error('a key that began twice');
    this.#cipher = createCipheriv('aes-128-ecb', createSecretKey(this.#encryptionKey), null);
    this.#cipher.setAutoPadding(false);
    this.#encryptionKey = undefined;
    return this.#cipher;
  }

  /** Generates the keystream of one packet. @returns its address, valid until the next call on any key of this memory */
  generateSingle(ssrc: number, index: number, length: number): number {
    const bytes = Math.ceil(length / AES_BLOCK_BYTES) * AES_BLOCK_BYTES;
    this.#memory.bytes.set(this.generate(ssrc, index, 1, bytes), this.#memory.singleKeystreamAt);
    return this.#memory.singleKeystreamAt;
  }
}

/** Fits reports on 100 ms of video. Keystream for longer packets is generated individually. */
const MAX_PLACE_BYTES = 128;
const PLACES = 4;
const NONE = new Uint8Array(0);

/**
 * Keystream for inbound SRTCP. A receiver of video reports ten times per second, in small packets with consecutive indices. A cipher call
 * costs several times as much as encrypting so few bytes, so one call serves several packets.
 *
 * @see RFC 3711 §3.4
 */
export class RtcpKeystream {
  readonly #memory: SrtpMemory;
  readonly #key: CounterModeKey;
  #ssrc = 0;
  #lastIndex = -1;
  #ahead: Uint8Array = NONE;
  /** The length of a place. It follows the longest recent packet, because a node keeps these places for every subscriber. */
  #placeBytes = 0;
  /** Index of the first place. */
  #firstIndex = 0;

  constructor(memory: SrtpMemory, key: CounterModeKey) {
    this.#memory = memory;
    this.#key = key;
  }

  /**
   * Finds or generates the keystream of one packet.
   *
   * @returns its address, valid until the next call on any key of this memory
   */
  locate(ssrc: number, index: number, length: number): number {
    const followsLast = ssrc === this.#ssrc && index === this.#lastIndex + 1;
    if (ssrc !== this.#ssrc) this.#ahead = NONE;
    this.#ssrc = ssrc;
    this.#lastIndex = index;
    if (length > MAX_PLACE_BYTES) return this.#key.generateSingle(ssrc, index, length);
    if (length > this.#placeBytes || !this.#covers(index)) {
      if (!followsLast) return this.#key.generateSingle(ssrc, index, length);
      this.#placeBytes = Math.max(this.#placeBytes, Math.ceil(length / AES_BLOCK_BYTES) * AES_BLOCK_BYTES);
      this.#ahead = this.#key.generate(ssrc, index, PLACES, this.#placeBytes);
      this.#firstIndex = index;
    }
    const { bytes, singleKeystreamAt } = this.#memory;
    const start = (index - this.#firstIndex) * this.#placeBytes;
    bytes.set(this.#ahead.subarray(start, start + this.#placeBytes), singleKeystreamAt);
    return singleKeystreamAt;
  }

  #covers(index: number): boolean {
    const place = index - this.#firstIndex;
    return place >= 0 && place * this.#placeBytes < this.#ahead.length;
  }
}
