import type { Socket } from 'node:net';
import { type AddressSet, createAddressSet } from '@causeway/cluster/address-set';
import { clientKeyOf } from './client-address.ts';

/** How many TCP connections each client address has open. Only open connections are in the table, so their number bounds it. */
export class ConnectionLimit {
  readonly #maxPerClient: number;
  readonly #trustedProxies: AddressSet;
  readonly #counts = new Map<string, number>();
  #refused = 0;

  /** @param trustedProxies addresses and ranges that may have any number: behind them are others */
  constructor(maxPerClient: number, trustedProxies: readonly string[]) {
    this.#maxPerClient = maxPerClient;
    this.#trustedProxies = createAddressSet(trustedProxies);
  }

  /** Connections that were closed because their client had too many. */
  get refused(): number {
    return this.#refused;
  }

  /** Counts a connection until it is closed. @returns false if its client has too many; it is closed then */
  admit(socket: Socket): boolean {
    const address = socket.remoteAddress ?? '';
    const key = this.#trustedProxies.has(address) ? undefined : clientKeyOf(address);
    if (key === undefined) return true;
    const count = this.#counts.get(key) ?? 0;
    if (count >= this.#maxPerClient) {
      this.#refused++;
      socket.destroy();
      return false;
    }
    this.#counts.set(key, count + 1);
    socket.once('close', () => this.#release(key));
    return true;
  }

  #release(key: string): void {
    const left = (this.#counts.get(key) ?? 0) - 1;
    if (left > 0) this.#counts.set(key, left);
    else this.#counts.delete(key);
  }
}
