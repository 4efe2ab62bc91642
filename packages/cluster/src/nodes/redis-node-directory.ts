import type { KeyObject } from 'node:crypto';
import type { NodeDirectory, NodeListener, NodeNews, NodeRecord } from '@causeway/sfu';
import { NODE_HINTS } from '../redis/keys.ts';
import type { RedisLink } from '../redis/redis-link.ts';
import type { Persist } from '../redis/until-answered.ts';
import type { ClusterClock, Timers } from '../time/cluster-clock.ts';
import { LeaseKeeper } from './lease-keeper.ts';
import type { NodeScripts } from './node-scripts.ts';
import { NodeTable } from './node-table.ts';
import { TablePoll } from './table-poll.ts';

export interface RedisNodeDirectoryOptions {
  readonly self: NodeRecord;
  readonly link: Pick<RedisLink, 'subscribe'>;
  readonly scripts: NodeScripts;
  readonly timers: Timers;
  readonly clusterClock: ClusterClock;
  /** Signs node records. */
  readonly key: KeyObject;
  readonly isMediaAlive: () => boolean;
  readonly onSuperseded: (byEpoch: number) => void;
  /** Called when other nodes may have considered this node dead and removed its records. */
  readonly onRevived: (cause: 'lapsed' | 'lost') => void;
  readonly onStalled: () => void;
  /** Called once per outage, when a renewal fails. */
  readonly onNotRenewed: (error: unknown) => void;
}

/** The nodes that are listed in Redis, including this one while it holds its lease. */
export class RedisNodeDirectory implements NodeDirectory {
  readonly #options: RedisNodeDirectoryOptions;
  readonly #table: NodeTable;
  readonly #lease: LeaseKeeper;
  readonly #poll: TablePoll;
  readonly #listeners = new Set<NodeListener>();

  /** Nothing happens before `start` is called. */
  constructor(options: RedisNodeDirectoryOptions) {
    const { self, link, scripts, timers, key } = options;
    this.#options = options;
    this.#table = new NodeTable(self.nodeNo, key);
    this.#lease = new LeaseKeeper({ ...options, onNotRenewed: (error, isNews) => this.#noteNotRenewed(error, isNews) });
    this.#poll = new TablePoll({ scripts, timers, table: this.#table, onRead: () => this.#tell() });
    link.subscribe(NODE_HINTS, () => this.#poll.hurry());
  }

  /**
   * Takes the lease and reads the table, and continues to do both.
   *
   * @param persist retries calls that Redis does not answer
   * @throws whatever `persist` throws
   */
  async start(persist: Persist = (call) => call()): Promise<void> {
    await persist(() => this.#lease.start());
    await persist(() => this.#poll.start());
  }

  get self(): NodeRecord {
    return this.#lease.self;
  }

  get others(): readonly NodeRecord[] {
    return [...this.#table.live.values()];
  }

  get knownRegions(): ReadonlySet<string> {
    return new Set([this.self, ...this.#table.records].map(({ region }) => region));
  }

  /** How many node records were not signed with the cluster key, were too old, or were not understood. */
  get recordsRefused(): number {
    return this.#table.refused;
  }

  find(nodeNo: number): NodeRecord | undefined {
    return nodeNo === this.self.nodeNo ? this.self : this.#table.live.get(nodeNo);
  }

  watch(listener: NodeListener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  announce(change: NodeNews): void {
    this.#lease.announce(change);
  }

  /** Reads the table now, for a caller that found a node that is not in it. Never rejects. */
  refresh(): Promise<void> {
    return this.#poll.refresh();
  }

  /** Ends the lease and stops all timers. */
  async close(): Promise<void> {
    this.#poll.stop();
    await this.#lease.stop();
  }

  /**
   * Starts the grace period. A Redis that answers but accepts no writes lets every node's lease end, which says nothing
   * about the nodes.
   */
  #noteNotRenewed(error: unknown, isNews: boolean): void {
    this.#table.noteTrouble(this.#options.timers.nowMs());
    if (isNews) this.#options.onNotRenewed(error);
  }

  #tell(): void {
    for (const change of this.#poll.takeChanges()) {
      for (const listener of [...this.#listeners]) {
        if (change.type === 'put') listener.onNodePut(change.record);
        else listener.onNodeGone(change.record, change.why);
      }
    }
  }
}
