/**
 * Datagrams of one socket that are sent in one system call. Consecutive datagrams of one length to one path form a
 * train, which the system takes as one.
 *
 * @see sendmmsg(2), docs/adr/0011-many-datagrams-in-one-system-call.md
 */
import { constants } from 'node:os';
import type { Path, ProtectedBytes, SendKind } from '@causeway/media';
import { isForNow, refusalOfErrno, type SendRefusal } from './send-counters.ts';
import { type AddressSlots, SendHeaders } from './send-headers.ts';
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

  constructor(calls: SystemCalls, fd: number, addresses: AddressSlots, listener: DatagramBatchListener) {
    this.#calls = calls;
    this.#fd = fd;
    this.#hasTrains = calls.dividesTrains(fd);
    this.#headers = new SendHeaders(calls, addresses, MAX_DATAGRAMS);
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
    if (this.#joinsTrain(path, length)) {
      headers.extend(this.#segmentBytes);
      this.#trainBytes += length;
    } else {
      headers.add(this.#count, path.addressSlot);
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

  /** Whether a datagram continues the train of the last header. A shorter one ends it. */
  #joinsTrain(path: SlottedPath, length: number): boolean {
    return (
      this.#count > 0 &&
      this.#paths[this.#count - 1] === path &&
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
      if (isForNow(errno)) {
        this.#leave(first, count);
        return false;
      }
      if (headers.isTrain(next)) {
        this.#noteRefusedTrain(first, errno);
        next = this.#separate(first, count);
      } else {
        this.#refuse(first, refusalOfErrno(errno));
        next++;
      }
    }
    return true;
  }

  #noteRefusedTrain(first: number, errno: number): void {
    // A network card without checksums, or a system without trains.
    if (errno === EIO) this.#hasTrains = false;
    const path = this.#paths[first];
    if (path !== undefined && (errno === EINVAL || errno === EMSGSIZE)) path.refusesTrains = true;
  }

  /** Gives each datagram from `first` on a header of its own. @returns the number of the first of these headers */
  #separate(first: number, count: number): number {
    // There are as many headers as pieces, and none of those before `first` is needed any more.
    this.#headers.count = first;
    for (let index = first; index < count; index++) this.#headers.add(index, this.#paths[index]?.addressSlot ?? 0);
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
