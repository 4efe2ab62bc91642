/** Reads the unconnected sockets of a port, many datagrams per system call. */
import { classifyDatagram, type Path, UNKNOWN_ECN } from '@causeway/media';
import { formatIpAddress } from '@causeway/wire';
import { zoneName } from './local-addresses.ts';
import { AF_INET6, canonicalAddress, SOCKET_ADDRESS_BYTES } from './remote-address.ts';
import type { LocalSocket, PathTable } from './socket-path.ts';
import type { SystemCalls } from './system-calls.ts';

/** After this many calls, other work has its turn; the rest waits in the socket. */
const MAX_CALLS = 4;
/** The number of packets that are authenticated together. */
const GROUP = 4;
/** As many as arrive in a busy millisecond; all slots together fit into the L2 cache. */
const MAX_DATAGRAMS = 64;
/**
 * Large enough for every media packet. It is not a power of two, so that the beginnings of the slots do not compete for
 * the same cache lines.
 */
const SLOT_BYTES = 2_112;
/** The rest of the longest possible datagram goes to memory that is hardly ever touched. */
const OVERFLOW_BYTES = 65_536 - SLOT_BYTES;
/** Size of `struct mmsghdr` on 64-bit machines, in 32-bit words. */
const HEADER_WORDS = 16;
const NAME = 0;
const NAME_LENGTH = 2;
const PIECES = 4;
const PIECE_COUNT = 6;
const CONTROL = 8;
const CONTROL_LENGTH = 10;
const DATAGRAM_LENGTH = 14;
/** Size of `struct iovec`; a datagram has two. */
const PIECE_WORDS = 4;
const PIECE_LENGTH = 2;
const PIECES_EACH = 2;
/**
 * A `cmsghdr` with the byte that the ECN field is in, as 32-bit words: its own length (two words), level, type, the value. The byte is
 * the first one of the value, for IPv4 and IPv6.
 */
const CONTROL_WORDS = 6;
const VALUE = 4;
const ECN_MASK = 3;
const WORD_BYTES = 4;
const ADDRESS_WORDS = SOCKET_ADDRESS_BYTES / WORD_BYTES;
const TWO_TO_MINUS_32 = 2 ** -32;
const IPV4_AT = 4;
const IPV6_AT = 8;
const IPV6_SCOPE_WORD = 6;

export interface Source {
  readonly address: string;
  readonly port: number;
}

export interface SharedReceiverListener {
  /** @param datagram may be kept if it is part of a DTLS handshake; otherwise it is overwritten after this returns */
  onDatagram(path: Path, datagram: Uint8Array): void;
  /** Announces RTP that `onDatagram` will receive next, in this order, after at most three others. */
  onAhead(path: Path, packet: Uint8Array): void;
  /** Reports a datagram from an address for which no transport has claimed a path. */
  onStranger(local: LocalSocket, datagram: Uint8Array, from: Source): void;
}

export class SharedReceiver {
  readonly #calls: SystemCalls;
  readonly #batch: ReceivedBatch;
  readonly #paths: PathTable;
  readonly #listener: SharedReceiverListener;
  /** The datagrams of a group, and their paths as far as they are known. */
  readonly #datagrams = new Array<Uint8Array | undefined>(GROUP).fill(undefined);
  readonly #pathsOf = new Array<Path | undefined>(GROUP).fill(undefined);
  readonly #locals: (LocalSocket & { readonly fd: number })[] = [];

  constructor(calls: SystemCalls, paths: PathTable, listener: SharedReceiverListener) {
    this.#calls = calls;
    this.#batch = new ReceivedBatch(calls);
    this.#paths = paths;
    this.#listener = listener;
  }

  /** Descriptors of the sockets that are read here. */
  get fds(): number[] {
    return this.#locals.map(({ fd }) => fd);
  }

  /** The number of datagrams that the system discarded because the buffer was full; it only increases. */
  get overflows(): number {
    return this.#locals.reduce((sum, { fd }) => sum + this.#calls.overflowsOf(fd), 0);
  }

  /** Whether this receiver reads the socket, so that its paths need none of their own. */
  reads({ fd }: LocalSocket): boolean {
    return fd !== undefined;
  }

  /** Starts to read a socket, unless its descriptor is unknown. */
  add(local: LocalSocket): void {
    if (hasDescriptor(local)) this.#locals.push(local);
  }

  /** Receives the datagrams that wait in all sockets. @returns their number */
  receive(): number {
    let taken = 0;
    for (let index = 0; index < this.#locals.length; index++) {
      const local = this.#locals[index];
      if (local !== undefined) taken += this.#receiveFrom(local);
    }
    return taken;
  }

  /** Stops reading; the descriptors may soon belong to other sockets. */
  close(): void {
    this.#locals.length = 0;
  }

  #receiveFrom(local: LocalSocket & { readonly fd: number }): number {
    const batch = this.#batch;
    let taken = 0;
    // A received datagram may cause the port to be closed.
    for (let call = 0; call < MAX_CALLS && this.#locals.length > 0; call++) {
      const count = batch.receive(local.fd);
      for (let first = 0; first < count; first += GROUP) this.#takeGroup(local, first, Math.min(first + GROUP, count));
      taken += count;
      if (count < batch.capacity) break;
    }
    return taken;
  }

  #takeGroup(local: LocalSocket, first: number, end: number): void {
    for (let index = first; index < end; index++) this.#look(local, index, index - first, end - first > 1);
    for (let index = first; index < end && this.#locals.length > 0; index++) {
      const path = this.#pathsOf[index - first];
      const datagram = this.#datagrams[index - first];
      if (datagram === undefined) continue;
      if (path !== undefined) {
        path.ecn = this.#batch.ecn(index);
        this.#listener.onDatagram(path, datagram);
        path.ecn = UNKNOWN_ECN;
      }
      // A connectivity check earlier in the group may have claimed the path.
      else this.#listener.onStranger(local, datagram, this.#sourceOf(index));
    }
  }

  #look(local: LocalSocket, index: number, place: number, isOneOfMany: boolean): void {
    const batch = this.#batch;
    const lent = batch.datagram(index);
    const kind = classifyDatagram(lent);
    const path = this.#paths.findSource(local, batch.sources, batch.sourceAt(index), batch.sourcePort(index));
    // A step of a handshake may wait for its turn, and a stranger's check may be taken by another owner of the port.
    const isTakenAtOnce =
      kind === 'rtp' ||
      kind === 'rtcp' ||
      (kind === 'stun' && path !== undefined) ||
      (kind === 'dtls' && path?.transport?.isSecure === true);
    this.#datagrams[place] = isTakenAtOnce ? lent : lent.slice();
    this.#pathsOf[place] = path;
    if (isOneOfMany && kind === 'rtp' && path !== undefined) this.#listener.onAhead(path, lent);
  }

  #sourceOf(index: number): Source {
    return { address: this.#batch.sourceAddress(index), port: this.#batch.sourcePort(index) };
  }
}

function hasDescriptor(local: LocalSocket): local is LocalSocket & { readonly fd: number } {
  return local.fd !== undefined;
}

/**
 * Datagrams that one system call receives: an array of `mmsghdr` structures, each with room for a source address, a
 * datagram, and a message of the system about its ECN field.
 *
 * @see recvmmsg(2), ip(7) IP_RECVTOS, ipv6(7) IPV6_RECVTCLASS
 */
class ReceivedBatch {
  /** Source addresses in the system's form, `ADDRESS_WORDS` each. */
  readonly sources = new Int32Array(new ArrayBuffer(MAX_DATAGRAMS * SOCKET_ADDRESS_BYTES));
  readonly #sourceBytes = new Uint8Array(this.sources.buffer);
  readonly #calls: SystemCalls;
  readonly #words = new Uint32Array(new ArrayBuffer(MAX_DATAGRAMS * (HEADER_WORDS + PIECES_EACH * PIECE_WORDS) * WORD_BYTES));
  readonly #headersAt: bigint;
  readonly #controls = new Uint32Array(new ArrayBuffer(MAX_DATAGRAMS * CONTROL_WORDS * WORD_BYTES));
  readonly #slots = new Uint8Array(new ArrayBuffer(MAX_DATAGRAMS * SLOT_BYTES));
  readonly #overflow = new Uint8Array(new ArrayBuffer(MAX_DATAGRAMS * OVERFLOW_BYTES));
  /** The view of each slot that was last returned, since packets of a stream tend to have the same length. */
  readonly #views: Uint8Array[] = [];
  /** The number of headers that the last call wrote to. */
  #taken = MAX_DATAGRAMS;

  constructor(calls: SystemCalls) {
    this.#calls = calls;
    const headersAt = calls.addressOf(new Uint8Array(this.#words.buffer));
    this.#headersAt = BigInt(headersAt);
    const at = {
      pieces: headersAt + MAX_DATAGRAMS * HEADER_WORDS * WORD_BYTES,
      sources: calls.addressOf(this.#sourceBytes),
      controls: calls.addressOf(new Uint8Array(this.#controls.buffer)),
      slots: calls.addressOf(this.#slots),
      overflow: calls.addressOf(this.#overflow),
    };
    for (let index = 0; index < MAX_DATAGRAMS; index++) {
      const header = index * HEADER_WORDS;
      this.#writePointer(header + NAME, at.sources + index * SOCKET_ADDRESS_BYTES);
      this.#writePointer(header + PIECES, at.pieces + index * PIECES_EACH * PIECE_WORDS * WORD_BYTES);
      this.#words[header + PIECE_COUNT] = PIECES_EACH;
      this.#writePointer(header + CONTROL, at.controls + index * CONTROL_WORDS * WORD_BYTES);
      const piece = MAX_DATAGRAMS * HEADER_WORDS + index * PIECES_EACH * PIECE_WORDS;
      this.#writePiece(piece, at.slots + index * SLOT_BYTES, SLOT_BYTES);
      this.#writePiece(piece + PIECE_WORDS, at.overflow + index * OVERFLOW_BYTES, OVERFLOW_BYTES);
      this.#views.push(this.#slots.subarray(index * SLOT_BYTES, index * SLOT_BYTES));
    }
  }

  /** The most datagrams that one call returns. */
  get capacity(): number {
    return MAX_DATAGRAMS;
  }

  /** Receives the datagrams that wait in a socket. @returns their number; the datagrams of the previous call become invalid */
  receive(fd: number): number {
    // The system has replaced the sizes of these buffers with the lengths of what it has written there.
    for (let index = 0; index < this.#taken; index++) {
      const header = index * HEADER_WORDS;
      this.#words[header + NAME_LENGTH] = SOCKET_ADDRESS_BYTES;
      this.#words[header + CONTROL_LENGTH] = CONTROL_WORDS * WORD_BYTES;
    }
    this.#taken = Math.max(0, this.#calls.receiveMany(fd, this.#headersAt, MAX_DATAGRAMS));
    return this.#taken;
  }

  /** Returns a datagram. The caller may overwrite the bytes, which are valid until the next `receive`. */
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

  /** Returns the ECN field of a datagram; `UNKNOWN_ECN` if the system does not tell it. */
  ecn(index: number): number {
    if (this.#words[index * HEADER_WORDS + CONTROL_LENGTH] === 0) return UNKNOWN_ECN;
    return (this.#controls[index * CONTROL_WORDS + VALUE] ?? 0) & ECN_MASK;
  }

  /** Returns the index in `sources` of a datagram's source address. */
  sourceAt(index: number): number {
    return index * ADDRESS_WORDS;
  }

  sourcePort(index: number): number {
    const at = index * SOCKET_ADDRESS_BYTES;
    return ((this.#sourceBytes[at + 2] ?? 0) << 8) | (this.#sourceBytes[at + 3] ?? 0);
  }

  /** The source address as `node:dgram` writes it. */
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
    // Storing to a Uint32Array keeps the low 32 bits of a whole number.
    this.#words[word] = address;
    this.#words[word + 1] = address * TWO_TO_MINUS_32;
  }
}
