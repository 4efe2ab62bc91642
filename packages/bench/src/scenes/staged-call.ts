import type { LoadTotals, RemoteTrack } from '@causeway/loadtest';
import type { Contestant, Progress } from '../contestants/contestant.ts';
import type { LoadProcesses, RunningSfu } from '../contestants/sfu-contestant.ts';
import { openGroup, subscribe } from './placed-clients.ts';

/** Subscribers that join and leave together. */
export interface StagedAudience {
  readonly node: RunningSfu<string>;
  /** The shards on which they join, and what they watch there. */
  readonly seats: readonly Seat[];
  /** The number of subscribers to each track. */
  readonly subscribers: number;
}

export interface Seat {
  readonly shardNo: number;
  readonly tracks: readonly RemoteTrack[];
}

export interface StagedCallOptions<Scene extends string, Name extends string = string> {
  /** The node of the publishers, who are in a group of load clients of the same name. */
  readonly node: RunningSfu<Name>;
  readonly scenes: Readonly<Record<Scene, readonly StagedAudience[]>>;
  readonly readPartsMicros?: () => Promise<readonly number[]>;
}

/** A call whose audiences join and leave between windows, so that the same processes show every scene. */
export class StagedCall<Scene extends string, Name extends string = string> implements Contestant<Name> {
  readonly name: Name;
  readonly process: Contestant<Name>['process'];
  readonly readPartsMicros: () => Promise<readonly number[]>;
  readonly #scenes: StagedCallOptions<Scene>['scenes'];
  readonly #load: LoadProcesses;
  /** The groups of load clients of the audiences that are present. */
  readonly #present = new Map<StagedAudience, string>();
  #groups = 0;

  constructor({ node, scenes, readPartsMicros = async () => [] }: StagedCallOptions<Scene, Name>, load: LoadProcesses) {
    this.name = node.name;
    this.process = node.process;
    this.readPartsMicros = readPartsMicros;
    this.#scenes = scenes;
    this.#load = load;
  }

  /** Lets the audiences of the scene join, unless they are present, and all others leave. */
  async show(scene: Scene): Promise<void> {
    const wanted = this.#scenes[scene];
    for (const [audience, group] of this.#present) {
      if (wanted.includes(audience)) continue;
      this.#present.delete(audience);
      await this.#askBoth((process) => process.ask('leave', group));
    }
    for (const audience of wanted) if (!this.#present.has(audience)) this.#present.set(audience, await this.#seat(audience));
  }

  async growTo(): Promise<void> {}

  async start(): Promise<void> {
    await this.#load.source.ask('start', this.name);
  }

  async pause(): Promise<void> {
    await this.#load.source.ask('pause', this.name);
  }

  async progress(): Promise<Progress> {
    const { sent } = await this.#load.source.ask('totals', this.name);
    const totals: LoadTotals[] = [];
    for (const group of this.#present.values()) totals.push(...(await this.#askBoth((process) => process.ask('totals', group))));
    const sum = (count: (total: LoadTotals) => number): number => totals.reduce((soFar, total) => soFar + count(total), 0);
    return {
      expected: sent * [...this.#present.keys()].reduce((soFar, { subscribers }) => soFar + subscribers, 0),
      received: sum(({ received }) => received),
      duplicates: sum(({ duplicates }) => duplicates),
      checked: sum(({ checked }) => checked),
      corrupted: sum(({ corrupted }) => corrupted),
    };
  }

  async takeLatenciesMs(): Promise<number[]> {
    const latenciesMs = [];
    for (const group of this.#present.values()) latenciesMs.push(...(await this.#load.source.ask('takeLatenciesMs', group)));
    return latenciesMs;
  }

  async #seat({ node, seats, subscribers }: StagedAudience): Promise<string> {
    const group = { ...node, name: `${this.name}, audience ${++this.#groups}` };
    await openGroup(group, this.#load);
    for (const { shardNo, tracks } of seats) await subscribe(tracks, { node: group, shardNo }, subscribers, this.#load);
    return group.name;
  }

  #askBoth<Reply>(ask: (process: LoadProcesses['source']) => Promise<Reply>): Promise<Reply[]> {
    return Promise.all([this.#load.source, this.#load.crowd].map(ask));
  }
}
