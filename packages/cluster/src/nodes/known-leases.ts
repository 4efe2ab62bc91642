import type { TableChanges, TableReading } from './node-scripts.ts';

/** Whatever the changes do not show is seen after so many readings. */
const READINGS_PER_WHOLE = 10;

/**
 * Which nodes have a lease in Redis, as of the last reading. Redis serves one caller at a time, and every node reads the
 * table every second: reading only changes keeps that from growing with the square of the number of nodes.
 */
export class KnownLeases {
  #nodeNos = new Set<number>();
  #ended = new Set<number>();
  #serial = '0';
  #readingsLeft = 0;

  /** Whether it is enough to read changes; `complete` tells whether it was. */
  get mayContinue(): boolean {
    return this.#readingsLeft > 0;
  }

  note({ leases, redisNowMs, serial }: TableReading): void {
    this.#nodeNos = new Set(leases.map(({ nodeNo }) => nodeNo));
    this.#ended = new Set(leases.flatMap(({ nodeNo, endsAtMs }) => (endsAtMs <= redisNowMs ? [nodeNo] : [])));
    this.#serial = serial;
    this.#readingsLeft = READINGS_PER_WHOLE - 1;
  }

  /** Redis or this process was in trouble: the next reading is a whole one. */
  forget(): void {
    this.#readingsLeft = 0;
  }

  /**
   * @returns what a reading of the whole table would say, with the first end of all leases that run in place of each one's
   *   own; undefined if the changes leave open who has a lease
   */
  complete({ redisNowMs, serial, leaseCount, ended, nextEndMs, records }: TableChanges): TableReading | undefined {
    const endedNow = new Map(ended.map(({ nodeNo, endsAtMs }) => [nodeNo, endsAtMs]));
    const isSameSet =
      leaseCount === this.#nodeNos.size &&
      // One that had ended and no longer has was renewed or removed.
      [...this.#ended].every((nodeNo) => endedNow.has(nodeNo)) &&
      [...endedNow.keys(), ...records.map(({ nodeNo }) => nodeNo)].every((nodeNo) => this.#nodeNos.has(nodeNo));
    const isOlder = Number(serial) < Number(this.#serial);
    if (!isSameSet || isOlder || (nextEndMs === undefined && endedNow.size < leaseCount)) return undefined;
    this.#ended = new Set(endedNow.keys());
    this.#serial = serial;
    this.#readingsLeft--;
    const leases = [...this.#nodeNos].map((nodeNo) => ({ nodeNo, endsAtMs: endedNow.get(nodeNo) ?? nextEndMs ?? 0 }));
    return { redisNowMs, serial, leases, records };
  }
}
