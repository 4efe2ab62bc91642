/** Datagrams that one shard passes on to another: as bytes, and how many of them. */
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

/**
 * How many checks of strangers a shard passes on. An attacker who knows the prefix of our user fragments can name any
 * shard, even from forged addresses, and other shards must not suffer from that. Once a check is authenticated, its
 * path is claimed and what comes from there is not counted.
 */
const CHECKS_PER_SECOND = 4_000;
/** A rush of newcomers after a turn of the event loop that took long. */
const BURST_CHECKS = 1_000;

export class PassOnBudget {
  #tokens = BURST_CHECKS;
  #refilledAtMs: number;

  constructor(nowMs: number) {
    this.#refilledAtMs = nowMs;
  }

  /** @returns false if the check must be thrown away */
  admit(nowMs: number): boolean {
    const elapsedMs = nowMs - this.#refilledAtMs;
    this.#tokens = Math.min(BURST_CHECKS, this.#tokens + (elapsedMs * CHECKS_PER_SECOND) / 1_000);
    this.#refilledAtMs = nowMs;
    if (this.#tokens < 1) return false;
    this.#tokens--;
    return true;
  }
}
