/**
 * Compares a packet that crosses from one shard to another with a packet for one more subscriber on the publisher's own shard. Three nodes
 * carry the same tracks: to N subscribers on that shard, to a few more there, and to N on the other shard. The other shard has nothing else
 * to do, or there is such a call on both.
 */
import type { Load } from '../contestants/contestant.ts';
import type { ForwardingSample } from '../measure/forwarding-window.ts';
import { RunningBench } from '../running-bench.ts';
import { measureScenes, microsPerDelivery, type Rotation, type ScenesPlan } from '../scenes/measure-scenes.ts';
import { openGroup, publish } from '../scenes/placed-clients.ts';
import { type Seat, StagedCall } from '../scenes/staged-call.ts';

export interface CrossingPlan extends ScenesPlan {
  readonly load: Load;
  /** The number of tracks of each call. */
  readonly tracks: number;
  /** Which shards have publishers. */
  readonly callsOn: 'one shard' | 'both shards';
  /** N, on the publisher's shard or on the other one. */
  readonly subscribers: number;
  /** The additional subscribers that show what one costs on the publisher's shard: enough to exceed noise. */
  readonly moreSubscribers: number;
}

const SCENES = ['at home', 'more at home', 'elsewhere'] as const;
export type CrossingScene = (typeof SCENES)[number];
/** One node for each scene. */
const NODES = ['first', 'second', 'third'] as const;

const WORKERS = 2;
const HOME = 0;
const OTHER = 1;

/** CPU us for each published packet in one rotation; the last two are for each packet that reaches a subscriber. */
export interface CrossingMicros {
  /** The cost of each subscriber that is added on the publisher's shard. */
  readonly local: number;
  /** The cost for both threads of a packet that crosses, without its subscribers. */
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

/** Computes what a crossing packet costs from the differences between the scenes. */
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
