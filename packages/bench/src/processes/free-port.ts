import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { createServer } from 'node:net';

/** A port that nobody listened on a moment ago, for programs that must be told theirs. */
export async function findFreePort(protocol: 'tcp' | 'udp'): Promise<number> {
  return protocol === 'tcp' ? findFreeTcpPort() : findFreeUdpPort();
}

async function findFreeTcpPort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (address === null || typeof address === 'string') throw new Error('A TCP server on loopback has no port');
  return address.port;
}

async function findFreeUdpPort(): Promise<number> {
  const socket = createSocket('udp4').bind(0, '127.0.0.1');
  await once(socket, 'listening');
  const { port } = socket.address();
  socket.close();
  await once(socket, 'close');
  return port;
}
