/**
 * Packs packet statuses into the chunks of transport-wide feedback: runs of equal statuses, and vectors of 14 one-bit
 * or 7 two-bit statuses. It is greedy and takes one status at a time, except for long runs.
 *
 * @see draft-holmer-rmcat-transport-wide-cc-extensions-01 §3.1.2 to §3.1.4
 */
import { writeUint16 } from '../numbers.ts';

/** Status of a packet. Its value is also the length in bytes of the packet's delta. */
export type PacketStatus = 0 | 1 | 2;

export const NOT_RECEIVED = 0;
export const SMALL_DELTA = 1;
export const LARGE_DELTA = 2;

const CHUNK_LENGTH = 2;
const MAX_RUN_LENGTH = 0x1fff;
const ONE_BIT_CAPACITY = 14;
const TWO_BIT_CAPACITY = 7;
const ONE_BIT_VECTOR = 0x8000;
const TWO_BIT_VECTOR = 0xc000;

/** The chunks of one feedback packet under construction. */
export class StatusChunks {
  readonly #closed: Uint16Array;
  #closedCount = 0;
  /** The first statuses of the open chunk; all of them, unless it is a run. */
  readonly #open = new Uint8Array(ONE_BIT_CAPACITY);
  #openCount = 0;
  #isUniform = true;
  #hasLarge = false;

  /** @param maxChunks capacity; the caller checks `maxLengthBytesWith` before it adds */
  constructor(maxChunks: number) {
    this.#closed = new Uint16Array(maxChunks);
  }

  get lengthBytes(): number {
    return this.#count * CHUNK_LENGTH;
  }

  /** Upper bound of `lengthBytes` after another `lost` packets that did not arrive and one that did. */
  maxLengthBytesWith(lost: number): number {
    const forLost = lost === 0 ? 0 : 1 + Math.ceil(lost / MAX_RUN_LENGTH);
    return (this.#count + forLost + 1) * CHUNK_LENGTH;
  }

  clear(): void {
    this.#closedCount = 0;
    this.#clearOpen();
  }

  /** Appends `count` packets of the same status. */
  add(status: PacketStatus, count: number): void {
    let left = count;
    while (left > 0) {
      if (this.#openCount === 0 || (this.#isUniform && this.#open[0] === status)) left -= this.#extendRun(status, left);
      else left -= this.#addOne(status);
    }
  }

  /** @returns the offset after the chunks */
  write(out: Uint8Array, offset: number): number {
    let at = offset;
    for (let i = 0; i < this.#closedCount; i++) at = writeUint16(out, at, this.#closed[i]);
    return this.#openCount === 0 ? at : writeUint16(out, at, this.#openChunk());
  }

  get #count(): number {
    return this.#closedCount + (this.#openCount === 0 ? 0 : 1);
  }

  /** @returns how many of `count` were added */
  #extendRun(status: PacketStatus, count: number): number {
    const taken = Math.min(count, MAX_RUN_LENGTH - this.#openCount);
    if (taken === 0) {
      this.#close();
      return 0;
    }
    const firstsEnd = Math.min(this.#openCount + taken, ONE_BIT_CAPACITY);
    for (let i = this.#openCount; i < firstsEnd; i++) this.#open[i] = status;
    this.#openCount += taken;
    this.#hasLarge = status === LARGE_DELTA;
    return taken;
  }

  #addOne(status: PacketStatus): number {
    const fitsTwoBit = this.#openCount < TWO_BIT_CAPACITY;
    const fitsOneBit = this.#openCount < ONE_BIT_CAPACITY && !this.#hasLarge && status !== LARGE_DELTA;
    if (!fitsTwoBit && !fitsOneBit) this.#close();
    this.#isUniform &&= this.#openCount === 0 || this.#open[0] === status;
    this.#hasLarge ||= status === LARGE_DELTA;
    this.#open[this.#openCount++] = status;
    return 1;
  }

  /** Closes the open chunk. Six statuses stay open if a large delta arrives after 13 statuses that would have fitted one bit each. */
  #close(): void {
    if (this.#isUniform || this.#hasLarge || this.#openCount === ONE_BIT_CAPACITY) {
      this.#closed[this.#closedCount++] = this.#openChunk();
      this.#clearOpen();
      return;
    }
    const kept = this.#openCount - TWO_BIT_CAPACITY;
    this.#closed[this.#closedCount++] = this.#vector(TWO_BIT_VECTOR, TWO_BIT_CAPACITY, 2);
    this.#open.copyWithin(0, TWO_BIT_CAPACITY, this.#openCount);
    this.#openCount = kept;
    this.#isUniform = true;
    for (let i = 1; i < kept; i++) this.#isUniform &&= this.#open[i] === this.#open[0];
  }

  #clearOpen(): void {
    this.#openCount = 0;
    this.#isUniform = true;
    this.#hasLarge = false;
  }

  #openChunk(): number {
    if (this.#isUniform) return (this.#open[0] << 13) | this.#openCount;
    if (this.#openCount <= TWO_BIT_CAPACITY) return this.#vector(TWO_BIT_VECTOR, this.#openCount, 2);
    return this.#vector(ONE_BIT_VECTOR, this.#openCount, 1);
  }

  #vector(form: number, count: number, bits: number): number {
    let chunk = form;
    for (let i = 0; i < count; i++) chunk |= this.#open[i] << (ONE_BIT_CAPACITY - bits * (i + 1));
    return chunk;
  }
}
