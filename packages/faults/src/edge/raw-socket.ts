/**
 * Sends IPv4 packets with headers written by the caller. Node has no raw sockets, so this uses `node:ffi`. It works only on Linux, as
 * root.
 *
 * @see raw(7), packet source fields under IP_HDRINCL
 */
import { parseIpAddress } from '@causeway/wire';

const AF_INET = 2;
const SOCK_RAW = 3;
/** With this protocol the caller writes the IP header of each packet, and may forge its source (raw(7)). */
const IPPROTO_RAW = 255;
const SOCKET_ADDRESS_BYTES = 16;
const ADDRESS_AT = 4;
const SIGNATURES = {
  socket: { return: 'i32', arguments: ['i32', 'i32', 'i32'] },
  sendto: { return: 'i64', arguments: ['i32', 'buffer', 'u64', 'i32', 'buffer', 'u32'] },
  close: { return: 'i32', arguments: ['i32'] },
} as const;

export interface RawSocket {
  /** @returns whether the system accepted the packet */
  send(packet: Uint8Array): boolean;
  close(): void;
}

/** @param destination overrides the destination in the headers for routing @throws Error – not permitted, or no `node:ffi` */
export function openRawSocket(destination: string): RawSocket {
  const address = parseIpAddress(destination);
  if (address?.length !== ADDRESS_AT) throw new Error(`${destination} is no IPv4 address`);
  const to = new Uint8Array(SOCKET_ADDRESS_BYTES);
  to[0] = AF_INET;
  to.set(address, ADDRESS_AT);
  const { functions } = process.getBuiltinModule('node:ffi').dlopen(null, SIGNATURES);
  const fd = functions.socket(AF_INET, SOCK_RAW, IPPROTO_RAW);
  if (fd < 0) throw new Error('Raw sockets are for root, with CAP_NET_RAW');
  return {
    send: (packet) => Number(functions.sendto(fd, packet, BigInt(packet.length), 0, to, SOCKET_ADDRESS_BYTES)) === packet.length,
    close: () => {
      functions.close(fd);
    },
  };
}
