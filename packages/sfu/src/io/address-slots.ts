import { SOCKET_ADDRESS_BYTES, writeSocketAddress } from './socket-address.ts';

export const NO_ADDRESS_SLOT = -1;
/** More peers than one thread ever has. The system provides the memory only when it is written to. */
const MAX_SLOTS = 16_384;

/** Remote addresses in the system's binary form, side by side in memory that never moves. */
export class AddressSlots {
  readonly bytes = new Uint8Array(MAX_SLOTS * SOCKET_ADDRESS_BYTES);
  readonly #lengths = new Uint8Array(MAX_SLOTS);
  readonly #free: number[] = [];
  #unused = 0;

  /** The number of slots in use. */
  get taken(): number {
    return this.#unused - this.#free.length;
  }

  /** Stores an address. @returns its slot; `NO_ADDRESS_SLOT` if none is free or the address has no binary form */
  take(address: string, port: number): number {
    const slot = this.#free.pop() ?? this.#unused;
    if (slot === MAX_SLOTS) return NO_ADDRESS_SLOT;
    if (slot === this.#unused) this.#unused++;
    const length = writeSocketAddress(this.bytes, slot * SOCKET_ADDRESS_BYTES, address, port);
    this.#lengths[slot] = length;
    if (length > 0) return slot;
    this.#free.push(slot);
    return NO_ADDRESS_SLOT;
  }

  giveBack(slot: number): void {
    if (slot !== NO_ADDRESS_SLOT) this.#free.push(slot);
  }

  lengthOf(slot: number): number {
    return this.#lengths[slot] ?? 0;
  }
}
