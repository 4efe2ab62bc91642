/** Reads the unconnected sockets of a port, many datagrams with one system call. */
import { classifyDatagram, type Path } from '@causeway/media';
import type { PathTable } from './path-table.ts';
import { ReceivedBatch } from './received-batch.ts';
import type { LocalSocket } from './socket-path.ts';
import type { SystemCalls } from './system-calls.ts';

/** After so many calls others have their turn; the rest waits in the socket. */
const MAX_CALLS = 4;
/** As many packets as are authenticated together. */
const GROUP = 4;

export interface Source {
  readonly address: string;
  readonly port: number;
}

export interface SharedReceiverListener {
  /** @param datagram the receiver's; that of RTP and RTCP only until this returns */
  onDatagram(path: Path, datagram: Uint8Array): void;
  /** RTP that `onDatagram` gets next, in this order, after up to three others. */
  onAhead(path: Path, packet: Uint8Array): void;
  /** The same, from where no transport has claimed a path. */
  onStranger(local: LocalSocket, datagram: Uint8Array, from: Source): void;
}

export class SharedReceiver {
  readonly #calls: SystemCalls;
  readonly #batch: ReceivedBatch;
  readonly #paths: PathTable;
  readonly #listener: SharedReceiverListener;
  /** The datagrams of a group, and the paths that are known by now. */
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

  /** How many datagrams have come to a full buffer, counting up; the system has thrown them away. */
  get overflows(): number {
    return this.#locals.reduce((sum, { fd }) => sum + this.#calls.overflowsOf(fd), 0);
  }

  /** Whether the datagrams of a path need no socket of its own. */
  reads({ fd }: LocalSocket): boolean {
    return fd !== undefined;
  }

  /** Reads a socket from now on, unless its descriptor is not known. */
  add(local: LocalSocket): void {
    if (hasDescriptor(local)) this.#locals.push(local);
  }

  /** Takes what waits in all sockets. @returns how many datagrams that were */
  receive(): number {
    let taken = 0;
    for (let index = 0; index < this.#locals.length; index++) {
      const local = this.#locals[index];
      if (local !== undefined) taken += this.#receiveFrom(local);
    }
    return taken;
  }

  /** The descriptors may be others' from now on. */
  close(): void {
    this.#locals.length = 0;
  }

  #receiveFrom(local: LocalSocket & { readonly fd: number }): number {
    const batch = this.#batch;
    let taken = 0;
    // What comes may have the port closed.
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
      // By now it may be known: a check before it may have claimed the path.
      else this.#listener.onStranger(local, datagram, this.#sourceOf(index));
    }
  }

  #look(local: LocalSocket, index: number, place: number, isOneOfMany: boolean): void {
    const batch = this.#batch;
    const lent = batch.datagram(index);
    const kind = classifyDatagram(lent);
    const path = this.#paths.findSource(local, batch.sources, batch.sourceAt(index), batch.sourcePort(index));
    this.#datagrams[place] = kind === 'rtp' || kind === 'rtcp' ? lent : lent.slice();
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
