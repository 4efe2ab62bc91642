import { AppId, formatSessionId } from '@causeway/protocol';
import type { SessionRecord } from '@causeway/sfu';
import { CpuMeter } from './cpu-meter.ts';
import type { SimulatedNode } from './simulated-node.ts';
import { SimulatedWorld } from './simulated-world.ts';

export interface LargeWorldSize {
  readonly nodes: number;
  readonly regions: number;
  readonly sessionsPerNode: number;
  /** How long Redis works on a command once it has been emptied, in microseconds. A tenth of the sessions at ten times the cost are as much work. */
  readonly writeUs: number;
}

export interface RestartCost {
  /** CPU of the node that starts again, from its start on. */
  readonly restartedMs: number;
  /** The most that any other node used, and what half of them used at most, beyond what they use in as much time otherwise. */
  readonly mostMs: number;
  readonly medianMs: number;
  /** What half of all nodes use at most in as much time in which nothing happens. */
  readonly idleMs: number;
}

export interface RestoreOutcome {
  /** Until no node had anything left to write. */
  readonly restoredAfterMs: number;
  /** Sessions that no listing had afterwards, or that one had though they do not exist. */
  readonly missing: number;
  readonly unknown: number;
  /** How many times any node took another for gone. */
  readonly lostLeases: number;
}

const STEP_MS = 1_000;
const LINKED_WITHIN_MS = 60_000;
const WINDOW_MS = 15_000;
const RESTORED_WITHIN_MS = 120_000;
const SESSIONS_PER_APP = 100;
const SESSIONS_PER_STEP = 250;
const PAGE_SIZE = 1_000;

/** Many whole nodes with many sessions each. The sessions are records alone: those that a node keeps, and Redis has. */
export class LargeWorld {
  readonly world: SimulatedWorld;
  readonly #meter = new CpuMeter();
  readonly #size: LargeWorldSize;
  readonly #apps: AppId[] = [];
  readonly #sessions = new Map<number, Map<AppId, Set<string>>>();
  #gone = 0;
  #serial = 0;

  constructor(size: LargeWorldSize) {
    this.#size = size;
    const listener = {
      onEvent: () => undefined,
      onNodeEnding: () => undefined,
      onDefect: (error: unknown) => {
        throw error;
      },
      onNodeRuns: (nodeNo: number | undefined) => void this.#meter.enter(nodeNo),
    };
    this.world = new SimulatedWorld(1, { nodes: size.nodes, regions: size.regions, maxFanOut: 16 }, listener, { canFailOver: false });
    this.world.clock.onSettled = () => void this.#meter.enter(undefined);
    this.#meterNetwork();
    this.#meterRedis();
  }

  /** Starts all nodes at once. @returns after how long each had a link to every other */
  async start(): Promise<number> {
    const startedAtMs = this.world.clock.nowMs();
    await this.world.start();
    while (!this.areAllLinked()) {
      if (this.world.clock.nowMs() - startedAtMs > LINKED_WITHIN_MS) throw new Error(`not linked within ${LINKED_WITHIN_MS / 1000} s`);
      await this.pass(STEP_MS);
    }
    return this.world.clock.nowMs() - startedAtMs;
  }

  /** Gives every node its sessions, which Redis has afterwards. */
  async fill(): Promise<void> {
    const { nodes } = this.world;
    for (let from = 0; from < this.#size.sessionsPerNode; from += SESSIONS_PER_STEP) {
      const count = Math.min(SESSIONS_PER_STEP, this.#size.sessionsPerNode - from);
      const writes = nodes.flatMap((node) => Array.from({ length: count }, (_, index) => this.#putSession(node, from + index)));
      await this.pass(STEP_MS);
      await Promise.all(writes);
    }
  }

  /** A node is killed and starts again two seconds later. */
  async restart(nodeNo: number): Promise<RestartCost> {
    await this.pass(STEP_MS);
    this.#collectGarbage();
    this.#meter.start();
    await this.pass(WINDOW_MS);
    const idle = await this.#meter.stop();
    this.#collectGarbage();
    this.#meter.start();
    this.world.strike({ kind: 'kill', nodeNo, otherNo: 0, atMs: 0, forMs: 0, strength: 0 });
    this.#sessions.delete(nodeNo);
    await this.pass(WINDOW_MS);
    if (!this.areAllLinked()) throw new Error(`node ${nodeNo} is not linked again`);
    const used = await this.#meter.stop();
    const beyond = [...used]
      .flatMap(([each, ms]) => (each === nodeNo ? [] : [ms - (idle.get(each) ?? 0)]))
      .sort((one, other) => one - other);
    const inIdle = [...idle.values()].sort((one, other) => one - other);
    return {
      restartedMs: used.get(nodeNo) ?? Number.NaN,
      mostMs: beyond.at(-1) ?? Number.NaN,
      medianMs: beyond[Math.floor(beyond.length / 2)] ?? Number.NaN,
      idleMs: inIdle[Math.floor(inIdle.length / 2)] ?? Number.NaN,
    };
  }

  /** Redis forgets everything, and takes as long for each command as a real one. */
  async flush(): Promise<RestoreOutcome> {
    this.world.redis.commandMs = this.#size.writeUs / 1000;
    await this.pass(STEP_MS);
    for (const { cluster } of this.world.nodes)
      cluster.directory.watch({ onNodePut: () => undefined, onNodeGone: () => void this.#gone++ });
    const flushedAtMs = this.world.clock.nowMs();
    this.world.redis.forgetAll();
    // A node notices within two seconds that something is missing.
    await this.pass(3 * STEP_MS);
    while (this.world.nodes.some(({ cluster }) => cluster.statistics.sessionsToRestore > 0)) {
      if (this.world.clock.nowMs() - flushedAtMs > RESTORED_WITHIN_MS)
        throw new Error(`not restored within ${RESTORED_WITHIN_MS / 1000} s`);
      await this.pass(STEP_MS);
    }
    const restoredAfterMs = this.world.clock.nowMs() - flushedAtMs;
    this.world.redis.commandMs = 0;
    const lostLeases = this.#gone;
    return { restoredAfterMs, lostLeases, ...(await this.#compareListings()) };
  }

  async pass(ms: number): Promise<void> {
    for (let passedMs = 0; passedMs < ms; passedMs += STEP_MS) {
      await this.world.pass(STEP_MS);
      this.#meter.enter(undefined);
    }
  }

  areAllLinked(): boolean {
    const { nodes, mesh } = this.world;
    return nodes.length === this.#size.nodes && nodes.every(({ shard }) => mesh.linkStatistics(shard).length === nodes.length - 1);
  }

  #putSession({ nodeNo, cluster }: SimulatedNode, index: number): Promise<void> {
    const appId = AppId.parse(`app-${nodeNo}-${Math.floor(index / SESSIONS_PER_APP)}`);
    const ofNode = this.#sessions.get(nodeNo) ?? new Map<AppId, Set<string>>();
    const ofApp = ofNode.get(appId) ?? new Set<string>();
    if (ofApp.size === 0) this.#apps.push(appId);
    this.#sessions.set(nodeNo, ofNode.set(appId, ofApp));
    const sessionId = formatSessionId(nodeNo, `00000000-0000-4000-8000-${(++this.#serial).toString(16).padStart(12, '0')}`);
    ofApp.add(sessionId);
    const record: SessionRecord = { appId, sessionId, metadata: '', connectionState: 'connected', createdAtMs: this.world.clock.nowMs() };
    return cluster.registry.putSession(record);
  }

  /** Reads all listings, each at another node than the one that its sessions are at. */
  async #compareListings(): Promise<{ readonly missing: number; readonly unknown: number }> {
    const { nodes } = this.world;
    const expected = new Set([...this.#sessions.values()].flatMap((ofNode) => [...ofNode.values()].flatMap((ids) => [...ids])));
    const total = expected.size;
    let listed = 0;
    const readings = this.#apps.map(async (appId, index) => {
      const reader = nodes[(Math.floor((index * SESSIONS_PER_APP) / this.#size.sessionsPerNode) + 1) % nodes.length];
      const page = await reader?.cluster.registry.listSessions(appId, { limit: PAGE_SIZE, cursor: undefined });
      listed += page?.sessions.length ?? 0;
      for (const { sessionId } of page?.sessions ?? []) expected.delete(sessionId);
    });
    await this.pass(STEP_MS);
    await Promise.all(readings);
    return { missing: expected.size, unknown: listed - (total - expected.size) };
  }

  #meterNetwork(): void {
    const { mesh } = this.world;
    const addShard = mesh.addShard.bind(mesh);
    mesh.addShard = (nodeNo) => {
      const shard = addShard(nodeNo);
      const setListener = shard.setListener.bind(shard);
      shard.setListener = (listener) =>
        setListener((event) => {
          this.#meter.enter(nodeNo);
          listener(event);
        });
      const send = shard.send.bind(shard);
      shard.send = (command) => this.#asSurroundings(() => send(command));
      return shard;
    };
  }

  #meterRedis(): void {
    const { redis } = this.world;
    const carryOut = redis.carryOut.bind(redis);
    redis.carryOut = (words) => this.#asSurroundings(() => carryOut(words));
  }

  /** What the doubles of Redis, engines and the network do for a node is not its own work. */
  #asSurroundings<Result>(work: () => Result): Result {
    const before = this.#meter.enter(undefined);
    try {
      return work();
    } finally {
      this.#meter.enter(before);
    }
  }

  /** The heap holds all nodes at once, and none of them should pay for it. */
  #collectGarbage(): void {
    (globalThis as { readonly gc?: () => void }).gc?.();
  }
}
