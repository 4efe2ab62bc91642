/**
 * Datagrams of one socket on their way into one system call: an array of `mmsghdr` structures, each of which names an address and a piece
 * of memory.
 *
 * @see sendmmsg(2)
 */
import type { DatagramSink } from '@causeway/media';
import type { AddressSlots } from './address-slots.ts';
import { SOCKET_ADDRESS_BYTES } from './socket-address.ts';
import type { SocketPath } from './socket-path.ts';
import type { SystemCalls } from './system-calls.ts';

/** A flush of a large fan-out in a few calls; with more the headers would push the packets out of the nearest cache. */
const MAX_DATAGRAMS = 64;

/** Of `struct mmsghdr` on 64-bit machines, in 32-bit words. */
const HEADER_WORDS = 16;
const NAME = 0;
const NAME_LENGTH = 2;
const PIECES = 4;
const PIECE_COUNT = 6;
/** Of `struct iovec`. */
const PIECE_WORDS = 4;
const PIECE_AT = 0;
const PIECE_LENGTH = 2;
const WORD_BYTES = 4;
const TWO_TO_32 = 2 ** 32;
const TWO_TO_MINUS_32 = 2 ** -32;
/** So many refused in a row mean that the buffer is full: to ask for each of the rest would cost a call more than to send it alone. */
const REFUSALS_BEFORE_GIVING_UP = 2;
/** The system refuses whatever is sent with it. */
const NO_FD = -1;

export class DatagramBatch {
  readonly #calls: SystemCalls;
  #fd: number;
  readonly #addresses: AddressSlots;
  readonly #addressesAt: number;
  /** All headers, and behind them one piece for each. */
  readonly #words = new Uint32Array(MAX_DATAGRAMS * (HEADER_WORDS + PIECE_WORDS));
  readonly #headers = new Uint8Array(this.#words.buffer);
  /** The memory that pieces are in, and where it lies. */
  #memory: Uint8Array | undefined;
  #memoryAt = 0;
  readonly #sendOne: DatagramSink['send'];
  /** Where each goes; those that were sent last, too. */
  readonly #paths = new Array<SocketPath | undefined>(MAX_DATAGRAMS).fill(undefined);
  #count = 0;

  /** @param sendOne sends a datagram that the system did not take, because its buffer is full or there is no way to the address */
  constructor(calls: SystemCalls, fd: number, addresses: AddressSlots, sendOne: DatagramSink['send']) {
    this.#calls = calls;
    this.#fd = fd;
    this.#addresses = addresses;
    this.#sendOne = sendOne;
    this.#addressesAt = calls.addressOf(addresses.bytes);
    const piecesAt = calls.addressOf(this.#headers) + MAX_DATAGRAMS * HEADER_WORDS * WORD_BYTES;
    for (let index = 0; index < MAX_DATAGRAMS; index++) {
      this.#writePointer(index * HEADER_WORDS + PIECES, piecesAt + index * PIECE_WORDS * WORD_BYTES);
      this.#words[index * HEADER_WORDS + PIECE_COUNT] = 1;
    }
  }

  /** Adds a datagram for a path that has an address slot. The bytes must stay as they are until `send`. */
  add(path: SocketPath, memory: Uint8Array, offset: number, length: number): void {
    if (this.#count === MAX_DATAGRAMS || memory !== this.#memory) this.#makeRoom(memory);
    const header = this.#count * HEADER_WORDS;
    const piece = MAX_DATAGRAMS * HEADER_WORDS + this.#count * PIECE_WORDS;
    this.#writePointer(header + NAME, this.#addressesAt + path.addressSlot * SOCKET_ADDRESS_BYTES);
    this.#words[header + NAME_LENGTH] = this.#addresses.lengthOf(path.addressSlot);
    this.#writePointer(piece + PIECE_AT, this.#memoryAt + offset);
    this.#words[piece + PIECE_LENGTH] = length;
    this.#paths[this.#count++] = path;
  }

  /** Sends all that was added. */
  send(): void {
    const count = this.#count;
    this.#count = 0;
    let refusals = 0;
    for (let next = this.#sendFrom(0, count); next < count; ) {
      this.#sendRefused(next++);
      const taken = ++refusals < REFUSALS_BEFORE_GIVING_UP ? this.#sendFrom(next, count) : 0;
      if (taken > 0) refusals = 0;
      next += taken;
    }
  }

  /** Lets go of the paths that were sent to. */
  forgetSent(): void {
    this.#paths.fill(undefined, this.#count);
  }

  /** The descriptor may be another socket's from now on. */
  close(): void {
    this.#fd = NO_FD;
  }

  /** @returns how many the system took */
  #sendFrom(first: number, count: number): number {
    if (first === count) return 0;
    const headers = first === 0 ? this.#headers : this.#headers.subarray(first * HEADER_WORDS * WORD_BYTES);
    return Math.max(0, this.#calls.sendMany(this.#fd, headers, count - first));
  }

  #sendRefused(index: number): void {
    const path = this.#paths[index];
    const piece = MAX_DATAGRAMS * HEADER_WORDS + index * PIECE_WORDS;
    if (path === undefined || this.#memory === undefined) return;
    this.#sendOne(path, this.#memory, this.#readPointer(piece + PIECE_AT) - this.#memoryAt, this.#words[piece + PIECE_LENGTH] ?? 0);
  }

  #makeRoom(memory: Uint8Array): void {
    this.send();
    if (memory === this.#memory) return;
    this.#memory = memory;
    this.#memoryAt = this.#calls.addressOf(memory);
  }

  #writePointer(word: number, address: number): void {
    // Stores keep the low 32 bits of a whole number.
    this.#words[word] = address;
    this.#words[word + 1] = address * TWO_TO_MINUS_32;
  }

  #readPointer(word: number): number {
    return (this.#words[word] ?? 0) + (this.#words[word + 1] ?? 0) * TWO_TO_32;
  }
}
