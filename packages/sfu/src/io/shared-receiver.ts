/** Reads the unconnected sockets of a port, many datagrams per system call. */
import { classifyDatagram, type Path } from '@causeway/media';
import { ReceivedBatch } from './received-batch.ts';
import type { LocalSocket, PathTable } from './socket-path.ts';
import type { SystemCalls } from './system-calls.ts';

/** After this many calls, other work has its turn; the rest waits in the socket. */
const MAX_CALLS = 4;
/** The number of packets that are authenticated together. */
const GROUP = 4;

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
      if (path !== undefined) this.#listener.onDatagram(path, datagram);
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
