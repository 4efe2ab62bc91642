import type { DatagramOrigin } from '../io/port-sharing.ts';

/**
 * Which other shard a path belongs to. Contains only paths that a shard has claimed after authenticating a check on
 * them, so strangers cannot make it grow.
 */
export class ClaimedPaths {
  readonly #owners = new Map<string, number>();

  get size(): number {
    return this.#owners.size;
  }

  ownerOf(origin: DatagramOrigin): number | undefined {
    return this.#owners.get(keyOf(origin));
  }

  /** Notes a claim. The first one stays until it is given up, because the second claimant may only have forged the address. */
  claim(origin: DatagramOrigin, shardNo: number): void {
    const key = keyOf(origin);
    if (!this.#owners.has(key)) this.#owners.set(key, shardNo);
  }

  /** Notes a claim that was proven, which ends every other. */
  prove(origin: DatagramOrigin, shardNo: number): void {
    this.#owners.set(keyOf(origin), shardNo);
  }

  release(origin: DatagramOrigin, shardNo: number): void {
    const key = keyOf(origin);
    if (this.#owners.get(key) === shardNo) this.#owners.delete(key);
  }

  /** The shard is gone, and so is whatever it has claimed. */
  releaseAll(shardNo: number): void {
    for (const [key, owner] of this.#owners) if (owner === shardNo) this.#owners.delete(key);
  }
}

function keyOf({ localAddress, address, port }: DatagramOrigin): string {
  return `${port} ${address} ${localAddress}`;
}
