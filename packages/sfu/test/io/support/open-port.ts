import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { DROP_REASON_NAMES, type Path } from '@causeway/media';
import type { Clock } from '../../../src/clock.ts';
import { createNodeClock } from '../../../src/io/node-clock.ts';
import type { SystemCalls } from '../../../src/io/system-calls.ts';
import { UdpPort } from '../../../src/io/udp-port.ts';

export const LOOPBACK = '127.0.0.1';

export interface OpenedPort {
  readonly port: UdpPort;
  /** Keyed by remote port. */
  readonly paths: ReadonlyMap<number, Path>;
  /** Names of drop reasons, in order. */
  readonly drops: readonly (string | undefined)[];
  onDatagram: (path: Path, datagram: Uint8Array) => void;
  onUplinkFree: () => void;
}

/** Real timers, but no time passes: nothing becomes too old to be sent, however slow the machine is. */
function createStillClock(): Clock {
  return { ...createNodeClock(), nowMs: () => 0 };
}

/** A port whose owner claims every path it hears of, as an engine does once a check was authenticated. */
export async function openPort(maxConnectedSockets: number, systemCalls?: SystemCalls, address = LOOPBACK): Promise<OpenedPort> {
  const paths = new Map<number, Path>();
  const drops: (string | undefined)[] = [];
  const opened: { -readonly [Key in keyof OpenedPort]: OpenedPort[Key] } = {
    port: undefined as unknown as UdpPort,
    paths,
    drops,
    onDatagram: () => undefined,
    onUplinkFree: () => undefined,
  };
  opened.port = new UdpPort({
    addresses: [address],
    port: 0,
    connectPaths: true,
    maxConnectedSockets,
    systemCalls,
    clock: createStillClock(),
    onDrop: (reason) => drops.push(DROP_REASON_NAMES[reason]),
    onUplinkFree: () => opened.onUplinkFree(),
    onDatagram(path, datagram) {
      // Any object will do: the port only looks whether there is one.
      path.transport ??= {} as NonNullable<Path['transport']>;
      paths.set(path.remotePort, path);
      opened.onDatagram(path, datagram);
    },
  });
  await opened.port.open();
  return opened;
}

export async function openPeer(address = LOOPBACK): Promise<Socket> {
  const peer = createSocket(address.includes(':') ? 'udp6' : 'udp4').bind(0, address);
  await once(peer, 'listening');
  return peer;
}

/** Sends from a peer until the port's owner knows its path. */
export async function pathOf(peer: Socket, { port, paths }: OpenedPort): Promise<Path> {
  for (;;) {
    peer.send('hello', port.port, peer.address().address);
    await new Promise(setImmediate);
    const path = paths.get(peer.address().port);
    if (path !== undefined) return path;
  }
}
