/** Opens the unconnected socket of a local address. */
import type { Socket } from 'node:dgram';
import type { AddressSlots } from './address-slots.ts';
import { DatagramBatch } from './datagram-batch.ts';
import { bindSocket, createLiteralSocket } from './literal-socket.ts';
import { Outlet } from './outlet.ts';
import type { LocalSocket } from './socket-path.ts';
import type { SystemCalls } from './system-calls.ts';
import type { Uplink } from './uplink.ts';

/** Room for a burst of newcomers while the event loop is busy. */
const RECEIVE_BUFFER_BYTES = 4 << 20;
/**
 * Room for what a packet of each of several large fan-outs makes at once; systems grant what they think fit. With more, what is sent into
 * a narrow link would be late by as much as lies there, sound included.
 */
const SEND_BUFFER_BYTES = 1 << 20;

/** What sending many datagrams with one call takes. */
export interface Batching {
  readonly systemCalls: SystemCalls;
  readonly addressSlots: AddressSlots;
}

export interface LocalSocketOptions {
  readonly address: string;
  readonly port: number;
  /** Whether others may share the port. */
  readonly reusePort: boolean;
  /** Default: each datagram is sent by itself. */
  readonly batching: Batching | undefined;
  readonly uplink: Uplink;
}

/** @throws the system's error, EADDRINUSE say; nothing stays open then */
export async function openLocalSocket(options: LocalSocketOptions): Promise<LocalSocket> {
  const { address, port, reusePort, batching, uplink } = options;
  const createSocket = (): Socket =>
    createLiteralSocket(address, { reusePort, receiveBufferBytes: RECEIVE_BUFFER_BYTES, sendBufferBytes: SEND_BUFFER_BYTES });
  const batched = reusePort && batching !== undefined ? openBatchingSocket(options, batching, createSocket) : undefined;
  if (batched !== undefined) return batched;
  const socket = createSocket();
  await bindSocket(socket, address, port);
  return { socket, address, batch: undefined, outlet: new Outlet(socket, false, uplink) };
}

/** A socket whose descriptor we know, because we have opened and bound it. @returns undefined where that is not to be had */
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
  const batch = new DatagramBatch(systemCalls, fd, addressSlots, {
    onFull: (path, memory, offset, length, kind) => outlet.hold(path, memory, offset, length, kind),
    onRefused: (refusal) => uplink.refuse(refusal),
  });
  return { socket, address, batch, outlet };
}
