/**
 * What a packet costs that is relayed from one node to another, beside what one more subscriber on the publisher's own node costs. Nodes of one
 * cluster carry the same tracks: one to N subscribers, one to some more, and one to N and, over a link, to a node with N of its own.
 */
import type { Contestant, Load } from '../contestants/contestant.ts';
import type { RunningSfu } from '../contestants/sfu-contestant.ts';
import type { ForwardingSample } from '../measure/forwarding-window.ts';
import { measureAtOnce } from '../measure/measure-at-once.ts';
import type { TurnsPlan } from '../measure/measure-in-turns.ts';
import { RunningBench } from '../running-bench.ts';
import { createPlacedCall } from '../shards/placed-call.ts';
import { type StartMember, withCluster } from './clustered-nodes.ts';

export interface RelayPlan extends TurnsPlan {
  readonly load: Load;
  readonly tracks: number;
  /** N: at home, and on the other node. */
  readonly subscribers: number;
  /** Beside N, to see what one costs at home: so many that it is more than noise. */
  readonly moreSubscribers: number;
}

const SCENES = ['at home', 'more at home', 'relayed'] as const;
export type RelayScene = (typeof SCENES)[number];

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
  /** Round by round: what is of the same round was measured at the same time. */
  readonly rounds: readonly RelayMicros[];
  readonly samples: readonly ForwardingSample[];
}

export function measureRelayCost(plan: RelayPlan, onRound: (round: number) => void): Promise<RelayCost> {
  return RunningBench.with((bench) =>
    withCluster(bench, async (startMember) => {
      const calls: Contestant<RelayScene>[] = [];
      for (const scene of SCENES) calls.push(await startCall(bench, startMember, scene, plan));
      const samples = await measureAtOnce(calls, plan, onRound);
      return { rounds: relayMicrosByRound(samples, plan), samples: [...samples.values()].flat() };
    }),
  );
}

async function startCall(
  bench: RunningBench,
  startMember: StartMember,
  scene: RelayScene,
  { load, tracks, subscribers, moreSubscribers }: RelayPlan,
): Promise<Contestant<RelayScene>> {
  const home = await startMember(scene);
  const beyond = scene === 'relayed' ? [await startMember('beyond')] : [];
  const audiences = [
    { node: home, shardNo: 0, subscribers: scene === 'more at home' ? subscribers + moreSubscribers : subscribers },
    ...beyond.map((node) => ({ node, shardNo: 0, subscribers })),
  ];
  const call = await createPlacedCall(scene, load, { tracks, publishers: { node: home, shardNo: 0 }, audiences }, bench.load);
  return {
    ...call,
    readPartsMicros: () => Promise.all([home, ...beyond].map((node: RunningSfu<string>) => node.process.ask('cpuMicros'))),
  };
}

/** What the scenes tell of a relayed packet when they are held against each other. */
export function relayMicrosByRound(
  samples: ReadonlyMap<RelayScene, readonly ForwardingSample[]>,
  { subscribers, moreSubscribers }: Pick<RelayPlan, 'subscribers' | 'moreSubscribers'>,
): RelayMicros[] {
  const home = (samples.get('at home') ?? []).map((sample) => partsPerPublished(sample, subscribers));
  const more = (samples.get('more at home') ?? []).map((sample) => partsPerPublished(sample, subscribers + moreSubscribers));
  const relayed = (samples.get('relayed') ?? []).map((sample) => partsPerPublished(sample, 2 * subscribers));
  return home.map((parts, round) => {
    const atHome = parts(HOME);
    const sending = (relayed[round]?.(HOME) ?? Number.NaN) - atHome;
    const beyond = relayed[round]?.(BEYOND) ?? Number.NaN;
    const local = ((more[round]?.(HOME) ?? Number.NaN) - atHome) / moreSubscribers;
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
