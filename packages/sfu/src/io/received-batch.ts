/**
 * Datagrams that one system call brings: an array of `mmsghdr` structures, each with room for a
 * source address and a datagram.
 *
 * @see recvmmsg(2)
 */
import { formatIpAddress } from '@causeway/wire';
import { canonicalAddress } from './canonical-address.ts';
import { zoneName } from './local-addresses.ts';
import { AF_INET6, SOCKET_ADDRESS_BYTES } from './socket-address.ts';
import type { SystemCalls } from './system-calls.ts';

/** What a busy millisecond brings; all slots together stay within the nearest but one cache. */
const MAX_DATAGRAMS = 64;
/**
 * Every packet of media fits. Not a power of two, so that the beginnings of the slots do not compete for the
 * same few lines of a cache.
 */
const SLOT_BYTES = 2_112;
/** What the slot does not hold of the longest datagram there is goes to memory that is hardly ever touched. */
const OVERFLOW_BYTES = 65_536 - SLOT_BYTES;

/** Size of `struct mmsghdr` on 64-bit machines, in 32-bit words. */
const HEADER_WORDS = 16;
const NAME = 0;
const NAME_LENGTH = 2;
const PIECES = 4;
const PIECE_COUNT = 6;
const DATAGRAM_LENGTH = 14;
/** Size of `struct iovec`; a datagram has two. */
const PIECE_WORDS = 4;
const PIECE_LENGTH = 2;
const PIECES_EACH = 2;
const WORD_BYTES = 4;
const ADDRESS_WORDS = SOCKET_ADDRESS_BYTES / WORD_BYTES;
const TWO_TO_MINUS_32 = 2 ** -32;

const IPV4_AT = 4;
const IPV6_AT = 8;
const IPV6_SCOPE_WORD = 6;

export class ReceivedBatch {
  /** Source addresses in the system's form, `ADDRESS_WORDS` each. */
  readonly sources = new Int32Array(new ArrayBuffer(MAX_DATAGRAMS * SOCKET_ADDRESS_BYTES));
  readonly #sourceBytes = new Uint8Array(this.sources.buffer);
  readonly #calls: SystemCalls;
  readonly #words = new Uint32Array(new ArrayBuffer(MAX_DATAGRAMS * (HEADER_WORDS + PIECES_EACH * PIECE_WORDS) * WORD_BYTES));
  readonly #headersAt: bigint;
  readonly #slots = new Uint8Array(new ArrayBuffer(MAX_DATAGRAMS * SLOT_BYTES));
  readonly #overflow = new Uint8Array(new ArrayBuffer(MAX_DATAGRAMS * OVERFLOW_BYTES));
  /** The view on each slot that was handed out last: packets of a stream tend to be equally long. */
  readonly #views: Uint8Array[] = [];
  /** How many headers the last call has written to. */
  #taken = MAX_DATAGRAMS;

  constructor(calls: SystemCalls) {
    this.#calls = calls;
    const headersAt = calls.addressOf(new Uint8Array(this.#words.buffer));
    this.#headersAt = BigInt(headersAt);
    const at = {
      pieces: headersAt + MAX_DATAGRAMS * HEADER_WORDS * WORD_BYTES,
      sources: calls.addressOf(this.#sourceBytes),
      slots: calls.addressOf(this.#slots),
      overflow: calls.addressOf(this.#overflow),
    };
    for (let index = 0; index < MAX_DATAGRAMS; index++) {
      const header = index * HEADER_WORDS;
      this.#writePointer(header + NAME, at.sources + index * SOCKET_ADDRESS_BYTES);
      this.#writePointer(header + PIECES, at.pieces + index * PIECES_EACH * PIECE_WORDS * WORD_BYTES);
      this.#words[header + PIECE_COUNT] = PIECES_EACH;
      const piece = MAX_DATAGRAMS * HEADER_WORDS + index * PIECES_EACH * PIECE_WORDS;
      this.#writePiece(piece, at.slots + index * SLOT_BYTES, SLOT_BYTES);
      this.#writePiece(piece + PIECE_WORDS, at.overflow + index * OVERFLOW_BYTES, OVERFLOW_BYTES);
      this.#views.push(this.#slots.subarray(index * SLOT_BYTES, index * SLOT_BYTES));
    }
  }

  /** How many datagrams one call brings at most. */
  get capacity(): number {
    return MAX_DATAGRAMS;
  }

  /** Takes what waits in a socket. @returns how many datagrams that were; what was taken before is gone */
  receive(fd: number): number {
    // The system has written how long the sources were, in place of the room there is for them.
    for (let index = 0; index < this.#taken; index++) this.#words[index * HEADER_WORDS + NAME_LENGTH] = SOCKET_ADDRESS_BYTES;
    this.#taken = Math.max(0, this.#calls.receiveMany(fd, this.#headersAt, MAX_DATAGRAMS));
    return this.#taken;
  }

  /** A datagram. The bytes are the caller's until the next `receive`, and may be overwritten. */
  datagram(index: number): Uint8Array {
    const length = this.#words[index * HEADER_WORDS + DATAGRAM_LENGTH] ?? 0;
    const view = this.#views[index];
    if (view?.length === length) return view;
    const start = index * SLOT_BYTES;
    if (length > SLOT_BYTES) return this.#joined(index, length);
    const fitting = this.#slots.subarray(start, start + length);
    this.#views[index] = fitting;
    return fitting;
  }

  /** Where the source of a datagram begins in `sources`. */
  sourceAt(index: number): number {
    return index * ADDRESS_WORDS;
  }

  sourcePort(index: number): number {
    const at = index * SOCKET_ADDRESS_BYTES;
    return ((this.#sourceBytes[at + 2] ?? 0) << 8) | (this.#sourceBytes[at + 3] ?? 0);
  }

  /** The source as `node:dgram` writes it. */
  sourceAddress(index: number): string {
    const at = index * SOCKET_ADDRESS_BYTES;
    const bytes = this.#sourceBytes;
    if (bytes[at] !== AF_INET6) return formatIpAddress(bytes.subarray(at + IPV4_AT, at + IPV4_AT + 4));
    const text = formatIpAddress(bytes.subarray(at + IPV6_AT, at + IPV6_AT + 16));
    const scope = this.sources[index * ADDRESS_WORDS + IPV6_SCOPE_WORD] ?? 0;
    return (canonicalAddress(text) ?? text) + (scope === 0 ? '' : `%${zoneName(scope)}`);
  }

  #joined(index: number, length: number): Uint8Array {
    const joined = new Uint8Array(length);
    joined.set(this.#slots.subarray(index * SLOT_BYTES, (index + 1) * SLOT_BYTES));
    joined.set(this.#overflow.subarray(index * OVERFLOW_BYTES, index * OVERFLOW_BYTES + length - SLOT_BYTES), SLOT_BYTES);
    return joined;
  }

  #writePiece(word: number, address: number, length: number): void {
    this.#writePointer(word, address);
    this.#words[word + PIECE_LENGTH] = length;
  }

  #writePointer(word: number, address: number): void {
    // Stores keep the low 32 bits of a whole number.
    this.#words[word] = address;
    this.#words[word + 1] = address * TWO_TO_MINUS_32;
  }
}
