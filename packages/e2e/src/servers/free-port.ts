/** Ports of this machine that nobody listens on at the moment. */
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { createServer } from 'node:net';

/** Lets the kernel choose a TCP port, and gives it back at once for somebody else to listen on. */
export async function findFreeTcpPort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (address === null || typeof address === 'string') throw new Error(`a TCP socket without a port: ${address}`);
  return address.port;
}

/** As `findFreeTcpPort`, for UDP. */
export async function findFreeUdpPort(): Promise<number> {
  const socket = createSocket('udp4').bind(0);
  await once(socket, 'listening');
  const { port } = socket.address();
  socket.close();
  await once(socket, 'close');
  return port;
}
