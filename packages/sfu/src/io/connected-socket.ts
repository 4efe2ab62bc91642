import type { RemoteInfo, Socket } from 'node:dgram';
import { createLiteralSocket } from './literal-socket.ts';
import type { SocketPath } from './socket-path.ts';

/** A publisher of 8 Mbit/s for half a second; the kernel counts twice what a packet has, and takes memory only for what is in it. */
const RECEIVE_BUFFER_BYTES = 1 << 20;
/** As much as most systems grant: hundreds of tracks come on it. */
const LINK_RECEIVE_BUFFER_BYTES = 4 << 20;

export interface ConnectedSocketListener {
  onMessage(datagram: Buffer, from: RemoteInfo): void;
  /** The socket is of no use any more; called once, later, and never for one that was not handed out. */
  onFailed(): void;
}

/**
 * Opens a socket on a port of ours that receives what comes from one path, and sends there.
 *
 * @returns undefined if the system refuses, for want of descriptors say: the shared socket goes on serving the path
 */
export function openConnectedSocket(path: SocketPath, port: number, listener: ConnectedSocketListener): Socket | undefined {
  const { address } = path.shared;
  // Links are few, and each carries more than a client does.
  const receiveBufferBytes = path.transport?.isLink === true ? LINK_RECEIVE_BUFFER_BYTES : RECEIVE_BUFFER_BYTES;
  const socket = createLiteralSocket(address, { reusePort: true, receiveBufferBytes });
  let state: 'opening' | 'open' | 'failed' = 'opening';
  socket.on('message', (datagram, from) => listener.onMessage(datagram, from));
  // An ICMP answer later says no more than that the peer is gone, which consent notices.
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

/** One whose opening failed may have nothing to close. */
function closeQuietly(socket: Socket): void {
  socket.removeAllListeners('message');
  try {
    socket.close();
  } catch {
    // Never opened.
  }
}
