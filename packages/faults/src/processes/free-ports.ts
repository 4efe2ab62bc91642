import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { createServer } from 'node:net';

export type PortUse = readonly ['tcp' | 'udp', number];

/** @returns those that another program has, of the ports that are about to be used */
export async function findTakenPorts(uses: readonly PortUse[]): Promise<PortUse[]> {
  const isTaken = await Promise.all(uses.map(([protocol, port]) => (protocol === 'tcp' ? isTcpTaken(port) : isUdpTaken(port))));
  return uses.filter((_, index) => isTaken[index]);
}

/** Nobody may listen on it on any address: the kernel would give it to us on the others, and connections to somebody else. */
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

/** A machine without IPv6 has nobody on `::`. */
function isInUse(error: unknown): boolean {
  return (error as { readonly code?: string } | undefined)?.code === 'EADDRINUSE';
}
