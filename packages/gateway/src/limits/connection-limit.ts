import type { Socket } from 'node:net';
import { type AddressSet, createAddressSet } from '@causeway/cluster/address-set';
import { clientKeyOf } from './client-address.ts';

/** Counts the open TCP connections of each client address. The table contains only open connections, so their number bounds it. */
export class ConnectionLimit {
  readonly #maxPerClient: number;
  readonly #trustedProxies: AddressSet;
  readonly #counts = new Map<string, number>();
  #refused = 0;

  /** @param trustedProxies addresses and ranges without a limit, because other clients are behind them */
  constructor(maxPerClient: number, trustedProxies: readonly string[]) {
    this.#maxPerClient = maxPerClient;
    this.#trustedProxies = createAddressSet(trustedProxies);
  }

  /** The number of connections closed because their client had too many. */
  get refused(): number {
    return this.#refused;
  }

  /** Counts a connection until it closes. @returns false if its client has too many, in which case it is closed */
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
