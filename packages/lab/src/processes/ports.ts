import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';

/** Finds a port that is free now, for a program that cannot choose one itself. */
export async function findFreePort(protocol: 'tcp' | 'udp'): Promise<number> {
  const socket = protocol === 'tcp' ? createServer().listen(0, '127.0.0.1') : createSocket('udp4').bind(0);
  await once(socket, 'listening');
  const { port } = socket.address() as AddressInfo;
  socket.close();
  await once(socket, 'close');
  return port;
}

export type PortUse = readonly ['tcp' | 'udp', number];

/** @returns the ports among the given ones that another program uses */
export async function findTakenPorts(uses: readonly PortUse[]): Promise<PortUse[]> {
  const isTaken = await Promise.all(uses.map(([protocol, port]) => (protocol === 'tcp' ? isTcpTaken(port) : isUdpTaken(port))));
  return uses.filter((_, index) => isTaken[index]);
}

/** A port in use on only one address counts as taken, because connections to that address would go to the other program. */
async function isTcpTaken(port: number): Promise<boolean> {
  for (const host of ['::', '127.0.0.1']) {
    const server = createServer().listen({ port, host, exclusive: true });
    const error: unknown = await once(server, 'listening').then(
      () => undefined,
      (refusal: unknown) => refusal,
    );
    if (isInUse(error)) return true;
    if (error !== undefined) continue;
    server.close();
    await once(server, 'close');
  }
  return false;
}

async function isUdpTaken(port: number): Promise<boolean> {
  const socket = createSocket('udp4').bind({ port, exclusive: true });
  const taken = await once(socket, 'listening').then(
    () => false,
    () => true,
  );
  if (!taken) socket.close();
  return taken;
}

/** Without IPv6, `::` fails with another code. */
function isInUse(error: unknown): boolean {
  return (error as { readonly code?: string } | undefined)?.code === 'EADDRINUSE';
}
