import type { DatagramOrigin } from '../io/port-sharing.ts';

/**
 * The other shards to which paths belong. It contains only paths that a shard has claimed after authenticating a
 * connectivity check, so unknown peers cannot make it grow.
 */
export class ClaimedPaths {
  readonly #owners = new Map<string, number>();

  get size(): number {
    return this.#owners.size;
  }

  ownerOf(origin: DatagramOrigin): number | undefined {
    return this.#owners.get(keyOf(origin));
  }

  /** Records a claim. The first claim stays until it is released, because a second claimant may have forged the address. */
  claim(origin: DatagramOrigin, shardNo: number): void {
    const key = keyOf(origin);
    if (!this.#owners.has(key)) this.#owners.set(key, shardNo);
  }

  /** Records a proven claim, which overrides any other. */
  prove(origin: DatagramOrigin, shardNo: number): void {
    this.#owners.set(keyOf(origin), shardNo);
  }

  release(origin: DatagramOrigin, shardNo: number): void {
    const key = keyOf(origin);
    if (this.#owners.get(key) === shardNo) this.#owners.delete(key);
  }

  /** Releases the claims of a shard that is gone. */
  releaseAll(shardNo: number): void {
    for (const [key, owner] of this.#owners) if (owner === shardNo) this.#owners.delete(key);
  }
}

function keyOf({ localAddress, address, port }: DatagramOrigin): string {
  return `${port} ${address} ${localAddress}`;
}
