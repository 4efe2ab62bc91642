import type { Socket } from 'node:dgram';
import { Path } from '@causeway/media';
import { NO_ADDRESS_SLOT } from './address-slots.ts';
import type { DatagramBatch } from './datagram-batch.ts';
import type { Outlet } from './outlet.ts';

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
