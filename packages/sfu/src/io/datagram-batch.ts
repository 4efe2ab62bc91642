/**
 * Datagrams of one socket that are sent in one system call. Consecutive datagrams of one length to one path form a
 * train, which the system takes as one. Those that may be marked by routers say so in their IP header.
 *
 * @see sendmmsg(2), docs/adr/0011-many-datagrams-in-one-system-call.md, docs/adr/0039-ecn.md
 */
import { isIPv6 } from 'node:net';
import { constants } from 'node:os';
import type { Path, ProtectedBytes, SendKind } from '@causeway/media';
import { ECN_CAPABLE } from '@causeway/wire';
import { SOCKET_ADDRESS_BYTES, writeSocketAddress } from './remote-address.ts';
import { isForNow, isMedia, refusalOfErrno, type SendRefusal } from './send-counters.ts';
import type { SystemCalls } from './system-calls.ts';

/**
 * A large fan-out takes a few calls. With more headers per call, they would evict the packets from the L1 cache. The
 * system takes trains of at most as many.
 */
const MAX_DATAGRAMS = 64;
/** A train has to fit into one IP packet until it is divided. */
const MAX_TRAIN_BYTES = 60_000;
const NO_FD = -1;
const { EINVAL, EIO, EMSGSIZE } = constants.errno;

/** A path whose remote address has a slot in the system's form. */
export interface SlottedPath extends Path {
  readonly addressSlot: number;
  /** Whether the system has refused a train on this path whose datagrams it may take one by one: they are longer than its MTU. */
  refusesTrains: boolean;
  /** Whether the system has refused to write the ECN field on this path. */
  refusesEcn: boolean;
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
  readonly #headers: SendHeaders;
  /** The memory that the packets are in, and its address. */
  #memory: ProtectedBytes | undefined;
  #memoryAt = 0;
  readonly #listener: DatagramBatchListener;
  /** The path of each datagram, including those of the last batch. */
  readonly #paths = new Array<SlottedPath | undefined>(MAX_DATAGRAMS).fill(undefined);
  readonly #kinds = new Uint8Array(MAX_DATAGRAMS);
  #count = 0;
  /** Whether the system divides trains. */
  #hasTrains: boolean;
  /** The lengths of the first and the last datagram of the last header, and of all its datagrams together. */
  #segmentBytes = 0;
  #lastBytes = 0;
  #trainBytes = 0;

  /** @param socket its descriptor and the address that it is bound to */
  constructor(
    calls: SystemCalls,
    { fd, address }: { readonly fd: number; readonly address: string },
    addresses: AddressSlots,
    listener: DatagramBatchListener,
  ) {
    this.#calls = calls;
    this.#fd = fd;
    this.#hasTrains = calls.dividesTrains(fd);
    this.#headers = new SendHeaders(calls, addresses, MAX_DATAGRAMS, isIPv6(address));
    this.#listener = listener;
  }

  /** Adds a datagram for a path that has an address slot. The bytes must not change until `send`. */
  add(path: SlottedPath, memory: ProtectedBytes, offset: number, length: number, kind: SendKind): void {
    if ((this.#count === MAX_DATAGRAMS || memory !== this.#memory) && !this.#makeRoom(memory)) {
      // If it were added to the batch, it would overtake the datagrams that were left out.
      this.#listener.onFull(path, memory, offset, length, kind);
      return;
    }
    const headers = this.#headers;
    headers.writePiece(this.#count, this.#memoryAt + offset, length);
    const isEcnCapable = this.#isEcnCapable(path, kind);
    if (this.#joinsTrain(path, length, isEcnCapable)) {
      headers.extend(this.#segmentBytes);
      this.#trainBytes += length;
    } else {
      headers.add(this.#count, path.addressSlot, isEcnCapable);
      this.#segmentBytes = length;
      this.#trainBytes = length;
    }
    this.#lastBytes = length;
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
    const hadRoom = this.#fd === NO_FD ? this.#refuseAll(count) : this.#sendAll(count);
    this.discard();
    return hadRoom;
  }

  /** Discards the datagrams that were added but not sent. */
  discard(): void {
    this.#count = 0;
    this.#headers.count = 0;
  }

  /** Releases the references to paths of the last batch. */
  forgetSent(): void {
    this.#paths.fill(undefined, this.#count);
  }

  /** Stops using the descriptor, which may soon belong to another socket. */
  close(): void {
    this.#fd = NO_FD;
  }

  /** RTCP, handshakes and data channels have no feedback about marks. */
  #isEcnCapable(path: SlottedPath, kind: SendKind): boolean {
    return path.isEcnCapable && isMedia(kind) && !path.refusesEcn;
  }

  /** Whether a datagram continues the train of the last header. A shorter one ends it. */
  #joinsTrain(path: SlottedPath, length: number, isEcnCapable: boolean): boolean {
    return (
      this.#count > 0 &&
      this.#paths[this.#count - 1] === path &&
      this.#headers.isLastEcnCapable === isEcnCapable &&
      this.#lastBytes === this.#segmentBytes &&
      length <= this.#segmentBytes &&
      this.#trainBytes + length <= MAX_TRAIN_BYTES &&
      this.#hasTrains &&
      !path.refusesTrains
    );
  }

  #sendAll(count: number): boolean {
    const headers = this.#headers;
    for (let next = 0; next < headers.count; ) {
      const taken = Math.max(0, this.#calls.sendMany(this.#fd, headers.addressOf(next), headers.count - next));
      next += taken;
      // The system reports why it stopped only in a call that begins with the header in question.
      if (taken > 0) continue;
      const errno = this.#calls.lastError();
      const first = headers.firstPiece(next);
      const path = this.#paths[first];
      if (isForNow(errno)) {
        this.#leave(first, count);
        return false;
      }
      if (headers.isTrain(next)) {
        this.#noteRefusedTrain(first, errno);
        next = this.#separate(first, count);
      } else if (errno === EINVAL && headers.isEcnCapable(next) && path !== undefined) {
        path.refusesEcn = true;
        next = this.#separate(first, count);
      } else {
        this.#refuse(first, refusalOfErrno(errno));
        next++;
      }
    }
    return true;
  }

  #noteRefusedTrain(first: number, errno: number): void {
    // The network card computes no checksums, or the system knows no trains.
    if (errno === EIO) this.#hasTrains = false;
    const path = this.#paths[first];
    if (path !== undefined && (errno === EINVAL || errno === EMSGSIZE)) path.refusesTrains = true;
  }

  /** Gives each datagram from `first` on a header of its own. @returns the number of the first of these headers */
  #separate(first: number, count: number): number {
    // There are as many headers as pieces, and none of those before `first` is needed any more.
    this.#headers.count = first;
    for (let index = first; index < count; index++) {
      const path = this.#paths[index];
      if (path !== undefined) this.#headers.add(index, path.addressSlot, this.#isEcnCapable(path, this.#kinds[index] as SendKind));
    }
    return first;
  }

  #refuseAll(count: number): true {
    for (let index = 0; index < count; index++) this.#refuse(index, 'no_socket');
    return true;
  }

  #leave(first: number, count: number): void {
    const memory = this.#memory;
    for (let index = first; index < count; index++) {
      const path = this.#paths[index];
      if (path === undefined || memory === undefined) continue;
      this.#listener.onFull(path, memory, this.#offsetOf(index), this.#headers.pieceLength(index), this.#kinds[index] as SendKind);
    }
  }

  #refuse(index: number, refusal: SendRefusal): void {
    const path = this.#paths[index];
    const memory = this.#memory;
    if (path === undefined || memory === undefined) return;
    const [offset, length] = [this.#offsetOf(index), this.#headers.pieceLength(index)];
    this.#listener.onRefused(refusal, path, memory, offset, length, this.#kinds[index] as SendKind);
  }

  #offsetOf(index: number): number {
    return this.#headers.pieceAt(index) - this.#memoryAt;
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
}

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
/** A `cmsghdr` as 32-bit words: its own length (two words), level, type, the value. */
const CONTROL_WORDS = 6;
const VALUE = 4;
/**
 * Each header has two: one with the ECN field, and one with the length of a train's datagrams. Either, both or none of them are used, which
 * is why the second one may be the first that the system reads.
 */
const CONTROLS_EACH = 2;
const ECN_CONTROL = 0;
const TRAIN_CONTROL = CONTROL_WORDS;
const SOL_UDP = 17;
const UDP_SEGMENT = 103;
const IPPROTO_IP = 0;
const IP_TOS = 1;
const IPPROTO_IPV6 = 41;
const IPV6_TCLASS = 67;
/** Without the padding at the end: a 16-bit length, and a 32-bit traffic class. */
const TRAIN_CONTROL_BYTES = 18;
const ECN_CONTROL_BYTES = 20;
const WORD_BYTES = 4;
const TWO_TO_32 = 2 ** 32;
const TWO_TO_MINUS_32 = 2 ** -32;
export const NO_ADDRESS_SLOT = -1;
/** More peers than one thread ever has. The system provides the memory only when it is written to. */
const MAX_SLOTS = 16_384;

/**
 * The memory that `sendmmsg` reads: an array of `mmsghdr` structures, each with an address and with pieces of memory.
 *
 * A header has one datagram, which is one piece, or a train: datagrams of one length to one address, of which the last
 * may be shorter. The system takes a train through its layers as one datagram and divides it at the end, which costs
 * about half of sending them separately (generic segmentation offload).
 *
 * @see sendmmsg(2), udp(7) UDP_SEGMENT, ip(7) IP_TOS, ipv6(7) IPV6_TCLASS
 */
class SendHeaders {
  /** The number of headers in use. */
  count = 0;
  /** Whether the last header is for ECN-capable datagrams. */
  isLastEcnCapable = false;
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
  constructor(calls: Pick<SystemCalls, 'addressOf'>, addresses: AddressSlots, capacity: number, isIpv6: boolean) {
    this.#addresses = addresses;
    this.#addressesAt = calls.addressOf(addresses.bytes);
    this.#firstPieceWord = capacity * HEADER_WORDS;
    this.#words = new Uint32Array(new ArrayBuffer(capacity * (HEADER_WORDS + PIECE_WORDS) * WORD_BYTES));
    this.#headersAt = calls.addressOf(new Uint8Array(this.#words.buffer));
    this.#allHeadersAt = BigInt(this.#headersAt);
    this.#piecesAt = this.#headersAt + this.#firstPieceWord * WORD_BYTES;
    this.#controls = new Uint32Array(new ArrayBuffer(capacity * CONTROLS_EACH * CONTROL_WORDS * WORD_BYTES));
    this.#controlsAt = calls.addressOf(new Uint8Array(this.#controls.buffer));
    this.#firstPieces = new Uint8Array(capacity);
    const field = isIpv6 ? [IPPROTO_IPV6, IPV6_TCLASS] : [IPPROTO_IP, IP_TOS];
    for (let header = 0; header < capacity; header++) {
      const first = header * CONTROLS_EACH * CONTROL_WORDS;
      this.#controls.set([ECN_CONTROL_BYTES, 0, ...field, ECN_CAPABLE], first + ECN_CONTROL);
      this.#controls.set([TRAIN_CONTROL_BYTES, 0, SOL_UDP, UDP_SEGMENT], first + TRAIN_CONTROL);
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
  add(piece: number, addressSlot: number, isEcnCapable: boolean): void {
    this.#firstPieces[this.count] = piece;
    this.isLastEcnCapable = isEcnCapable;
    const firstControl = this.count * CONTROLS_EACH * CONTROL_WORDS + (isEcnCapable ? ECN_CONTROL : TRAIN_CONTROL);
    const header = this.count++ * HEADER_WORDS;
    this.#writePointer(header + NAME, this.#addressesAt + addressSlot * SOCKET_ADDRESS_BYTES);
    this.#words[header + NAME_LENGTH] = this.#addresses.lengthOf(addressSlot);
    this.#writePointer(header + PIECES, this.#piecesAt + piece * PIECE_WORDS * WORD_BYTES);
    this.#words[header + PIECE_COUNT] = 1;
    this.#writePointer(header + CONTROL, this.#controlsAt + firstControl * WORD_BYTES);
    this.#words[header + CONTROL_LENGTH] = isEcnCapable ? CONTROL_WORDS * WORD_BYTES : 0;
  }

  /** Adds the piece that follows to the last header. @param segmentBytes the length of the header's first piece */
  extend(segmentBytes: number): void {
    const last = this.count - 1;
    const header = last * HEADER_WORDS;
    this.#words[header + PIECE_COUNT] = (this.#words[header + PIECE_COUNT] ?? 0) + 1;
    this.#words[header + CONTROL_LENGTH] = (this.isLastEcnCapable ? CONTROLS_EACH : 1) * CONTROL_WORDS * WORD_BYTES;
    this.#controls[last * CONTROLS_EACH * CONTROL_WORDS + TRAIN_CONTROL + VALUE] = segmentBytes;
  }

  firstPiece(header: number): number {
    return this.#firstPieces[header] ?? 0;
  }

  isTrain(header: number): boolean {
    return (this.#words[header * HEADER_WORDS + PIECE_COUNT] ?? 0) > 1;
  }

  /** Whether the header, which is not a train, is for an ECN-capable datagram. */
  isEcnCapable(header: number): boolean {
    return this.#words[header * HEADER_WORDS + CONTROL_LENGTH] !== 0;
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
