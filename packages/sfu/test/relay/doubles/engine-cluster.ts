/** Whole nodes with real engines, in virtual time: data channels of participants really cross the links between them, packet by packet. */
import type { EngineCommand, EngineEvent, EngineEventListener } from '@causeway/media';
import type { AppId } from '@causeway/protocol';
import { CLEAN_LINK, type Impairment, layPath, type TimeDweller, VirtualTime, VirtualWorld, type WorldLink } from '@causeway/testkit';
import { seededBytes } from '@causeway/testkit/mesh';
import { assembleSfu } from '../../../src/assemble-sfu.ts';
import type { CancelTimer, Clock } from '../../../src/clock.ts';
import type { SfuEvent } from '../../../src/events.ts';
import { type NodeRecord, StaticNodeDirectory } from '../../../src/nodes/index.ts';
import { MemoryRegistry, type Registry } from '../../../src/registry/index.ts';
import type { LinkEvent } from '../../../src/relay/cluster-assembly.ts';
import type { ControlMessage } from '../../../src/relay/links/control-messages.ts';
import type { DataMessage, DataParticipant, HostedPublication, HostedSubscription } from '../../../src/session/data/data-participant.ts';
import type { Sfu } from '../../../src/sfu.ts';
import type { Shard, ShardAnswers, ShardQuestion } from '../../../src/shard.ts';
import { APP } from '../../doubles/sfu-under-test.ts';
import { nodeRecord, openTrust } from './node-records.ts';

const STEP_MS = 5;
const PULSE = JSON.stringify({ type: 'pulse' });
const SETTLED_TURNS = 60;
const LINK: Impairment = { ...CLEAN_LINK, delayMs: 20 };

export interface EngineClusterOptions {
  readonly records?: Readonly<Record<number, Partial<NodeRecord>>>;
  readonly registry?: Registry;
  readonly link?: Impairment;
}

export interface EngineNode {
  readonly nodeNo: number;
  readonly world: VirtualWorld;
  readonly sfu: Sfu;
  readonly directory: StaticNodeDirectory;
  readonly linkEvents: LinkEvent[];
  readonly events: SfuEvent[];
  /** Everything that the engine was told. */
  readonly commands: EngineCommand[];
  /** What the node will say to others in place of its next pulses. */
  readonly lies: ControlMessage[];
}

export class EngineCluster {
  readonly time = new VirtualTime();
  readonly registry: Registry;
  readonly nodes = new Map<number, EngineNode>();
  readonly #links = new Map<string, WorldLink>();

  constructor(nodeNos: readonly number[], { records = {}, registry = new MemoryRegistry(), link = LINK }: EngineClusterOptions = {}) {
    this.registry = registry;
    const clock = new WorldClock(this.time);
    const recordOf = (nodeNo: number): NodeRecord => {
      return nodeRecord(nodeNo, { linkAddresses: [{ address: addressOf(nodeNo), port: 8081 }], ...records[nodeNo] });
    };
    for (const nodeNo of nodeNos) {
      const world = new VirtualWorld({ time: this.time, seed: nodeNo, address: addressOf(nodeNo) });
      const shard = new EngineShard(world, recordOf(nodeNo));
      const directory = new StaticNodeDirectory(recordOf(nodeNo), nodeNos.filter((other) => other !== nodeNo).map(recordOf));
      for (const other of this.nodes.values()) {
        this.#links.set(`${other.nodeNo}-${nodeNo}`, layPath(other.world, world, `${other.nodeNo}-${nodeNo}`, link));
      }
      const [events, linkEvents]: [SfuEvent[], LinkEvent[]] = [[], []];
      const sfu = assembleSfu({
        shard,
        registry,
        clock,
        random: seededBytes(nodeNo),
        nodeNo,
        announcedAddresses: [addressOf(nodeNo)],
        onEvent: (event) => events.push(event),
        onDefect: (error) => {
          throw error;
        },
        cluster: { directory, trust: openTrust, onLinkEvent: (event) => linkEvents.push(event) },
      });
      this.nodes.set(nodeNo, { nodeNo, world, sfu, directory, linkEvents, events, commands: shard.commands, lies: shard.lies });
    }
  }

  /** All links are up, and all nodes know of them. */
  static async linked(nodeNos: readonly number[], options: EngineClusterOptions = {}): Promise<EngineCluster> {
    const cluster = new EngineCluster(nodeNos, options);
    await cluster.run(4000);
    return cluster;
  }

  node(nodeNo: number): EngineNode {
    const node = this.nodes.get(nodeNo);
    if (node === undefined) throw new Error(`there is no node ${nodeNo}`);
    return node;
  }

  /** The way between two nodes; `there` leads from the lower number to the higher one. */
  link(one: number, other: number): WorldLink {
    const link = this.#links.get(`${Math.min(one, other)}-${Math.max(one, other)}`);
    if (link === undefined) throw new Error(`nothing lies between ${one} and ${other}`);
    return link;
  }

  /** What happens to datagrams between two nodes from now on. */
  impair(one: number, other: number, impairment: Partial<Impairment>): void {
    const { there, back } = this.link(one, other);
    for (const direction of [there, back]) direction.impairment = { ...direction.impairment, ...impairment };
  }

  cut(one: number, other: number): void {
    this.impair(one, other, { lossProbability: 1 });
  }

  heal(one: number, other: number): void {
    this.impair(one, other, { lossProbability: 0 });
  }

  /** A node dies without a word: nothing of it reaches the others any more. */
  kill(nodeNo: number): void {
    for (const other of this.nodes.keys()) if (other !== nodeNo) this.cut(nodeNo, other);
  }

  /** The others hear that its lease is over. */
  tellGone(nodeNo: number): void {
    for (const node of this.nodes.values()) if (node.nodeNo !== nodeNo) node.directory.remove(nodeNo, 'lease-ended');
  }

  async join(nodeNo: number): Promise<Participant> {
    return new Participant(this, nodeNo, await this.node(nodeNo).sfu.data(APP as AppId));
  }

  async run(durationMs: number): Promise<void> {
    for (let passedMs = 0; passedMs < durationMs; passedMs += STEP_MS) {
      this.time.run(STEP_MS);
      await settle();
    }
  }

  /** The copies that come to a node over links now. */
  legsOf(nodeNo: number): readonly string[] {
    const { commands, world } = this.node(nodeNo);
    const living = new Set(world.engine.answer('data-statistics').publications.map(({ publicationId }) => publicationId));
    return commands.flatMap((command) => {
      if (command.type !== 'put-data-publication' || !living.delete(command.plan.publicationId)) return [];
      return command.plan.copyOf === undefined ? [] : [`${command.plan.transportId?.split('-')[1]}>${nodeNo}`];
    });
  }

  async close(): Promise<void> {
    for (const { sfu } of this.nodes.values()) await sfu.close();
  }
}

/** Someone in the process of a node, as `sfu.data` makes it, with a notebook. */
export class Participant {
  readonly nodeNo: number;
  readonly data: DataParticipant;
  readonly heard: DataMessage[] = [];
  readonly replies: DataMessage[] = [];
  readonly ends: string[] = [];
  readonly #cluster: EngineCluster;

  constructor(cluster: EngineCluster, nodeNo: number, data: DataParticipant) {
    this.#cluster = cluster;
    this.nodeNo = nodeNo;
    this.data = data;
  }

  publish(name: string, options: Parameters<DataParticipant['publish']>[1] = {}): HostedPublication {
    return this.data.publish(name, { onReply: (message) => this.replies.push(message), ...options });
  }

  async subscribe(
    to: Participant,
    dataChannelName: string,
    options: { readonly canReply?: true | 'many' } = {},
  ): Promise<HostedSubscription> {
    let subscribed: HostedSubscription | undefined;
    let failure: unknown;
    this.data
      .subscribe({
        remoteSessionId: to.data.sessionId,
        dataChannelName,
        ...options,
        onMessage: (message) => this.heard.push(message),
        onClosed: (reason) => this.ends.push(reason),
      })
      .then(
        (subscription) => {
          subscribed = subscription;
        },
        (error: unknown) => {
          failure = error;
        },
      );
    // An answer may have to come from another node.
    while (subscribed === undefined && failure === undefined) await this.#cluster.run(STEP_MS);
    if (subscribed === undefined) throw failure;
    return subscribed;
  }
}

/** An engine in virtual time, as a shard: what it says comes after the call that made it say so. */
class EngineShard implements Shard {
  readonly fingerprint: NodeRecord['fingerprint'];
  readonly port = 8081;
  readonly shardCount = 1;
  readonly commands: EngineCommand[] = [];
  readonly lies: ControlMessage[] = [];
  readonly #world: VirtualWorld;
  readonly #events: EngineEvent[] = [];
  #listener: EngineEventListener = () => undefined;

  constructor(world: VirtualWorld, { fingerprint }: NodeRecord) {
    this.#world = world;
    this.fingerprint = fingerprint;
    world.whenTold = (event) => {
      this.#events.push(event);
      if (this.#events.length === 1) queueMicrotask(() => this.#tell());
    };
  }

  chooseShardNo(): number {
    return 0;
  }

  setListener(listener: EngineEventListener): void {
    this.#listener = listener;
  }

  send(command: EngineCommand): void {
    this.commands.push(command);
    this.#world.engine.handleCommand(this.#world.nowMs, this.#falsified(command));
  }

  ask<Question extends ShardQuestion>(question: Question): Promise<ShardAnswers[Question]>;
  async ask(question: ShardQuestion): Promise<ShardAnswers[ShardQuestion]> {
    if (question === 'inspection') throw new Error('nobody inspects an engine in virtual time');
    return this.#world.engine.answer(question);
  }

  isAlive(): boolean {
    return true;
  }

  async close(): Promise<void> {
    this.#world.engine.close(this.#world.nowMs);
  }

  #falsified(command: EngineCommand): EngineCommand {
    if (command.type !== 'send-data' || typeof command.data !== 'string' || !command.data.includes(PULSE)) return command;
    const lie = this.lies.shift();
    return lie === undefined ? command : { ...command, data: command.data.replace(PULSE, JSON.stringify(lie)) };
  }

  #tell(): void {
    for (const event of this.#events.splice(0)) this.#listener(event);
  }
}

class WorldClock implements Clock, TimeDweller {
  readonly #time: VirtualTime;
  readonly #timers = new Set<{ readonly dueAtMs: number; readonly callback: () => void }>();

  constructor(time: VirtualTime) {
    this.#time = time;
    time.join(this);
  }

  nowMs(): number {
    return this.#time.nowMs;
  }

  wallClockMs(): number {
    return Date.UTC(2026, 0, 1) + this.#time.nowMs;
  }

  schedule(delayMs: number, callback: () => void): CancelTimer {
    const timer = { dueAtMs: this.#time.nowMs + Math.max(0, delayMs), callback };
    this.#timers.add(timer);
    return () => this.#timers.delete(timer);
  }

  get armedTimers(): number {
    return this.#timers.size;
  }

  settle(): void {}

  nextEventMs(): number {
    let nextMs = Number.POSITIVE_INFINITY;
    for (const { dueAtMs } of this.#timers) nextMs = Math.min(nextMs, dueAtMs);
    return nextMs;
  }

  act(nowMs: number): void {
    for (const timer of [...this.#timers]) {
      if (timer.dueAtMs > nowMs || !this.#timers.delete(timer)) continue;
      timer.callback();
    }
  }
}

function addressOf(nodeNo: number): string {
  return `203.0.113.${nodeNo}`;
}

async function settle(): Promise<void> {
  for (let turn = 0; turn < SETTLED_TURNS; turn++) await Promise.resolve();
}
