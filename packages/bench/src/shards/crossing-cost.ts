/**
 * What a packet costs that crosses from one shard to another, beside what one more subscriber on the publisher's own shard costs. Three
 * nodes carry the same tracks: to N subscribers at home, to some more at home, and to N on the other shard. That one has nothing else to do,
 * or there is such a call on each of both.
 */
import type { Load } from '../contestants/contestant.ts';
import type { ForwardingSample } from '../measure/forwarding-window.ts';
import { RunningBench } from '../running-bench.ts';
import { measureScenes, microsPerDelivery, type Rotation, type ScenesPlan } from '../scenes/measure-scenes.ts';
import { openGroup, publish } from '../scenes/placed-clients.ts';
import { type Seat, StagedCall } from '../scenes/staged-call.ts';

export interface CrossingPlan extends ScenesPlan {
  readonly load: Load;
  /** Of each call. */
  readonly tracks: number;
  /** Shards with publishers. */
  readonly callsOn: 'one shard' | 'both shards';
  /** N: at home, or on the other shard. */
  readonly subscribers: number;
  /** Beside N, to see what one costs at home: so many that it is more than noise. */
  readonly moreSubscribers: number;
}

const SCENES = ['at home', 'more at home', 'elsewhere'] as const;
export type CrossingScene = (typeof SCENES)[number];
/** As many as there are scenes. */
const NODES = ['first', 'second', 'third'] as const;

const WORKERS = 2;
const HOME = 0;
const OTHER = 1;

/** CPU us for each packet that is published, in one rotation; the last two for each that reaches a subscriber. */
export interface CrossingMicros {
  /** Of each subscriber that is added at home. */
  readonly local: number;
  /** Of both threads, for a packet that crosses, without its subscribers. */
  readonly crossing: number;
  readonly deliveredAtHome: number;
  readonly deliveredElsewhere: number;
}

export interface CrossingCost {
  readonly rotations: readonly CrossingMicros[];
  readonly samples: readonly ForwardingSample[];
  readonly windows: number;
}

export async function measureCrossingCost(plan: CrossingPlan, onRound: (round: number) => void): Promise<CrossingCost> {
  const rotations = await RunningBench.with(async (bench) => {
    const calls: StagedCall<CrossingScene>[] = [];
    for (const name of NODES) calls.push(await startCall(bench, name, plan));
    return measureScenes(calls, SCENES, plan, onRound);
  });
  return {
    rotations: rotations.map((rotation) => crossingMicros(rotation, plan)),
    samples: rotations.flatMap((rotation) => [...rotation.values()].flat()),
    windows: rotations.length * SCENES.length,
  };
}

async function startCall(
  bench: RunningBench,
  name: string,
  { load, tracks, callsOn, subscribers, moreSubscribers }: CrossingPlan,
): Promise<StagedCall<CrossingScene>> {
  const node = await bench.startWorkers(name, WORKERS);
  await openGroup(node, bench.load);
  const homeSeats: Seat[] = [];
  for (const shardNo of callsOn === 'both shards' ? [HOME, OTHER] : [HOME])
    homeSeats.push({ shardNo, tracks: await publish({ node, shardNo }, tracks, load, bench.load) });
  const seatsElsewhere = homeSeats.map((seat) => ({ ...seat, shardNo: seat.shardNo === HOME ? OTHER : HOME }));
  const home = { node, seats: homeSeats, subscribers };
  const more = { node, seats: homeSeats, subscribers: moreSubscribers };
  const elsewhere = { node, seats: seatsElsewhere, subscribers };
  return new StagedCall({ node, scenes: { 'at home': [home], 'more at home': [home, more], elsewhere: [elsewhere] } }, bench.load);
}

/** What the scenes tell of a crossing packet when they are held against each other. */
export function crossingMicros(
  rotation: Rotation<CrossingScene>,
  { subscribers, moreSubscribers }: Pick<CrossingPlan, 'subscribers' | 'moreSubscribers'>,
): CrossingMicros {
  const perPublished = (scene: CrossingScene, subscribersOfScene: number): number =>
    microsPerDelivery(rotation.get(scene) ?? [], ({ cpuMicros }) => cpuMicros) * subscribersOfScene;
  const atHome = perPublished('at home', subscribers);
  const elsewhere = perPublished('elsewhere', subscribers);
  return {
    local: (perPublished('more at home', subscribers + moreSubscribers) - atHome) / moreSubscribers,
    crossing: elsewhere - atHome,
    deliveredAtHome: atHome / subscribers,
    deliveredElsewhere: elsewhere / subscribers,
  };
}
