/**
 * Compares a packet that is relayed from one node to another with a packet for one more subscriber on the publisher's own node. The nodes
 * of one cluster carry the same tracks: one to N subscribers, one to a few more, and one to N and, over a link, to a node with N of its
 * own.
 */
import type { Load } from '../contestants/contestant.ts';
import type { RunningSfu } from '../contestants/sfu-contestant.ts';
import type { ForwardingSample } from '../measure/forwarding-window.ts';
import { RunningBench } from '../running-bench.ts';
import { measureScenes, microsPerDelivery, type Rotation, type ScenesPlan } from '../scenes/measure-scenes.ts';
import { openGroup, publish } from '../scenes/placed-clients.ts';
import { StagedCall } from '../scenes/staged-call.ts';
import { withCluster } from './clustered-nodes.ts';

export interface RelayPlan extends ScenesPlan {
  readonly load: Load;
  readonly tracks: number;
  /** N, on the publisher's node and on the other one. */
  readonly subscribers: number;
  /** The additional subscribers that show what one costs on the publisher's node: enough to exceed noise. */
  readonly moreSubscribers: number;
}

const SCENES = ['at home', 'more at home', 'relayed'] as const;
export type RelayScene = (typeof SCENES)[number];
/** One node for each scene. */
const NODES = ['first', 'second', 'third'] as const;

/** Nodes, in the order of `Contestant.readPartsMicros`. */
const HOME = 0;
const BEYOND = 1;

/** CPU us for each published packet in one rotation; the last two are for each packet that reaches a subscriber. */
export interface RelayMicros {
  /** The cost of each subscriber that is added on the publisher's node. */
  readonly local: number;
  /** The cost for the publisher's node of a packet that it relays. */
  readonly sending: number;
  /** The cost for the other node without its subscribers, which are assumed to cost as much as on the publisher's node. */
  readonly takingIn: number;
  /** The cost for a node that gets the packet from its publisher, without its subscribers, to compare `takingIn` with. */
  readonly publishing: number;
  readonly deliveredAtHome: number;
  /** The cost for both nodes of a packet to a subscriber of the other node. */
  readonly deliveredBeyond: number;
}

export interface RelayCost {
  readonly rotations: readonly RelayMicros[];
  readonly samples: readonly ForwardingSample[];
  readonly windows: number;
  /** What all nodes have spent, by windows. */
  readonly spentMicros: readonly number[];
}

export async function measureRelayCost(plan: RelayPlan, onRound: (round: number) => void): Promise<RelayCost> {
  const rotations = await RunningBench.with((bench) =>
    withCluster(bench, async (startMember) => {
      const beyond = await startMember('beyond');
      const calls: StagedCall<RelayScene>[] = [];
      for (const name of NODES) calls.push(await startCall(bench, { home: await startMember(name), beyond }, plan));
      return measureScenes(calls, SCENES, plan, onRound);
    }),
  );
  const samples = rotations.flatMap((rotation) => [...rotation.values()].flat());
  const relayed = rotations.flatMap((rotation) => rotation.get('relayed') ?? []);
  return {
    rotations: rotations.map((rotation) => relayMicros(rotation, plan)),
    samples,
    windows: rotations.length * SCENES.length,
    spentMicros: [...samples.map(({ cpuMicros }) => cpuMicros), ...relayed.map(({ partsMicros }) => partsMicros[BEYOND] ?? Number.NaN)],
  };
}

async function startCall(
  bench: RunningBench,
  nodes: { readonly home: RunningSfu<string>; readonly beyond: RunningSfu<string> },
  { load, tracks: trackCount, subscribers, moreSubscribers }: RelayPlan,
): Promise<StagedCall<RelayScene>> {
  await openGroup(nodes.home, bench.load);
  const tracks = await publish({ node: nodes.home, shardNo: 0 }, trackCount, load, bench.load);
  const seats = [{ shardNo: 0, tracks }];
  const home = { node: nodes.home, seats, subscribers };
  const more = { node: nodes.home, seats, subscribers: moreSubscribers };
  const beyond = { node: nodes.beyond, seats, subscribers };
  return new StagedCall(
    {
      node: nodes.home,
      scenes: { 'at home': [home], 'more at home': [home, more], relayed: [home, beyond] },
      readPartsMicros: () => Promise.all([nodes.home, nodes.beyond].map(({ process }) => process.ask('cpuMicros'))),
    },
    bench.load,
  );
}

/** Computes what a relayed packet costs from the differences between the scenes. */
export function relayMicros(
  rotation: Rotation<RelayScene>,
  { subscribers, moreSubscribers }: Pick<RelayPlan, 'subscribers' | 'moreSubscribers'>,
): RelayMicros {
  const perPublished = (scene: RelayScene, part: number, subscribersOfScene: number): number =>
    microsPerDelivery(rotation.get(scene) ?? [], ({ partsMicros }) => partsMicros[part] ?? Number.NaN) * subscribersOfScene;
  const atHome = perPublished('at home', HOME, subscribers);
  const beyond = perPublished('relayed', BEYOND, 2 * subscribers);
  const local = (perPublished('more at home', HOME, subscribers + moreSubscribers) - atHome) / moreSubscribers;
  const sending = perPublished('relayed', HOME, 2 * subscribers) - atHome;
  return {
    local,
    sending,
    takingIn: beyond - subscribers * local,
    publishing: atHome - subscribers * local,
    deliveredAtHome: atHome / subscribers,
    deliveredBeyond: (sending + beyond) / subscribers,
  };
}
