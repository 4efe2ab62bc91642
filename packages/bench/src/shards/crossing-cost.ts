/**
 * What a packet costs that crosses from one shard to another, beside what one more subscriber on the publisher's own shard costs. Three
 * nodes carry the same tracks: to N subscribers at home, to twice as many, and to N on the other shard.
 */
import type { Contestant, Load } from '../contestants/contestant.ts';
import { type ForwardingSample, measureForwarding, runLoad, type WindowLength } from '../measure/forwarding-window.ts';
import { interleave } from '../measure/rounds.ts';
import { RunningBench } from '../running-bench.ts';
import { createPlacedCall } from './placed-call.ts';

export interface CrossingPlan {
  readonly load: Load;
  readonly tracks: number;
  readonly subscribers: number;
  readonly rounds: number;
  readonly window: WindowLength;
  readonly runInMs: number;
}

const SCENES = ['at home', 'twice as many', 'elsewhere'] as const;
export type CrossingScene = (typeof SCENES)[number];

export interface CrossingCost {
  /** One figure for each round: CPU us for each packet and subscriber that is added at home. */
  readonly localMicros: readonly number[];
  /** CPU us for each packet that crosses, without its subscribers. */
  readonly crossingMicros: readonly number[];
  readonly lost: number;
  readonly corrupted: number;
  readonly checked: number;
}

const WORKERS = 2;

export function measureCrossingCost(plan: CrossingPlan, onTurn: (scene: CrossingScene) => void): Promise<CrossingCost> {
  return RunningBench.with(async (bench) => {
    const calls: Contestant<CrossingScene>[] = [];
    for (const scene of SCENES) calls.push(await startCall(bench, scene, plan));
    for (const call of calls) await runLoad(call, plan.runInMs);
    const samples = new Map(SCENES.map((scene): [CrossingScene, ForwardingSample[]] => [scene, []]));
    for (const call of interleave(calls, plan.rounds)) {
      onTurn(call.name);
      samples.get(call.name)?.push(await measureForwarding(call, plan.window));
    }
    return costOf(samples, plan.subscribers);
  });
}

async function startCall(bench: RunningBench, scene: CrossingScene, plan: CrossingPlan): Promise<Contestant<CrossingScene>> {
  const { tracks, load } = plan;
  const placement = {
    tracks,
    subscribers: scene === 'twice as many' ? 2 * plan.subscribers : plan.subscribers,
    subscribersShardNo: scene === 'elsewhere' ? 1 : 0,
  };
  return createPlacedCall(await bench.startWorkers(scene, WORKERS), load, placement, bench.load);
}

/** Round by round, since rounds are neighbours in time and absolute figures drift. */
function costOf(samples: ReadonlyMap<CrossingScene, readonly ForwardingSample[]>, subscribers: number): CrossingCost {
  const perPublished = (scene: CrossingScene, subscribersOfScene: number): number[] =>
    (samples.get(scene) ?? []).map(({ cpuMicros, forwarded }) => (cpuMicros * subscribersOfScene) / forwarded);
  const [home, twice, elsewhere] = [
    perPublished('at home', subscribers),
    perPublished('twice as many', 2 * subscribers),
    perPublished('elsewhere', subscribers),
  ];
  const all = [...samples.values()].flat();
  return {
    localMicros: home.map((micros, round) => ((twice[round] ?? 0) - micros) / subscribers),
    crossingMicros: home.map((micros, round) => (elsewhere[round] ?? 0) - micros),
    lost: sum(all.map(({ lost }) => lost)),
    corrupted: sum(all.map(({ corrupted }) => corrupted)),
    checked: sum(all.map(({ checked }) => checked)),
  };
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
