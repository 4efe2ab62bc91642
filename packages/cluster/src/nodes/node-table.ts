import type { KeyObject } from 'node:crypto';
import type { NodeGoneReason, NodeRecord } from '@causeway/sfu';
import { readNodeRecord } from './node-record-text.ts';
import type { TableReading } from './node-scripts.ts';

export type NodeChange =
  | { readonly type: 'put'; readonly record: NodeRecord }
  | { readonly type: 'gone'; readonly record: NodeRecord; readonly why: NodeGoneReason };

/** How long no node is dropped after Redis could not be read, or after Redis has lost a node's lease. */
export const GRACE_MS = 10_000;

/**
 * This node's view of the other nodes. A node is considered gone only on evidence: its lease exists and has ended, a
 * newer life has begun, or it left. A missing lease, or leases that ended while Redis was unavailable, may be a fault
 * of Redis.
 */
export class NodeTable {
  readonly #selfNo: number;
  readonly #key: KeyObject;
  readonly #live = new Map<number, NodeRecord>();
  /** The newest record that each node has signed, live or not: a lease may begin again without a new record. */
  readonly #records = new Map<number, NodeRecord>();
  /** Live nodes without a lease, by the time when that was first seen. */
  readonly #missingSinceMs = new Map<number, number>();
  #graceEndsAtMs = 0;
  #refused = 0;

  constructor(selfNo: number, key: KeyObject) {
    this.#selfNo = selfNo;
    this.#key = key;
  }

  get live(): ReadonlyMap<number, NodeRecord> {
    return this.#live;
  }

  /** The newest record of every known node, live or not. */
  get records(): Iterable<NodeRecord> {
    return this.#records.values();
  }

  /** How many records were not signed with the cluster key, were too old, or were not understood. */
  get refused(): number {
    return this.#refused;
  }

  /**
   * Starts the grace period, because Redis could not be read or written, or this process was suspended: the next read
   * may be out of date.
   */
  noteTrouble(nowMs: number): void {
    this.#graceEndsAtMs = nowMs + GRACE_MS;
  }

  /**
   * @param nowMs milliseconds on this process's clock
   * @returns the changes, in the order in which to report them
   */
  apply(reading: TableReading, nowMs: number): readonly NodeChange[] {
    for (const { nodeNo, text } of reading.records) this.#takeRecord(nodeNo, readNodeRecord(text, reading.redisNowMs, this.#key));
    const leases = reading.leases.filter(({ nodeNo }) => nodeNo !== this.#selfNo);
    const changes = leases.flatMap(({ nodeNo, endsAtMs }) =>
      endsAtMs > reading.redisNowMs ? this.#keep(nodeNo) : this.#end(nodeNo, endsAtMs === 0 ? 'left' : 'lease-ended', nowMs),
    );
    return [...changes, ...this.#dropMissing(new Set(leases.map(({ nodeNo }) => nodeNo)), nowMs)];
  }

  #takeRecord(nodeNo: number, record: NodeRecord | undefined): void {
    // An attacker who can write to Redis could restore an old record, or copy one node's record to another.
    const isOurs = record !== undefined && record.nodeNo === nodeNo && record.epoch >= (this.#records.get(nodeNo)?.epoch ?? 0);
    if (isOurs) this.#records.set(nodeNo, record);
    else this.#refused++;
  }

  #keep(nodeNo: number): NodeChange[] {
    this.#missingSinceMs.delete(nodeNo);
    const [record, known] = [this.#records.get(nodeNo), this.#live.get(nodeNo)];
    if (record === undefined || record === known) return [];
    this.#live.set(nodeNo, record);
    const put: NodeChange = { type: 'put', record };
    return known !== undefined && known.epoch < record.epoch ? [{ type: 'gone', record: known, why: 'superseded' }, put] : [put];
  }

  #end(nodeNo: number, why: 'left' | 'lease-ended', nowMs: number): NodeChange[] {
    const record = this.#live.get(nodeNo);
    if (record === undefined || (why === 'lease-ended' && nowMs < this.#graceEndsAtMs)) return [];
    this.#live.delete(nodeNo);
    this.#missingSinceMs.delete(nodeNo);
    return [{ type: 'gone', record, why }];
  }

  #dropMissing(present: ReadonlySet<number>, nowMs: number): NodeChange[] {
    return [...this.#live.keys()]
      .filter((nodeNo) => !present.has(nodeNo))
      .flatMap((nodeNo) => {
        const sinceMs = this.#missingSinceMs.get(nodeNo) ?? nowMs;
        this.#missingSinceMs.set(nodeNo, sinceMs);
        return nowMs - sinceMs < GRACE_MS ? [] : this.#end(nodeNo, 'lease-ended', nowMs);
      });
  }
}
