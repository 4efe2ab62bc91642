/**
 * AES in counter mode as keystream on demand: AES-CM is AES-ECB over counter blocks, so one long-lived cipher object
 * serves all packets of a key, many in one call.
 *
 * @see RFC 3711 §4.1.1
 */
import { type Cipheriv, createCipheriv, createSecretKey } from 'node:crypto';
import { KEYSTREAM_PAGE_BYTES, type SrtpMemory } from './srtp-memory.ts';

const AES_BLOCK_BYTES = 16;

export class CounterModeKey {
  readonly #memory: SrtpMemory;
  readonly #cipher: Cipheriv;
  /** The salt as big-endian words; the last is its two bytes and two zeros, where the block counter stands. */
  readonly #salt: readonly [number, number, number, number];

  constructor(memory: SrtpMemory, encryptionKey: Buffer, salt: Buffer) {
    this.#memory = memory;
    this.#cipher = createCipheriv('aes-128-ecb', createSecretKey(encryptionKey), null);
    this.#cipher.setAutoPadding(false);
    this.#salt = [salt.readInt32BE(0), salt.readInt32BE(4), salt.readInt32BE(8), salt.readUInt16BE(12) << 16];
  }

  /**
   * Keystream of consecutive packet indices, one after another in a new buffer.
   *
   * @param bytesPerPacket a multiple of 16; `packets` times this must not exceed a keystream page
   */
  generate(ssrc: number, firstIndex: number, packets: number, bytesPerPacket: number): Uint8Array {
    const { kernel, counterBlocksAt, initialBlockAt } = this.#memory;
    for (let packet = 0; packet < packets; packet++) {
      this.#writeInitialBlock(ssrc, firstIndex + packet);
      kernel.fillCounterBlocks(counterBlocksAt + packet * bytesPerPacket, initialBlockAt, bytesPerPacket / AES_BLOCK_BYTES);
    }
    return this.#cipher.update(counterBlocksView(this.#memory, packets * bytesPerPacket));
  }

  /** Keystream of one packet. @returns its address; good until the next call on any key of this memory */
  generateSingle(ssrc: number, index: number, length: number): number {
    const bytes = Math.ceil(length / AES_BLOCK_BYTES) * AES_BLOCK_BYTES;
    this.#memory.bytes.set(this.generate(ssrc, index, 1, bytes), this.#memory.singleKeystreamAt);
    return this.#memory.singleKeystreamAt;
  }

  #writeInitialBlock(ssrc: number, index: number): void {
    const { view, initialBlockAt: at } = this.#memory;
    const rollovers = Math.floor(index / 65_536);
    view.setInt32(at, this.#salt[0]);
    view.setInt32(at + 4, this.#salt[1] ^ ssrc);
    view.setInt32(at + 8, this.#salt[2] ^ rollovers);
    view.setInt32(at + 12, this.#salt[3] ^ ((index - rollovers * 65_536) << 16));
  }
}

/** Views on the counter blocks by length, made once each: the cipher is called for a packet's worth of microseconds. */
const viewsByMemory = new WeakMap<SrtpMemory, Uint8Array[]>();

function counterBlocksView(memory: SrtpMemory, length: number): Uint8Array {
  let views = viewsByMemory.get(memory);
  if (views === undefined) {
    views = new Array<Uint8Array>(KEYSTREAM_PAGE_BYTES / AES_BLOCK_BYTES + 1);
    viewsByMemory.set(memory, views);
  }
  const blocks = length / AES_BLOCK_BYTES;
  views[blocks] ??= memory.bytes.subarray(memory.counterBlocksAt, memory.counterBlocksAt + length);
  return views[blocks];
}
