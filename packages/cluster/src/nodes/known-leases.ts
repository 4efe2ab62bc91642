import type { TableChanges, TableReading } from './node-scripts.ts';

/** The table is read in full once per this many reads, to find what the changes do not show. */
const READINGS_PER_WHOLE = 10;

/**
 * The nodes that have a lease in Redis, as of the last read. Redis serves one caller at a time, and every node reads
 * the table every second. Reading only the changes keeps the load from growing with the square of the number of nodes.
 */
export class KnownLeases {
  #nodeNos = new Set<number>();
  #ended = new Set<number>();
  #serial = '0';
  #readingsLeft = 0;

  /** Whether reading the changes may be enough; `complete` tells whether it was. */
  get mayContinue(): boolean {
    return this.#readingsLeft > 0;
  }

  note({ leases, redisNowMs, serial }: TableReading): void {
    this.#nodeNos = new Set(leases.map(({ nodeNo }) => nodeNo));
    this.#ended = new Set(leases.flatMap(({ nodeNo, endsAtMs }) => (endsAtMs <= redisNowMs ? [nodeNo] : [])));
    this.#serial = serial;
    this.#readingsLeft = READINGS_PER_WHOLE - 1;
  }

  /** Makes the next read a full one, because Redis or this process had a problem. */
  forget(): void {
    this.#readingsLeft = 0;
  }

  /**
   * @returns what a full read would return, except that every running lease has the earliest end of all of them instead
   * of its own; undefined if the changes do not determine which nodes have a lease
   */
  complete({ redisNowMs, serial, leaseCount, ended, nextEndMs, records }: TableChanges): TableReading | undefined {
    const endedNow = new Map(ended.map(({ nodeNo, endsAtMs }) => [nodeNo, endsAtMs]));
    const isSameSet =
      leaseCount === this.#nodeNos.size &&
      // A lease that had ended and now has not was renewed or removed.
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
