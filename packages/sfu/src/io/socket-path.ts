import type { Socket } from 'node:dgram';
import { Path } from '@causeway/media';

/** The unconnected socket of one local address. */
export interface LocalSocket {
  readonly socket: Socket;
  readonly address: string;
}

/** A path and the socket that serves it: the shared one of a local address, or one of its own once it is worth while. */
export class SocketPath extends Path {
  readonly shared: LocalSocket;
  /** A socket on the same port, connected to this path's remote address; undefined while the shared one serves. */
  connected: Socket | undefined = undefined;

  constructor(shared: LocalSocket, remoteAddress: string, remotePort: number) {
    super(remoteAddress, remotePort);
    this.shared = shared;
  }

  override prefetch(): number {
    // Whether it can send is no question: to ask is to read the socket, too.
    return this.connected?.send === undefined ? 0 : this.remotePort;
  }
}
