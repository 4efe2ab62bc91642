/**
 * What a packet costs that is relayed from one node to another, beside what one more subscriber on the publisher's own node costs. Nodes of one
 * cluster carry the same tracks: one to N subscribers, one to some more, and one to N and, over a link, to a node with N of its own.
 */
import type { Contestant, Load } from '../contestants/contestant.ts';
import type { RunningSfu } from '../contestants/sfu-contestant.ts';
import type { ForwardingSample } from '../measure/forwarding-window.ts';
import { measureInTurns, type TurnsPlan } from '../measure/measure-in-turns.ts';
import { RunningBench } from '../running-bench.ts';
import { createPlacedCall } from '../shards/placed-call.ts';
import { type StartMember, withCluster } from './clustered-nodes.ts';

export interface RelayPlan extends TurnsPlan {
  readonly load: Load;
  readonly tracks: number;
  /** N: at home, and on the other node. */
  readonly subscribers: number;
}

const SCENES = ['at home', 'more at home', 'relayed'] as const;
export type RelayScene = (typeof SCENES)[number];
/** So many that what one of them costs is more than noise. */
export const MORE_SUBSCRIBERS = 8;

/** Nodes, in the order of `Contestant.readPartsMicros`. */
const HOME = 0;
const BEYOND = 1;

/** CPU us for each packet that is published, in one round; the last two for each that reaches a subscriber. */
export interface RelayMicros {
  /** Of each subscriber that is added at home. */
  readonly local: number;
  /** Of the publisher's node, for a packet that it relays. */
  readonly sending: number;
  /** Of the other node, without its subscribers, taken to cost as much as at home. */
  readonly takingIn: number;
  /** Of a node that gets the packet from its publisher, without its subscribers: what `takingIn` is to be compared with. */
  readonly publishing: number;
  readonly deliveredAtHome: number;
  /** Of both nodes, for a packet to a subscriber of the other. */
  readonly deliveredBeyond: number;
}

export interface RelayCost {
  /** Round by round, since rounds are neighbours in time and absolute figures drift. */
  readonly rounds: readonly RelayMicros[];
  readonly samples: readonly ForwardingSample[];
}

export function measureRelayCost(plan: RelayPlan, onTurn: (scene: RelayScene) => void): Promise<RelayCost> {
  return RunningBench.with((bench) =>
    withCluster(bench, async (startMember) => {
      const calls: Contestant<RelayScene>[] = [];
      for (const scene of SCENES) calls.push(await startCall(bench, startMember, scene, plan));
      const samples = await measureInTurns(calls, plan, onTurn);
      return { rounds: relayMicrosByRound(samples, plan.subscribers), samples: [...samples.values()].flat() };
    }),
  );
}

async function startCall(
  bench: RunningBench,
  startMember: StartMember,
  scene: RelayScene,
  { load, tracks, subscribers }: RelayPlan,
): Promise<Contestant<RelayScene>> {
  const home = await startMember(scene);
  const beyond = scene === 'relayed' ? [await startMember('beyond')] : [];
  const audiences = [
    { node: home, shardNo: 0, subscribers: scene === 'more at home' ? subscribers + MORE_SUBSCRIBERS : subscribers },
    ...beyond.map((node) => ({ node, shardNo: 0, subscribers })),
  ];
  const call = await createPlacedCall(scene, load, { tracks, publishers: { node: home, shardNo: 0 }, audiences }, bench.load);
  return {
    ...call,
    readPartsMicros: () => Promise.all([home, ...beyond].map((node: RunningSfu<string>) => node.process.ask('cpuMicros'))),
  };
}

/** What the scenes tell of a relayed packet when they are held against each other. */
export function relayMicrosByRound(samples: ReadonlyMap<RelayScene, readonly ForwardingSample[]>, subscribers: number): RelayMicros[] {
  const home = (samples.get('at home') ?? []).map((sample) => partsPerPublished(sample, subscribers));
  const more = (samples.get('more at home') ?? []).map((sample) => partsPerPublished(sample, subscribers + MORE_SUBSCRIBERS));
  const relayed = (samples.get('relayed') ?? []).map((sample) => partsPerPublished(sample, 2 * subscribers));
  return home.map((parts, round) => {
    const atHome = parts(HOME);
    const sending = (relayed[round]?.(HOME) ?? Number.NaN) - atHome;
    const beyond = relayed[round]?.(BEYOND) ?? Number.NaN;
    const local = ((more[round]?.(HOME) ?? Number.NaN) - atHome) / MORE_SUBSCRIBERS;
    return {
      local,
      sending,
      takingIn: beyond - subscribers * local,
      publishing: atHome - subscribers * local,
      deliveredAtHome: atHome / subscribers,
      deliveredBeyond: (sending + beyond) / subscribers,
    };
  });
}

/** @returns what a part of the contestant has spent on each packet that was published */
function partsPerPublished({ partsMicros, forwarded }: ForwardingSample, subscribersPerTrack: number): (part: number) => number {
  return (part) => ((partsMicros[part] ?? Number.NaN) * subscribersPerTrack) / forwarded;
}
