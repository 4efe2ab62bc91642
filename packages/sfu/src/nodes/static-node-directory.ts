import type { NodeDirectory, NodeGoneReason, NodeListener, NodeNews, NodeRecord } from './node-directory.ts';

/** A directory whose owner adds and removes the nodes, for standalone nodes and for tests. */
export class StaticNodeDirectory implements NodeDirectory {
  readonly #others = new Map<number, NodeRecord>();
  readonly #listeners = new Set<NodeListener>();
  readonly #regions = new Set<string>();
  #self: NodeRecord;

  constructor(self: NodeRecord, others: readonly NodeRecord[] = []) {
    this.#self = self;
    this.#regions.add(self.region);
    for (const record of others) this.#note(record);
  }

  get self(): NodeRecord {
    return this.#self;
  }

  get others(): readonly NodeRecord[] {
    return [...this.#others.values()];
  }

  get knownRegions(): ReadonlySet<string> {
    return this.#regions;
  }

  find(nodeNo: number): NodeRecord | undefined {
    return nodeNo === this.#self.nodeNo ? this.#self : this.#others.get(nodeNo);
  }

  watch(listener: NodeListener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  announce(change: NodeNews): void {
    this.#self = { ...this.#self, ...change };
  }

  /** Adds or replaces another node; a record with an older epoch is ignored. */
  put(record: NodeRecord): void {
    const known = this.#others.get(record.nodeNo);
    if (known !== undefined && known.epoch > record.epoch) return;
    if (known !== undefined && known.epoch < record.epoch) this.remove(known.nodeNo, 'superseded');
    this.#note(record);
    for (const listener of [...this.#listeners]) listener.onNodePut(record);
  }

  /** Removes a node; an unknown number is ignored. */
  remove(nodeNo: number, why: NodeGoneReason): void {
    const known = this.#others.get(nodeNo);
    if (known === undefined) return;
    this.#others.delete(nodeNo);
    for (const listener of [...this.#listeners]) listener.onNodeGone(known, why);
  }

  #note(record: NodeRecord): void {
    this.#others.set(record.nodeNo, record);
    this.#regions.add(record.region);
  }
}
