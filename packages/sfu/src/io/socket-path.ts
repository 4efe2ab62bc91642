/** The paths of a UDP port: whose datagrams are received, and through which socket a packet leaves. */
import type { Socket } from 'node:dgram';
import { Path, type ProtectedBytes, type SendKind } from '@causeway/media';
import { type DatagramBatch, NO_ADDRESS_SLOT } from './datagram-batch.ts';
import type { Outlet } from './outlet.ts';
import { AF_INET6, SOCKET_ADDRESS_BYTES, writeSocketAddress } from './remote-address.ts';

/** Offsets of the address in a socket address, in 32-bit words. */
const IPV4_WORD = 1;
const IPV6_WORD = 2;
const IPV6_SCOPE_WORD = 6;

/** The unconnected socket of one local address. */
export interface LocalSocket {
  readonly socket: Socket;
  readonly address: string;
  /** Its descriptor; undefined if the system does not tell it. */
  readonly fd: number | undefined;
  /** Sends many datagrams at once; undefined if the system has no call for that. */
  readonly batch: DatagramBatch | undefined;
  /** Sends single datagrams, and holds them while the socket is full. */
  readonly outlet: Outlet;
}

/**
 * A path and the socket that serves it: the shared one of its local address, or one of its own once that is worthwhile.
 */
export class SocketPath extends Path {
  readonly shared: LocalSocket;
  /** Sends single datagrams, through `connected` or else the shared socket. */
  outlet: Outlet;
  /**
   * A socket on the same port, connected to this path's remote address; undefined while the shared socket serves the
   * path.
   */
  connected: Socket | undefined = undefined;
  /** The slot that holds the remote address in the system's form. */
  addressSlot = NO_ADDRESS_SLOT;
  /** Whether datagrams for this path must not be joined into trains (`DatagramBatch`). */
  refusesTrains = false;
  refusesEcn = false;
  /**
   * The remote address as 32-bit words of memory, and its family; 0 until the path is in a table. An IPv4 address is
   * the first word.
   */
  family = 0;
  word0 = 0;
  word1 = 0;
  word2 = 0;
  word3 = 0;

  constructor(shared: LocalSocket, remoteAddress: string, remotePort: number) {
    super(remoteAddress, remotePort);
    this.shared = shared;
    this.outlet = shared.outlet;
  }

  override prefetch(): number {
    if (this.addressSlot !== NO_ADDRESS_SLOT) return this.addressSlot;
    return this.outlet.isClear ? 0 : this.remotePort;
  }
}

/**
 * Sends packets through the sockets of a port. Those of all paths of a socket are collected, and leave together where the system has a call
 * for that.
 */
export class SocketSender {
  protected readonly locals: LocalSocket[] = [];

  queue(path: Path, bytes: ProtectedBytes, offset: number, length: number, kind: SendKind): void {
    if (!(path instanceof SocketPath)) return;
    const { batch, outlet } = path.shared;
    if (batch === undefined || path.addressSlot === NO_ADDRESS_SLOT) path.outlet.send(path, bytes, offset, length, kind);
    else if (outlet.isClear) batch.add(path, bytes, offset, length, kind);
    else outlet.hold(path, bytes, offset, length, kind);
  }

  sendQueued(): void {
    for (let index = 0; index < this.locals.length; index++) {
      const local = this.locals[index];
      if (local?.batch === undefined) continue;
      local.batch.send();
      // libuv is given the first waiting datagram, and thereby finds out when there is room.
      if (!local.outlet.isClear) local.outlet.drain();
    }
  }

  discardQueued(): void {
    for (const { batch } of this.locals) batch?.discard();
  }
}

/**
 * The paths that transports have claimed, by remote address. The table is searched for every datagram that arrives at a
 * shared socket, so the first key is the port number: building a string for each packet would cost more than a few
 * comparisons.
 */
export class PathTable {
  readonly #byPort = new Map<number, SocketPath[]>();
  readonly #scratch = new Int32Array(SOCKET_ADDRESS_BYTES / 4);

  get size(): number {
    let size = 0;
    for (const paths of this.#byPort.values()) size += paths.length;
    return size;
  }

  /** All remembered paths, in no particular order. */
  *paths(): Iterable<SocketPath> {
    for (const paths of this.#byPort.values()) yield* paths;
  }

  find(shared: LocalSocket, address: string, port: number): SocketPath | undefined {
    const paths = this.#byPort.get(port);
    if (paths === undefined) return undefined;
    for (const path of paths) if (path.remoteAddress === address && path.shared === shared) return path;
    return undefined;
  }

  /**
   * Like `find`, for a source address in the system's form.
   *
   * @param words contains a socket address at `at`, an index in words
   */
  findSource(shared: LocalSocket, words: Int32Array, at: number, port: number): SocketPath | undefined {
    const paths = this.#byPort.get(port);
    if (paths === undefined) return undefined;
    for (let index = 0; index < paths.length; index++) {
      const path = paths[index];
      if (path?.shared === shared && isSource(path, words, at)) return path;
    }
    return undefined;
  }

  add(path: SocketPath): void {
    this.#noteWords(path);
    const paths = this.#byPort.get(path.remotePort);
    if (paths === undefined) this.#byPort.set(path.remotePort, [path]);
    else if (!paths.includes(path)) paths.push(path);
  }

  remove(path: SocketPath): void {
    const paths = this.#byPort.get(path.remotePort);
    if (paths === undefined) return;
    const others = paths.filter((candidate) => candidate !== path);
    if (others.length === 0) this.#byPort.delete(path.remotePort);
    else this.#byPort.set(path.remotePort, others);
  }

  /** An address without a binary form, such as one with a zone, is found only by its text. */
  #noteWords(path: SocketPath): void {
    const words = this.#scratch;
    const bytes = new Uint8Array(words.buffer);
    path.family = writeSocketAddress(bytes, 0, path.remoteAddress, path.remotePort) === 0 ? 0 : (bytes[0] ?? 0);
    const first = path.family === AF_INET6 ? IPV6_WORD : IPV4_WORD;
    path.word0 = words[first] ?? 0;
    path.word1 = words[first + 1] ?? 0;
    path.word2 = words[first + 2] ?? 0;
    path.word3 = words[first + 3] ?? 0;
  }
}

function isSource(path: SocketPath, words: Int32Array, at: number): boolean {
  if (path.family === AF_INET6) {
    return (
      path.word0 === words[at + IPV6_WORD] &&
      path.word1 === words[at + IPV6_WORD + 1] &&
      path.word2 === words[at + IPV6_WORD + 2] &&
      path.word3 === words[at + IPV6_WORD + 3] &&
      words[at + IPV6_SCOPE_WORD] === 0
    );
  }
  return path.family !== 0 && path.word0 === words[at + IPV4_WORD];
}
