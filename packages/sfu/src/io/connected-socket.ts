import type { RemoteInfo, Socket } from 'node:dgram';
import { createLiteralSocket } from './literal-socket.ts';
import type { SocketPath } from './socket-path.ts';

/**
 * Half a second of 8 Mbit/s. The kernel counts a packet twice, and takes memory only for what is in
 * the buffer.
 */
const RECEIVE_BUFFER_BYTES = 1 << 20;
/** Most systems grant no more. Hundreds of tracks arrive on one link. */
const LINK_RECEIVE_BUFFER_BYTES = 4 << 20;

/**
 * Whether the kernel delivers to the connected one of several sockets on a port: Linux does, others
 * have no SO_REUSEPORT for it.
 */
export function canConnectPaths(): boolean {
  return process.platform === 'linux';
}

export interface ConnectedSocketListener {
  onMessage(datagram: Buffer, from: RemoteInfo): void;
  /**
   * The socket has failed. This is called at most once, and only for a socket that was handed out.
   */
  onFailed(): void;
}

/**
 * Opens a socket on one of our ports that receives from one path only, and sends there.
 *
 * @returns undefined if the system refuses, as it does without free descriptors; the shared socket
 *   then continues to serve the path
 */
export function openConnectedSocket(path: SocketPath, port: number, listener: ConnectedSocketListener): Socket | undefined {
  const { address } = path.shared;
  // Links are few, and each carries more than a client does.
  const receiveBufferBytes = path.transport?.isLink === true ? LINK_RECEIVE_BUFFER_BYTES : RECEIVE_BUFFER_BYTES;
  const socket = createLiteralSocket(address, { reusePort: true, receiveBufferBytes });
  let state: 'opening' | 'open' | 'failed' = 'opening';
  socket.on('message', (datagram, from) => listener.onMessage(datagram, from));
  // A later ICMP answer only says that the peer is gone, which consent notices anyway.
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

/** A socket whose opening failed may have nothing to close. */
function closeQuietly(socket: Socket): void {
  socket.removeAllListeners('message');
  try {
    socket.close();
  } catch {
    // It was never open.
  }
}
