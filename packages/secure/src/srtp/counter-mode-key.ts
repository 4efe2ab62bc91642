/**
 * AES in counter mode as keystream on demand: AES-CM is AES-ECB over counter blocks, so one long-lived cipher object
 * serves all packets of a key, many in one call.
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
  /** Made for the first packet: a peer has four keys and seldom needs them all, and OpenSSL's state for each takes a kilobyte. */
  #cipher: Cipheriv | undefined = undefined;
  /** What the cipher will be made of; a copy, because a piece of Node's pool would keep all of that. */
  #encryptionKey: Uint8Array | undefined;
  /** As it lies in memory: its 14 bytes and two zeros, where the block counter stands. */
  readonly #salt = new Int32Array(AES_BLOCK_BYTES / 4);

  constructor(memory: SrtpMemory, encryptionKey: Buffer, salt: Buffer) {
    this.#memory = memory;
    this.#encryptionKey = new Uint8Array(encryptionKey);
    new Uint8Array(this.#salt.buffer).set(salt.subarray(0, SALT_BYTES));
  }

  /**
   * Keystream of consecutive packet indices, one after another in a new buffer.
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

  /** Keystream of one packet. @returns its address; good until the next call on any key of this memory */
  generateSingle(ssrc: number, index: number, length: number): number {
    const bytes = Math.ceil(length / AES_BLOCK_BYTES) * AES_BLOCK_BYTES;
    this.#memory.bytes.set(this.generate(ssrc, index, 1, bytes), this.#memory.singleKeystreamAt);
    return this.#memory.singleKeystreamAt;
  }
}
