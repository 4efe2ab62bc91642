import { createSocket, type Socket } from 'node:dgram';
import { isIPv6 } from 'node:net';

type LookupCallback = (error: NodeJS.ErrnoException | null, address: string, family: number) => void;

/**
 * Creates a socket for a literal address. By default, Node resolves even literals asynchronously; with this lookup,
 * `bind`, `connect` and `send` take effect before they return.
 */
export function createLiteralSocket(
  address: string,
  options: { readonly reusePort: boolean; readonly receiveBufferBytes?: number; readonly sendBufferBytes?: number },
): Socket {
  const { reusePort, receiveBufferBytes, sendBufferBytes } = options;
  return createSocket({
    ...(isIPv6(address) ? { type: 'udp6', ipv6Only: isIPv6(address) } : { type: 'udp4' }),
    lookup: lookupLiteral,
    ...(reusePort ? { reusePort } : {}),
    ...(receiveBufferBytes === undefined ? {} : { recvBufferSize: receiveBufferBytes }),
    ...(sendBufferBytes === undefined ? {} : { sendBufferSize: sendBufferBytes }),
  });
}

function lookupLiteral(address: string, _options: unknown, callback: LookupCallback): void {
  callback(null, address, isIPv6(address) ? 6 : 4);
}

/** Binds the socket. @throws the system's error with address and port in its message; the socket is then closed */
export function bindSocket(socket: Socket, address: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const refuse = (error: Error): void => {
      socket.close();
      reject(error);
    };
    socket.once('error', refuse);
    socket.bind({ address, port, exclusive: true }, () => {
      socket.off('error', refuse);
      resolve();
    });
  });
}
