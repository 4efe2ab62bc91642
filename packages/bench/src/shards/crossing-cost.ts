/**
 * What a packet costs that crosses from one shard to another, beside what one more subscriber on the publisher's own shard costs. Three
 * nodes carry the same tracks: to N subscribers at home, to some more at home, and to N on the other shard. That one has nothing else to do,
 * or there is such a call on each of both.
 */
import type { Contestant, Load } from '../contestants/contestant.ts';
import type { ForwardingSample } from '../measure/forwarding-window.ts';
import { measureAtOnce } from '../measure/measure-at-once.ts';
import type { TurnsPlan } from '../measure/measure-in-turns.ts';
import { RunningBench } from '../running-bench.ts';
import { createPlacedCalls, type Placement } from './placed-call.ts';

export interface CrossingPlan extends TurnsPlan {
  readonly load: Load;
  /** Of each call. */
  readonly tracks: number;
  /** Shards on which somebody publishes. */
  readonly callsOn: 'one shard' | 'both shards';
  /** N: at home, or on the other shard. */
  readonly subscribers: number;
  /** Beside N, to see what one costs at home: so many that it is more than noise. */
  readonly moreSubscribers: number;
}

const SCENES = ['at home', 'more at home', 'elsewhere'] as const;
export type CrossingScene = (typeof SCENES)[number];

const WORKERS = 2;
const HOME = 0;
const OTHER = 1;

/** CPU us for each packet that is published, in one round; the last two for each that reaches a subscriber. */
export interface CrossingMicros {
  /** Of each subscriber that is added at home. */
  readonly local: number;
  /** Of both threads, for a packet that crosses, without its subscribers. */
  readonly crossing: number;
  readonly deliveredAtHome: number;
  readonly deliveredElsewhere: number;
}

export interface CrossingCost {
  /** Round by round: what is of the same round was measured at the same time. */
  readonly rounds: readonly CrossingMicros[];
  readonly samples: readonly ForwardingSample[];
}

export function measureCrossingCost(plan: CrossingPlan, onRound: (round: number) => void): Promise<CrossingCost> {
  return RunningBench.with(async (bench) => {
    const calls: Contestant<CrossingScene>[] = [];
    for (const scene of SCENES) calls.push(await startCall(bench, scene, plan));
    const samples = await measureAtOnce(calls, plan, onRound);
    return { rounds: crossingMicrosByRound(samples, plan), samples: [...samples.values()].flat() };
  });
}

async function startCall(
  bench: RunningBench,
  scene: CrossingScene,
  { load, tracks, callsOn, subscribers, moreSubscribers }: CrossingPlan,
): Promise<Contestant<CrossingScene>> {
  const node = await bench.startWorkers(scene, WORKERS);
  const callOn = (home: number, other: number): Placement => ({
    tracks,
    publishers: { node, shardNo: home },
    audiences: [
      {
        node,
        shardNo: scene === 'elsewhere' ? other : home,
        subscribers: scene === 'more at home' ? subscribers + moreSubscribers : subscribers,
      },
    ],
  });
  const calls = callsOn === 'both shards' ? [callOn(OTHER, HOME)] : [];
  return createPlacedCalls(scene, load, [callOn(HOME, OTHER), ...calls], bench.load);
}

/** What the scenes tell of a crossing packet when they are held against each other. */
export function crossingMicrosByRound(
  samples: ReadonlyMap<CrossingScene, readonly ForwardingSample[]>,
  { subscribers, moreSubscribers }: Pick<CrossingPlan, 'subscribers' | 'moreSubscribers'>,
): CrossingMicros[] {
  const perPublished = (scene: CrossingScene, subscribersOfScene: number): number[] =>
    (samples.get(scene) ?? []).map(({ cpuMicros, forwarded }) => (cpuMicros * subscribersOfScene) / forwarded);
  const home = perPublished('at home', subscribers);
  const more = perPublished('more at home', subscribers + moreSubscribers);
  const elsewhere = perPublished('elsewhere', subscribers);
  return home.map((micros, round) => {
    const microsElsewhere = elsewhere[round] ?? Number.NaN;
    return {
      local: ((more[round] ?? Number.NaN) - micros) / moreSubscribers,
      crossing: microsElsewhere - micros,
      deliveredAtHome: micros / subscribers,
      deliveredElsewhere: microsElsewhere / subscribers,
    };
  });
}
