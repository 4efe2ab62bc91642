/**
 * Datagrams of one socket that are sent in one system call: an array of `mmsghdr` structures, each of which points to
 * an address and to memory.
 *
 * @see sendmmsg(2)
 */
import type { Path, ProtectedBytes, SendKind } from '@causeway/media';
import type { AddressSlots } from './address-slots.ts';
import { isForNow, refusalOfErrno, type SendRefusal } from './send-counters.ts';
import { SOCKET_ADDRESS_BYTES } from './socket-address.ts';
import type { SystemCalls } from './system-calls.ts';

/** A large fan-out takes a few calls. With more headers per call, they would evict the packets from the L1 cache. */
const MAX_DATAGRAMS = 64;

/** Size of `struct mmsghdr` on 64-bit machines, in 32-bit words. */
const HEADER_WORDS = 16;
const NAME = 0;
const NAME_LENGTH = 2;
const PIECES = 4;
const PIECE_COUNT = 6;
/** Size of `struct iovec`. */
const PIECE_WORDS = 4;
const PIECE_AT = 0;
const PIECE_LENGTH = 2;
const WORD_BYTES = 4;
const TWO_TO_32 = 2 ** 32;
const TWO_TO_MINUS_32 = 2 ** -32;
const NO_FD = -1;

/** A path whose remote address has a slot in the system's form. */
export interface SlottedPath extends Path {
  readonly addressSlot: number;
}

export interface DatagramBatchListener {
  /**
   * The system's buffer is full. Called for each remaining datagram, in order; the bytes are valid until it returns.
   */
  onFull(path: SlottedPath, memory: ProtectedBytes, offset: number, length: number, kind: SendKind): void;
  /** The system refuses a datagram for good; the bytes are valid until this returns. */
  onRefused(refusal: SendRefusal, path: SlottedPath, memory: ProtectedBytes, offset: number, length: number, kind: SendKind): void;
}

export class DatagramBatch {
  readonly #calls: SystemCalls;
  #fd: number;
  readonly #addresses: AddressSlots;
  readonly #addressesAt: number;
  /** All headers, followed by one `iovec` for each. */
  readonly #words = new Uint32Array(new ArrayBuffer(MAX_DATAGRAMS * (HEADER_WORDS + PIECE_WORDS) * WORD_BYTES));
  readonly #headersAt: number;
  /** The same address as system calls take it, because creating a `bigint` for each call costs more. */
  readonly #allHeadersAt: bigint;
  /** The memory that the packets are in, and its address. */
  #memory: ProtectedBytes | undefined;
  #memoryAt = 0;
  readonly #listener: DatagramBatchListener;
  /** The path of each datagram, including those of the last batch. */
  readonly #paths = new Array<SlottedPath | undefined>(MAX_DATAGRAMS).fill(undefined);
  readonly #kinds = new Uint8Array(MAX_DATAGRAMS);
  #count = 0;

  constructor(calls: SystemCalls, fd: number, addresses: AddressSlots, listener: DatagramBatchListener) {
    this.#calls = calls;
    this.#fd = fd;
    this.#addresses = addresses;
    this.#listener = listener;
    this.#addressesAt = calls.addressOf(addresses.bytes);
    this.#headersAt = calls.addressOf(new Uint8Array(this.#words.buffer));
    this.#allHeadersAt = BigInt(this.#headersAt);
    const piecesAt = this.#headersAt + MAX_DATAGRAMS * HEADER_WORDS * WORD_BYTES;
    for (let index = 0; index < MAX_DATAGRAMS; index++) {
      this.#writePointer(index * HEADER_WORDS + PIECES, piecesAt + index * PIECE_WORDS * WORD_BYTES);
      this.#words[index * HEADER_WORDS + PIECE_COUNT] = 1;
    }
  }

  /** Adds a datagram for a path that has an address slot. The bytes must not change until `send`. */
  add(path: SlottedPath, memory: ProtectedBytes, offset: number, length: number, kind: SendKind): void {
    if ((this.#count === MAX_DATAGRAMS || memory !== this.#memory) && !this.#makeRoom(memory)) {
      // If it were added to the batch, it would overtake the datagrams that were left out.
      this.#listener.onFull(path, memory, offset, length, kind);
      return;
    }
    const header = this.#count * HEADER_WORDS;
    const piece = MAX_DATAGRAMS * HEADER_WORDS + this.#count * PIECE_WORDS;
    this.#writePointer(header + NAME, this.#addressesAt + path.addressSlot * SOCKET_ADDRESS_BYTES);
    this.#words[header + NAME_LENGTH] = this.#addresses.lengthOf(path.addressSlot);
    this.#writePointer(piece + PIECE_AT, this.#memoryAt + offset);
    this.#words[piece + PIECE_LENGTH] = length;
    this.#kinds[this.#count] = kind;
    this.#paths[this.#count++] = path;
  }

  /**
   * Sends all datagrams that were added. One that the system refuses does not affect the others; once the buffer is
   * full, no further calls are made.
   *
   * @returns false if there was no room for some of them
   */
  send(): boolean {
    const count = this.#count;
    this.#count = 0;
    if (this.#fd !== NO_FD) return this.#sendAll(count);
    for (let index = 0; index < count; index++) this.#refuse(index, 'no_socket');
    return true;
  }

  /** Discards the datagrams that were added but not sent. */
  discard(): void {
    this.#count = 0;
  }

  /** Releases the references to paths of the last batch. */
  forgetSent(): void {
    this.#paths.fill(undefined, this.#count);
  }

  /** Stops using the descriptor, which may soon belong to another socket. */
  close(): void {
    this.#fd = NO_FD;
  }

  #sendAll(count: number): boolean {
    for (let next = 0; next < count; ) {
      const taken = this.#sendFrom(next, count);
      next += taken;
      if (next === count) break;
      // The system reports why it stopped only in a call that begins with the datagram in question.
      if (taken > 0) continue;
      const errno = this.#calls.lastError();
      if (isForNow(errno)) {
        this.#leave(next, count);
        return false;
      }
      this.#refuse(next, refusalOfErrno(errno));
      next++;
    }
    return true;
  }

  /** @returns how many datagrams the system accepted */
  #sendFrom(first: number, count: number): number {
    const headersAt = first === 0 ? this.#allHeadersAt : BigInt(this.#headersAt + first * HEADER_WORDS * WORD_BYTES);
    return Math.max(0, this.#calls.sendMany(this.#fd, headersAt, count - first));
  }

  #leave(first: number, count: number): void {
    const memory = this.#memory;
    for (let index = first; index < count; index++) {
      const path = this.#paths[index];
      if (path === undefined || memory === undefined) continue;
      this.#listener.onFull(path, memory, this.#offsetOf(index), this.#lengthOf(index), this.#kinds[index] as SendKind);
    }
  }

  #refuse(index: number, refusal: SendRefusal): void {
    const path = this.#paths[index];
    const memory = this.#memory;
    if (path === undefined || memory === undefined) return;
    this.#listener.onRefused(refusal, path, memory, this.#offsetOf(index), this.#lengthOf(index), this.#kinds[index] as SendKind);
  }

  #offsetOf(index: number): number {
    return this.#readPointer(MAX_DATAGRAMS * HEADER_WORDS + index * PIECE_WORDS + PIECE_AT) - this.#memoryAt;
  }

  #lengthOf(index: number): number {
    return this.#words[MAX_DATAGRAMS * HEADER_WORDS + index * PIECE_WORDS + PIECE_LENGTH] ?? 0;
  }

  /** @returns false if there was no room for some of the datagrams added before */
  #makeRoom(memory: ProtectedBytes): boolean {
    const hasRoom = this.send();
    if (memory !== this.#memory) {
      this.#memory = memory;
      this.#memoryAt = this.#calls.addressOf(memory);
    }
    return hasRoom;
  }

  #writePointer(word: number, address: number): void {
    // Storing to a Uint32Array keeps the low 32 bits of a whole number.
    this.#words[word] = address;
    this.#words[word + 1] = address * TWO_TO_MINUS_32;
  }

  #readPointer(word: number): number {
    return (this.#words[word] ?? 0) + (this.#words[word + 1] ?? 0) * TWO_TO_32;
  }
}
