import { SfuError } from '@causeway/protocol';
import type { NodeScripts, NodeUpReply, RecordNews, RenewalReply, TableChanges, TableReading } from '../../src/nodes/node-scripts.ts';

interface Life {
  readonly nodeNo: number;
  readonly epoch: number;
}

/** What the scripts of nodes keep in Redis, kept here: it passes `describeNodeScripts` as they do, in whatever time it is given. */
export class NodeRows implements NodeScripts {
  readonly #epochs = new Map<number, number>();
  readonly #leases = new Map<number, number>();
  readonly #records = new Map<number, string>();
  readonly #changes = new Map<number, number>();
  readonly #wallClockMs: () => number;
  readonly onHint = new Set<() => void>();
  /** Whether calls fail, as they do when Redis is away. */
  isAway = false;

  constructor(wallClockMs: () => number) {
    this.#wallClockMs = wallClockMs;
  }

  forgetAll(): void {
    for (const rows of [this.#epochs, this.#leases, this.#records, this.#changes]) rows.clear();
  }

  /** As `node-forget.lua` does once a dead node's sessions are swept up. A node that lives is not forgotten. */
  forget(nodeNo: number): void {
    if ((this.#leases.get(nodeNo) ?? 0) > this.#wallClockMs()) return;
    for (const rows of [this.#leases, this.#records, this.#changes]) rows.delete(nodeNo);
  }

  /** Writes as an attacker could who is not a node. */
  overwriteRecord(nodeNo: number, text: string): void {
    this.#records.set(nodeNo, text);
    this.#changes.set(nodeNo, Math.max(this.#lastChange() + 1, this.#wallClockMs()));
  }

  /** Likewise. */
  overwriteEpoch(nodeNo: number, epoch: number): void {
    this.#epochs.set(nodeNo, epoch);
  }

  epochOf(nodeNo: number): number | undefined {
    return this.#epochs.get(nodeNo);
  }

  recordOf(nodeNo: number): string {
    return this.#records.get(nodeNo) ?? '';
  }

  async up(nodeNo: number): Promise<NodeUpReply> {
    this.#answer();
    const epoch = Math.max((this.#epochs.get(nodeNo) ?? 0) + 1, Math.floor(this.#wallClockMs() / 1000));
    this.#epochs.set(nodeNo, epoch);
    return { epoch, redisNowMs: this.#wallClockMs() };
  }

  async renew({ nodeNo, epoch }: Life, leaseMs: number, { text, isUrgent }: RecordNews): Promise<RenewalReply> {
    this.#answer();
    const known = this.#epochs.get(nodeNo) ?? 0;
    if (known > epoch) return { type: 'superseded', byEpoch: known };
    this.#epochs.set(nodeNo, epoch);
    const redisNowMs = this.#wallClockMs();
    const endsAtMs = this.#leases.get(nodeNo);
    this.#leases.set(nodeNo, redisNowMs + leaseMs);
    if (text !== undefined) this.overwriteRecord(nodeNo, text);
    const isLost = endsAtMs === undefined || !this.#records.has(nodeNo);
    const was = isLost ? 'lost' : endsAtMs <= redisNowMs ? 'lapsed' : 'kept';
    if (was !== 'kept' || isUrgent) for (const hear of this.onHint) hear();
    return { type: 'renewed', was, redisNowMs };
  }

  async leave({ nodeNo, epoch }: Life): Promise<void> {
    this.#answer();
    if (this.#epochs.get(nodeNo) === epoch && this.#leases.has(nodeNo)) this.#leases.set(nodeNo, 0);
    for (const hear of this.onHint) hear();
  }

  async reclaim({ nodeNo, epoch }: Life): Promise<void> {
    this.#answer();
    if ((this.#epochs.get(nodeNo) ?? 0) > epoch) this.#epochs.set(nodeNo, epoch);
  }

  async readTable(sinceSerial: string): Promise<TableReading> {
    this.#answer();
    const changed = [...this.#changes].filter(([, serial]) => serial > Number(sinceSerial));
    return {
      redisNowMs: this.#wallClockMs(),
      serial: String(this.#lastChange()),
      leases: [...this.#leases].map(([nodeNo, endsAtMs]) => ({ nodeNo, endsAtMs })),
      records: changed.map(([nodeNo]) => ({ nodeNo, text: this.recordOf(nodeNo) })),
    };
  }

  async readChanges(sinceSerial: string): Promise<TableChanges> {
    const { redisNowMs, serial, leases, records } = await this.readTable(sinceSerial);
    const running = leases.filter(({ endsAtMs }) => endsAtMs > redisNowMs);
    return {
      redisNowMs,
      serial,
      leaseCount: leases.length,
      ended: leases.filter(({ endsAtMs }) => endsAtMs <= redisNowMs),
      nextEndMs: running.length === 0 ? undefined : Math.min(...running.map(({ endsAtMs }) => endsAtMs)),
      records,
    };
  }

  #lastChange(): number {
    return Math.max(0, ...this.#changes.values());
  }

  #answer(): void {
    if (this.isAway) throw new SfuError('registry_unavailable', 'Redis is away');
  }
}
