/**
 * Generates keystream for AES in counter mode. AES-CM is AES-ECB over counter blocks, so one call encrypts those of many packets of a key.
 *
 * @see RFC 3711 §4.1.1
 */
import { type Cipheriv, createCipheriv, createSecretKey } from 'node:crypto';
import type { KeystreamPlace, SrtpMemory } from './srtp-memory.ts';

const AES_BLOCK_BYTES = 16;
const SALT_BYTES = 14;
const SEQ_SPACE = 65_536;

export class CounterModeKey {
  readonly #memory: SrtpMemory;
  /** Plain arrays, since a typed array of this size takes twice as much memory. Each word is the number of four bytes in memory. */
  readonly #key: number[];
  /** 14 bytes, then two zeros in place of the block counter. */
  readonly #salt: number[];
  /** Created if it is needed. OpenSSL's state for each takes a kilobyte. */
  #cipher: Cipheriv | undefined = undefined;

  constructor(memory: SrtpMemory, encryptionKey: Uint8Array, salt: Uint8Array) {
    this.#memory = memory;
    this.#key = wordsOf(encryptionKey, AES_BLOCK_BYTES);
    this.#salt = wordsOf(salt, SALT_BYTES);
  }

  /**
   * Generates the keystream of consecutive packet indices, one packet after another.
   *
   * @param bytesPerPacket a multiple of 16; `packets` times this must not exceed a keystream page
   */
  generate(place: KeystreamPlace, ssrc: number, firstIndex: number, packets: number, bytesPerPacket: number): void {
    const { kernel, counterBlocksAt, saltAt, words } = this.#memory;
    for (let word = 0; word < 4; word++) words[saltAt / 4 + word] = this.#salt[word];
    const rollovers = Math.floor(firstIndex / SEQ_SPACE);
    const seq = firstIndex - rollovers * SEQ_SPACE;
    kernel.fillCounterBlocks(counterBlocksAt, saltAt, ssrc, rollovers, seq, packets, bytesPerPacket / AES_BLOCK_BYTES);
    const length = packets * bytesPerPacket;
    if (place.writer?.write(this.#key, length) !== true) this.#generateByNode(place.at, length);
  }

  /** Generates the keystream of one packet. @returns its address, valid until the next call on any key of this memory */
  generateSingle(ssrc: number, index: number, length: number): number {
    const { single } = this.#memory;
    this.generate(single, ssrc, index, 1, Math.ceil(length / AES_BLOCK_BYTES) * AES_BLOCK_BYTES);
    return single.at;
  }

  #generateByNode(at: number, length: number): void {
    this.#cipher ??= createEcb(this.#key);
    const keystream = this.#cipher.update(this.#memory.counterBlocks(length));
    this.#memory.bytes.set(keystream, at);
    // Frees the buffer now. The garbage collector would count these bytes and run far too often.
    (keystream.buffer as ArrayBuffer).transfer(0);
  }
}

function createEcb(key: readonly number[]): Cipheriv {
  return createCipheriv('aes-128-ecb', createSecretKey(new Uint8Array(Int32Array.from(key).buffer)), null).setAutoPadding(false);
}

/** The first bytes as words in the order that they have in memory, of which there are always four. */
function wordsOf(bytes: Uint8Array, length: number): number[] {
  const words = [0, 0, 0, 0];
  for (let at = 0; at < length; at++) words[at >> 2] |= bytes[at] << (8 * (at & 3));
  return words;
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
      this.#key.generate(this.#memory.single, ssrc, index, PLACES, this.#placeBytes);
      this.#ahead = this.#memory.bytes.slice(this.#memory.single.at, this.#memory.single.at + PLACES * this.#placeBytes);
      this.#firstIndex = index;
    }
    const { bytes, single } = this.#memory;
    const start = (index - this.#firstIndex) * this.#placeBytes;
    bytes.set(this.#ahead.subarray(start, start + this.#placeBytes), single.at);
    return single.at;
  }

  #covers(index: number): boolean {
    const place = index - this.#firstIndex;
    return place >= 0 && place * this.#placeBytes < this.#ahead.length;
  }
}
