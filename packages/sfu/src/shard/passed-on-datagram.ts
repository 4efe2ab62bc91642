/** Datagrams that one shard passes on to another: their encoding, and a limit on their rate. */
import type { DatagramOrigin } from '../io/udp-port-options.ts';

export interface PassedOnDatagram {
  readonly origin: DatagramOrigin;
  readonly datagram: Buffer;
}

/** Two lengths and a port, followed by the addresses in ASCII. */
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

/** @param bytes from `writePassedOn`; the returned datagram is a view into them */
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

/**
 * The rate at which a shard passes on checks of unknown peers. An attacker who knows the prefix of the SFU's ufrags can
 * name any shard, even from forged addresses, and other shards must not suffer from that. Once a check is
 * authenticated, its path is claimed and datagrams from there are not counted.
 */
const CHECKS_PER_SECOND = 4_000;
/** Allows for a rush of new clients after a long turn of the event loop. */
const BURST_CHECKS = 1_000;

export class PassOnBudget {
  #tokens = BURST_CHECKS;
  #refilledAtMs: number;

  constructor(nowMs: number) {
    this.#refilledAtMs = nowMs;
  }

  /** @returns false if the check must be dropped */
  admit(nowMs: number): boolean {
    const elapsedMs = nowMs - this.#refilledAtMs;
    this.#tokens = Math.min(BURST_CHECKS, this.#tokens + (elapsedMs * CHECKS_PER_SECOND) / 1_000);
    this.#refilledAtMs = nowMs;
    if (this.#tokens < 1) return false;
    this.#tokens--;
    return true;
  }
}
