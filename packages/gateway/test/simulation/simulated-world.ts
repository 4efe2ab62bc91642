import { createApp, type UsageBatch, type UsageJournal } from '@causeway/accounts';
import type { GeoPoint, SfuEvent } from '@causeway/sfu';
import { VirtualMesh } from '@causeway/testkit/mesh';
import { ModelRedis, type ModelRedisOptions, type ModelRedisWay } from '@causeway/testkit/model-redis';
import { seededRandom } from '@causeway/testkit/seeded-random';
import { VirtualClock } from '@causeway/testkit/virtual-clock';
import type { FormerEvents } from '../../src/events/event-outbox.ts';
import type { CallReply } from '../../src/forwarding/call-reply.ts';
import { NodeCallError, type NodeRequest } from '../../src/forwarding/node-client.ts';
import type { Fault } from './fault-plan.ts';
import { NodeClock } from './node-clock.ts';
import { SimulatedNode } from './simulated-node.ts';

export interface WorldSize {
  readonly nodes: number;
  readonly regions: number;
  /** To how many neighbours a node passes a track on. */
  readonly maxFanOut: number;
}

export interface WorldListener {
  readonly onEvent: (nodeNo: number, event: SfuEvent) => void;
  /** A node is about to be gone, killed or closed. */
  readonly onNodeEnding: (nodeNo: number, how: 'killed' | 'drained') => void;
  readonly onDefect: (error: unknown) => void;
  /** A node is about to run; undefined: what surrounds all of them. */
  readonly onNodeRuns?: (nodeNo: number | undefined) => void;
}

/** A machine, whichever life of a node runs there. */
interface Machine {
  readonly nodeNo: number;
  clock: NodeClock;
  node: SimulatedNode | undefined;
  /** What is in its folder: events of all lives that have ended, and usage that the ledger may still need. */
  readonly folder: FormerEvents[];
  readonly usage: Map<string, UsageBatch>;
  /** Until when the way to Redis is cut. */
  redisCutUntilMs: number;
  isStarting: boolean;
}

const STARTED_WITHIN_MS = 10_000;
const STEP_MS = 500;
const REPLY_TIMEOUT_MS = 15_000;
/** From being told to drain until its end. */
const DRAIN_MS = 12_000;
const RESTART_AFTER_MS = 2_000;
const MAX_REDIS_LAG_MS = 4_000;
const FAILOVER_MS = 3_000;

/** Machines with nodes, the networks between them, and a Redis; what goes wrong with all of them is `strike`'s to say. */
export class SimulatedWorld {
  readonly clock = new VirtualClock();
  readonly redis: ModelRedis;
  readonly mesh: VirtualMesh;
  readonly app = createApp({ id: 'simulated', secrets: ['the-secret-of-the-simulated-app'] });
  readonly #machines = new Map<number, Machine>();
  readonly #size: WorldSize;
  readonly #listener: WorldListener;
  readonly #random: () => number;
  readonly #delays = new Map<number, number>();
  /** Redis as all machines see it. */
  #redisWay: { readonly state: 'refused' | 'silent' | 'slow'; readonly untilMs: number } | undefined;
  #lives = 0;
  /** How many events all nodes have had. */
  events = 0;
  #isHealing = false;

  constructor(seed: number, size: WorldSize, listener: WorldListener, redis: Pick<ModelRedisOptions, 'canFailOver'> = {}) {
    this.#size = size;
    this.#listener = listener;
    this.#random = seededRandom(seed);
    this.redis = new ModelRedis({ clock: this.clock, random: this.#random, ...redis });
    this.mesh = new VirtualMesh(this.clock, (from, to) => this.#oneWayMs(from, to));
    for (let nodeNo = 1; nodeNo <= size.nodes; nodeNo++) {
      this.#machines.set(nodeNo, {
        nodeNo,
        clock: this.#clockOf(nodeNo),
        node: undefined,
        folder: [],
        usage: new Map(),
        redisCutUntilMs: 0,
        isStarting: false,
      });
    }
  }

  async start(): Promise<void> {
    for (const machine of this.#machines.values()) this.#startNode(machine);
    for (let passedMs = 0; passedMs < STARTED_WITHIN_MS; passedMs += STEP_MS) await this.pass(STEP_MS);
  }

  /** Lets time pass without keeping what shards were told. */
  async pass(ms: number): Promise<void> {
    await this.clock.advance(ms);
    for (const { shard } of this.nodes) shard.forgetLogs();
  }

  get nodes(): readonly SimulatedNode[] {
    return [...this.#machines.values()].flatMap(({ node }) => node ?? []);
  }

  find(nodeNo: number): SimulatedNode | undefined {
    return this.#machines.get(nodeNo)?.node;
  }

  regionOf(nodeNo: number): string {
    return `region-${nodeNo % this.#size.regions}`;
  }

  /** Returns the location of the region with that number. */
  locationOf(region: number): GeoPoint {
    return { latitudeDegrees: 0, longitudeDegrees: (360 / this.#size.regions) * region - 180 };
  }

  /** Whether something can be heard of a node: a client that calls it is answered. */
  isUp(nodeNo: number): boolean {
    const machine = this.#machines.get(nodeNo);
    return machine?.node !== undefined && !machine.clock.isPaused;
  }

  /** Lets something go wrong. */
  strike({ kind, nodeNo, otherNo, forMs, strength }: Fault): void {
    const machine = this.#machines.get(nodeNo);
    if (machine === undefined) return;
    const nowMs = this.clock.nowMs();
    switch (kind) {
      case 'cut-link':
        this.#cut([[nodeNo, otherNo]], forMs);
        break;
      case 'lossy-link':
        this.mesh.lose(nodeNo, otherNo, 0.05 + 0.4 * strength);
        this.#later(forMs, () => this.mesh.lose(nodeNo, otherNo, 0));
        break;
      case 'slow-link':
        this.#delays.set(pairKey(nodeNo, otherNo), 50 + Math.round(250 * strength));
        break;
      case 'partition': {
        const side = (each: number) => (each * 7919) % 10 < 1 + 8 * strength || each === nodeNo;
        const nodeNos = [...this.#machines.keys()];
        this.#cut(
          nodeNos.flatMap((one) => nodeNos.filter((other) => side(one) && !side(other)).map((other) => [one, other] as const)),
          forMs,
        );
        break;
      }
      case 'cut-redis':
        machine.redisCutUntilMs = nowMs + forMs;
        break;
      case 'pause':
        this.#pause(machine, forMs);
        break;
      case 'kill':
        this.#kill(machine);
        break;
      case 'deploy':
        this.#deploy(machine);
        break;
      case 'node-clock-leap':
        machine.clock.wallOffsetMs += (strength - 0.5) * 7_200_000;
        break;
      case 'redis-clock-leap':
        this.redis.clockOffsetMs += Math.round((strength - 0.3) * 20_000);
        break;
      case 'redis-down':
        this.#redisWay = { state: 'refused', untilMs: nowMs + forMs };
        this.redis.closeConnections();
        break;
      case 'redis-silent':
        this.#redisWay = { state: 'silent', untilMs: nowMs + forMs };
        break;
      case 'redis-slow':
        this.#redisWay = { state: 'slow', untilMs: nowMs + forMs };
        break;
      case 'redis-flushed':
        this.redis.forgetAll();
        break;
      case 'redis-failover':
        this.#redisWay = { state: 'refused', untilMs: nowMs + FAILOVER_MS };
        this.redis.failOver(Math.round(strength * MAX_REDIS_LAG_MS));
        this.redis.closeConnections();
        break;
      default:
        kind satisfies never;
    }
  }

  /** Nothing is wrong any more, and nodes that were gone come back. */
  heal(): void {
    this.#isHealing = true;
    this.#redisWay = undefined;
    const nodeNos = [...this.#machines.keys()];
    for (const machine of this.#machines.values()) {
      machine.redisCutUntilMs = 0;
      machine.clock.resume();
      for (const other of nodeNos) {
        if (other <= machine.nodeNo) continue;
        this.mesh.lose(machine.nodeNo, other, 0);
        this.mesh.heal(machine.nodeNo, other);
      }
    }
  }

  #clockOf(nodeNo: number): NodeClock {
    return new NodeClock(this.clock, () => this.#listener.onNodeRuns?.(nodeNo));
  }

  #startNode(machine: Machine): void {
    const { nodeNo } = machine;
    machine.clock = this.#clockOf(nodeNo);
    machine.isStarting = true;
    const { clock } = machine;
    this.#listener.onNodeRuns?.(nodeNo);
    SimulatedNode.start({
      nodeNo,
      region: this.regionOf(nodeNo),
      location: this.locationOf(nodeNo % this.#size.regions),
      seed: ++this.#lives * 1_000 + nodeNo,
      maxFanOut: this.#size.maxFanOut,
      app: this.app,
      clock,
      mesh: this.mesh,
      redis: this.redis,
      wayToRedis: () => this.#wayToRedis(machine),
      calls: (request) => this.#call(machine, request),
      onEvent: (event) => this.#listener.onEvent(nodeNo, event),
      former: [...machine.folder],
      journal: openJournal(machine),
      nextEvent: () => ++this.events,
      onDefect: (error) => this.#listener.onDefect(error),
    }).then(
      (node) => {
        machine.isStarting = false;
        machine.node = node;
      },
      () => this.#later(RESTART_AFTER_MS, () => this.#startNode(machine)),
    );
  }

  #kill(machine: Machine): void {
    if (machine.node === undefined) return;
    this.#listener.onNodeEnding(machine.nodeNo, 'killed');
    machine.clock.end();
    machine.folder.push(machine.node.events.left);
    this.#takeDown(machine);
  }

  #deploy(machine: Machine): void {
    const { node } = machine;
    if (node === undefined || node.isDraining) return;
    node.drain();
    this.#later(DRAIN_MS, () => {
      if (machine.node !== node) return;
      this.#listener.onNodeEnding(machine.nodeNo, 'drained');
      machine.node = undefined;
      node.close().then(
        () => {
          machine.folder.push(node.events.left);
          this.#takeDown(machine);
        },
        (error) => this.#listener.onDefect(error),
      );
    });
  }

  /** The process is gone; another one starts in its place. */
  #takeDown(machine: Machine): void {
    machine.node = undefined;
    this.mesh.kill(machine.nodeNo);
    this.#later(RESTART_AFTER_MS, () => {
      for (const other of this.#machines.keys()) if (other !== machine.nodeNo) this.mesh.heal(machine.nodeNo, other);
      this.#startNode(machine);
    });
  }

  #pause(machine: Machine, forMs: number): void {
    if (machine.node === undefined || machine.clock.isPaused) return;
    const { clock, nodeNo } = machine;
    clock.pause();
    this.#cut(
      [...this.#machines.keys()].filter((other) => other !== nodeNo).map((other) => [nodeNo, other] as const),
      forMs,
    );
    this.#later(forMs, () => clock.resume());
  }

  #cut(pairs: readonly (readonly [number, number])[], forMs: number): void {
    for (const [one, other] of pairs) this.mesh.cut(one, other);
    this.#later(forMs, () => {
      for (const [one, other] of pairs) if (this.find(one) !== undefined && this.find(other) !== undefined) this.mesh.heal(one, other);
    });
  }

  #wayToRedis(machine: Machine): ModelRedisWay {
    const nowMs = this.clock.nowMs();
    if (machine.redisCutUntilMs > nowMs || machine.clock.isPaused) return { state: 'silent' };
    const way = this.#redisWay;
    if (way === undefined || way.untilMs <= nowMs) return { state: 'open', oneWayMs: 1 };
    return way.state === 'slow' ? { state: 'open', oneWayMs: 150 } : { state: way.state };
  }

  /** HTTP from one node to another. */
  #call(from: Machine, request: NodeRequest): Promise<CallReply> {
    const target = this.#machines.get(Number(/^http:\/\/node-(\d+)/.exec(request.url)?.[1]));
    return new Promise((resolve, reject) => {
      const fail = (failure: 'unreached' | 'interrupted') => reject(new NodeCallError(failure, `${request.url} failed`));
      const isOpen = () => target !== undefined && (target === from || !this.mesh.isCut(from.nodeNo, target.nodeNo));
      if (target?.node === undefined || !isOpen()) {
        from.clock.schedule(1_000, () => fail('unreached'));
        return;
      }
      const { node } = target;
      const oneWayMs = this.#oneWayMs(from.nodeNo, target.nodeNo);
      from.clock.schedule(REPLY_TIMEOUT_MS, () => fail('interrupted'));
      target.clock.schedule(oneWayMs, () => {
        if (target.node !== node || !isOpen()) return;
        node.answer(request).then(
          (reply) => void (isOpen() && from.clock.schedule(oneWayMs, () => resolve(reply))),
          () => void (isOpen() && from.clock.schedule(oneWayMs, () => fail('interrupted'))),
        );
      });
    });
  }

  #oneWayMs(from: number, to: number): number {
    const key = pairKey(from, to);
    const isNear = this.regionOf(from) === this.regionOf(to);
    const delayMs = this.#delays.get(key) ?? 1 + Math.floor(this.#random() * (isNear ? 3 : 100));
    this.#delays.set(key, delayMs);
    return delayMs;
  }

  #later(delayMs: number, what: () => void): void {
    this.clock.schedule(this.#isHealing ? 0 : delayMs, () => {
      this.#listener.onNodeRuns?.(undefined);
      what();
    });
  }
}

function pairKey(one: number, other: number): number {
  return Math.min(one, other) * 65_536 + Math.max(one, other);
}

/** The journal of a machine's present life, in memory that outlives it. What a dead process would write is not written. */
function openJournal({ usage, clock }: Machine): UsageJournal {
  const nameOf = ({ appId, epoch, seq }: UsageBatch) => `${epoch} ${appId} ${seq}`;
  return {
    leftovers: [...usage.values()].toSorted((one, other) => one.epoch - other.epoch || one.seq - other.seq),
    note: (batches) => {
      if (!clock.isEnded) for (const batch of batches) usage.set(nameOf(batch), batch);
    },
    forget: (batch) => {
      if (!clock.isEnded) usage.delete(nameOf(batch));
    },
    close: async () => {},
  };
}
