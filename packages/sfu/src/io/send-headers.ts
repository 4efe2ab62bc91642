/**
 * The memory that `sendmmsg` reads: an array of `mmsghdr` structures, each with an address and with pieces of memory.
 *
 * A header has one datagram, which is one piece, or a train: datagrams of one length to one address, of which the last
 * may be shorter. The system takes a train through its layers as one datagram and divides it at the end, which costs
 * about half of sending them separately (generic segmentation offload).
 *
 * @see sendmmsg(2), udp(7) UDP_SEGMENT
 */
import { SOCKET_ADDRESS_BYTES, writeSocketAddress } from './socket-address.ts';
import type { SystemCalls } from './system-calls.ts';

/** Size of `struct mmsghdr` on 64-bit machines, in 32-bit words. */
const HEADER_WORDS = 16;
const NAME = 0;
const NAME_LENGTH = 2;
const PIECES = 4;
const PIECE_COUNT = 6;
const CONTROL = 8;
const CONTROL_LENGTH = 10;
/** Size of `struct iovec`. */
const PIECE_WORDS = 4;
const PIECE_AT = 0;
const PIECE_LENGTH = 2;
/** A `cmsghdr` with the length of a train's datagrams, as 32-bit words: its own length (two words), level, type, the value. */
const CONTROL_WORDS = 6;
const SEGMENT_BYTES = 4;
const SOL_UDP = 17;
const UDP_SEGMENT = 103;
/** Without the padding at the end. */
const CONTROL_MESSAGE_BYTES = 18;
const WORD_BYTES = 4;
const TWO_TO_32 = 2 ** 32;
const TWO_TO_MINUS_32 = 2 ** -32;
export const NO_ADDRESS_SLOT = -1;
/** More peers than one thread ever has. The system provides the memory only when it is written to. */
const MAX_SLOTS = 16_384;

export class SendHeaders {
  /** The number of headers in use. */
  count = 0;
  readonly #addresses: AddressSlots;
  readonly #addressesAt: number;
  readonly #words: Uint32Array;
  readonly #headersAt: number;
  /** The same address as system calls take it, because creating a `bigint` for each call costs more. */
  readonly #allHeadersAt: bigint;
  readonly #piecesAt: number;
  readonly #firstPieceWord: number;
  readonly #controls: Uint32Array;
  readonly #controlsAt: number;
  /** The number of the first piece of each header. */
  readonly #firstPieces: Uint8Array;

  /** @param capacity the number of headers, and of pieces; at most 256 */
  constructor(calls: Pick<SystemCalls, 'addressOf'>, addresses: AddressSlots, capacity: number) {
    this.#addresses = addresses;
    this.#addressesAt = calls.addressOf(addresses.bytes);
    this.#firstPieceWord = capacity * HEADER_WORDS;
    this.#words = new Uint32Array(new ArrayBuffer(capacity * (HEADER_WORDS + PIECE_WORDS) * WORD_BYTES));
    this.#headersAt = calls.addressOf(new Uint8Array(this.#words.buffer));
    this.#allHeadersAt = BigInt(this.#headersAt);
    this.#piecesAt = this.#headersAt + this.#firstPieceWord * WORD_BYTES;
    this.#controls = new Uint32Array(new ArrayBuffer(capacity * CONTROL_WORDS * WORD_BYTES));
    this.#controlsAt = calls.addressOf(new Uint8Array(this.#controls.buffer));
    this.#firstPieces = new Uint8Array(capacity);
    for (let header = 0; header < capacity; header++) {
      this.#controls.set([CONTROL_MESSAGE_BYTES, 0, SOL_UDP, UDP_SEGMENT], header * CONTROL_WORDS);
      this.#writePointer(header * HEADER_WORDS + CONTROL, this.#controlsAt + header * CONTROL_WORDS * WORD_BYTES);
    }
  }

  /** The address of a header, as system calls take it. */
  addressOf(header: number): bigint {
    return header === 0 ? this.#allHeadersAt : BigInt(this.#headersAt + header * HEADER_WORDS * WORD_BYTES);
  }

  /** Points a piece to a datagram. */
  writePiece(piece: number, at: number, length: number): void {
    const word = this.#firstPieceWord + piece * PIECE_WORDS;
    this.#writePointer(word + PIECE_AT, at);
    this.#words[word + PIECE_LENGTH] = length;
  }

  pieceAt(piece: number): number {
    const word = this.#firstPieceWord + piece * PIECE_WORDS + PIECE_AT;
    return (this.#words[word] ?? 0) + (this.#words[word + 1] ?? 0) * TWO_TO_32;
  }

  pieceLength(piece: number): number {
    return this.#words[this.#firstPieceWord + piece * PIECE_WORDS + PIECE_LENGTH] ?? 0;
  }

  /** Adds a header for one piece. */
  add(piece: number, addressSlot: number): void {
    this.#firstPieces[this.count] = piece;
    const header = this.count++ * HEADER_WORDS;
    this.#writePointer(header + NAME, this.#addressesAt + addressSlot * SOCKET_ADDRESS_BYTES);
    this.#words[header + NAME_LENGTH] = this.#addresses.lengthOf(addressSlot);
    this.#writePointer(header + PIECES, this.#piecesAt + piece * PIECE_WORDS * WORD_BYTES);
    this.#words[header + PIECE_COUNT] = 1;
    this.#words[header + CONTROL_LENGTH] = 0;
  }

  /** Adds the piece that follows to the last header. @param segmentBytes the length of the header's first piece */
  extend(segmentBytes: number): void {
    const last = this.count - 1;
    const header = last * HEADER_WORDS;
    this.#words[header + PIECE_COUNT] = (this.#words[header + PIECE_COUNT] ?? 0) + 1;
    this.#words[header + CONTROL_LENGTH] = CONTROL_WORDS * WORD_BYTES;
    this.#controls[last * CONTROL_WORDS + SEGMENT_BYTES] = segmentBytes;
  }

  firstPiece(header: number): number {
    return this.#firstPieces[header] ?? 0;
  }

  isTrain(header: number): boolean {
    return (this.#words[header * HEADER_WORDS + PIECE_COUNT] ?? 0) > 1;
  }

  #writePointer(word: number, address: number): void {
    // Storing to a Uint32Array keeps the low 32 bits of a whole number.
    this.#words[word] = address;
    this.#words[word + 1] = address * TWO_TO_MINUS_32;
  }
}

/** Remote addresses in the system's binary form, side by side in memory that never moves. */
export class AddressSlots {
  readonly bytes = new Uint8Array(MAX_SLOTS * SOCKET_ADDRESS_BYTES);
  readonly #lengths = new Uint8Array(MAX_SLOTS);
  readonly #free: number[] = [];
  #unused = 0;

  /** The number of slots in use. */
  get taken(): number {
    return this.#unused - this.#free.length;
  }

  /** Stores an address. @returns its slot; `NO_ADDRESS_SLOT` if none is free or the address has no binary form */
  take(address: string, port: number): number {
    const slot = this.#free.pop() ?? this.#unused;
    if (slot === MAX_SLOTS) return NO_ADDRESS_SLOT;
    if (slot === this.#unused) this.#unused++;
    const length = writeSocketAddress(this.bytes, slot * SOCKET_ADDRESS_BYTES, address, port);
    this.#lengths[slot] = length;
    if (length > 0) return slot;
    this.#free.push(slot);
    return NO_ADDRESS_SLOT;
  }

  giveBack(slot: number): void {
    if (slot !== NO_ADDRESS_SLOT) this.#free.push(slot);
  }

  lengthOf(slot: number): number {
    return this.#lengths[slot] ?? 0;
  }
}
