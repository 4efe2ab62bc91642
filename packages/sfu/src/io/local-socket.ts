/** Opens the unconnected socket of a local address, which serves all paths without a socket of their own. */
import type { Socket } from 'node:dgram';
import { type AddressSlots, DatagramBatch } from './datagram-batch.ts';
import { bindSocket, createLiteralSocket } from './literal-socket.ts';
import { Outlet } from './outlet.ts';
import type { LocalSocket } from './socket-path.ts';
import type { SystemCalls } from './system-calls.ts';
import type { Uplink } from './uplink.ts';

/** Holds a burst of new clients while the event loop is busy. */
const RECEIVE_BUFFER_BYTES = 4 << 20;
/**
 * Holds one packet of each of several large fan-outs, if the system allows it. On a narrow uplink, a larger buffer
 * would delay everything behind its content, including audio.
 */
const SEND_BUFFER_BYTES = 1 << 20;

/** What sending many datagrams in one call requires. */
export interface Batching {
  readonly systemCalls: SystemCalls;
  readonly addressSlots: AddressSlots;
}

export interface LocalSocketOptions {
  readonly address: string;
  readonly port: number;
  /** Whether other sockets may share the port. */
  readonly reusePort: boolean;
  /** If undefined, each datagram takes a system call. */
  readonly batching: Batching | undefined;
  readonly uplink: Uplink;
}

/** @throws the system's error, such as EADDRINUSE; nothing stays open in that case */
export async function openLocalSocket(options: LocalSocketOptions): Promise<LocalSocket> {
  const { address, port, reusePort, batching, uplink } = options;
  const createSocket = (): Socket =>
    createLiteralSocket(address, { reusePort, receiveBufferBytes: RECEIVE_BUFFER_BYTES, sendBufferBytes: SEND_BUFFER_BYTES });
  const batched = reusePort && batching !== undefined ? openBatchingSocket(options, batching, createSocket) : undefined;
  if (batched !== undefined) return batched;
  const socket = createSocket();
  await bindSocket(socket, address, port);
  return { socket, address, fd: undefined, batch: undefined, outlet: new Outlet(socket, false, uplink) };
}

/**
 * Binds a port exclusively for a moment, which fails if another process shares it.
 *
 * @returns the port, which is free again
 * @throws the system's error if the port is taken
 */
export async function probePort(address: string, port: number): Promise<number> {
  const probe = createLiteralSocket(address, { reusePort: false });
  await bindSocket(probe, address, port);
  const taken = probe.address().port;
  await new Promise<void>((resolve) => probe.close(resolve));
  return taken;
}

/**
 * Opens and binds a socket by system calls, in order to know its file descriptor.
 *
 * @returns undefined if the system does not allow it
 */
function openBatchingSocket(
  { address, port, uplink }: LocalSocketOptions,
  { systemCalls, addressSlots }: Batching,
  createSocket: () => Socket,
): LocalSocket | undefined {
  const fd = systemCalls.openSharedSocket(address, port);
  if (fd === undefined) return undefined;
  const socket = createSocket();
  try {
    socket.bind({ fd, exclusive: true });
  } catch {
    systemCalls.close(fd);
    socket.close();
    return undefined;
  }
  systemCalls.forbidAddressReuse(fd);
  const outlet = new Outlet(socket, false, uplink);
  const batch = new DatagramBatch(systemCalls, { fd, address }, addressSlots, {
    onFull: (path, memory, offset, length, kind) => outlet.hold(path, memory, offset, length, kind),
    onRefused: (refusal, path, memory, offset, length, kind) =>
      uplink.refuseDatagram(refusal, path, kind, memory.subarray(offset, offset + length)),
  });
  return { socket, address, fd, batch, outlet };
}
