import type { RemoteInfo, Socket } from 'node:dgram';
import { createLiteralSocket } from './literal-socket.ts';
import type { SocketPath } from './socket-path.ts';

/**
 * Half a second of 8 Mbit/s. The kernel counts each packet twice, and allocates memory only for packets in the buffer.
 */
const RECEIVE_BUFFER_BYTES = 1 << 20;
/** Most systems allow no more. Hundreds of tracks arrive on one link. */
const LINK_RECEIVE_BUFFER_BYTES = 4 << 20;

/**
 * Whether the kernel delivers a datagram to the connected socket when several share a port. Linux does; on other
 * systems SO_REUSEPORT does not allow it.
 */
export function canConnectPaths(): boolean {
  return process.platform === 'linux';
}

export interface ConnectedSocketListener {
  onMessage(datagram: Buffer, from: RemoteInfo): void;
  /** The socket has failed. This is called at most once, and only for a socket that was returned. */
  onFailed(): void;
}

/**
 * Opens a socket on one of the node's ports that exchanges datagrams with one path only.
 *
 * @returns undefined if the system refuses, for example because no file descriptor is free; the shared socket then
 * continues to serve the path
 */
export function openConnectedSocket(path: SocketPath, port: number, listener: ConnectedSocketListener): Socket | undefined {
  const { address } = path.shared;
  // Links are few, and each carries more than a client does.
  const receiveBufferBytes = path.transport?.isLink === true ? LINK_RECEIVE_BUFFER_BYTES : RECEIVE_BUFFER_BYTES;
  const socket = createLiteralSocket(address, { reusePort: true, receiveBufferBytes });
  let state: 'opening' | 'open' | 'failed' = 'opening';
  socket.on('message', (datagram, from) => listener.onMessage(datagram, from));
  // A later ICMP error only says that the peer is gone, which consent checks detect anyway.
  socket.on('error', () => {
    if (state === 'open') listener.onFailed();
    state = 'failed';
  });
  try {
    socket.bind({ address, port, exclusive: true });
    if (state === 'opening') socket.connect(path.remotePort, path.remoteAddress);
  } catch {
    state = 'failed';
  }
  if (state === 'opening') {
    state = 'open';
    return socket;
  }
  closeQuietly(socket);
  return undefined;
}

/** Closes a socket that may have failed before it was open. */
function closeQuietly(socket: Socket): void {
  socket.removeAllListeners('message');
  try {
    socket.close();
  } catch {
    // The socket was never open.
  }
}
