/** A datagram that one shard passes on to another, with where it came in and where it came from, as bytes. */
import type { DatagramOrigin } from '../io/port-sharing.ts';

export interface PassedOnDatagram {
  readonly origin: DatagramOrigin;
  readonly datagram: Buffer;
}

/** Two lengths and a port before the addresses, which are ASCII. */
const HEADER_BYTES = 4;

export function writePassedOn({ localAddress, address, port }: DatagramOrigin, datagram: Uint8Array): Buffer {
  const start = HEADER_BYTES + localAddress.length + address.length;
  const bytes = Buffer.allocUnsafe(start + datagram.length);
  bytes.writeUInt8(localAddress.length, 0);
  bytes.writeUInt8(address.length, 1);
  bytes.writeUInt16BE(port, 2);
  bytes.write(localAddress, HEADER_BYTES, 'latin1');
  bytes.write(address, HEADER_BYTES + localAddress.length, 'latin1');
  bytes.set(datagram, start);
  return bytes;
}

/** @param bytes of `writePassedOn`; the datagram is a part of them */
export function parsePassedOn(bytes: Buffer): PassedOnDatagram {
  const addressAt = HEADER_BYTES + bytes.readUInt8(0);
  const start = addressAt + bytes.readUInt8(1);
  const origin = {
    localAddress: bytes.toString('latin1', HEADER_BYTES, addressAt),
    address: bytes.toString('latin1', addressAt, start),
    port: bytes.readUInt16BE(2),
  };
  return { origin, datagram: bytes.subarray(start) };
}
