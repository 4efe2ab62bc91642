import type { RemoteTrack } from '@causeway/loadtest';
import type { Contestant, Load, Progress } from '../contestants/contestant.ts';
import type { LoadProcesses, RunningSfu } from '../contestants/sfu-contestant.ts';

/** Where clients join: a shard of a node. A node without workers is shard 0. */
export interface Place {
  readonly node: RunningSfu<string>;
  readonly shardNo: number;
}

/** Subscribers at one place; each subscribes to every track of the call. */
export interface Audience extends Place {
  readonly subscribers: number;
}

/** Who is where. */
export interface Placement {
  readonly tracks: number;
  readonly publishers: Place;
  /** Each at a place of its own. */
  readonly audiences: readonly Audience[];
}

/** A call of clients that were placed where they are wanted, ready to be measured. The contestant is the node of its publishers. */
export function createPlacedCall<Name extends string>(
  name: Name,
  load: Load,
  placement: Placement,
  processes: LoadProcesses,
): Promise<Contestant<Name>> {
  return createPlacedCalls(name, load, [placement], processes);
}

/** Several calls as one contestant. @param placements all with publishers on the same node, and with as many subscribers to a track */
export async function createPlacedCalls<Name extends string>(
  name: Name,
  load: Load,
  placements: readonly [Placement, ...Placement[]],
  processes: LoadProcesses,
): Promise<Contestant<Name>> {
  const nodes = [...new Set(placements.flatMap(({ publishers, audiences }) => [publishers.node, ...audiences.map(({ node }) => node)]))];
  for (const node of nodes) await openGroup(node, processes);
  for (const placement of placements) await join(placement, load, processes);
  const [{ publishers, audiences }] = placements;
  const subscribersPerTrack = audiences.reduce((sum, { subscribers }) => sum + subscribers, 0);
  return placedContestant({ name, publishersNode: publishers.node, nodes, subscribersPerTrack }, processes);
}

async function join({ tracks: trackCount, publishers, audiences }: Placement, load: Load, processes: LoadProcesses): Promise<void> {
  const tracks = await publish(publishers, trackCount, load, processes);
  for (const audience of audiences) await subscribe(tracks, audience, processes);
}

/** As many calls as there are shards, each of one track and wholly on a shard of its own: what shards have to do with each other is nothing. */
export function createSeparateCalls<Name extends string>(
  node: RunningSfu<Name>,
  load: Load,
  { shards, subscribersEach }: { readonly shards: number; readonly subscribersEach: number },
  processes: LoadProcesses,
): Promise<Contestant<Name>> {
  const callOn = (shardNo: number): Placement => ({
    tracks: 1,
    publishers: { node, shardNo },
    audiences: [{ node, shardNo, subscribers: subscribersEach }],
  });
  const others = Array.from({ length: shards - 1 }, (_, index) => callOn(index + 1));
  return createPlacedCalls(node.name, load, [callOn(0), ...others], processes);
}

/** Makes both processes ready for clients of a node. */
export async function openGroup({ name, address }: RunningSfu<string>, { source, crowd }: LoadProcesses): Promise<void> {
  await source.ask('open', { sfu: name, address });
  await crowd.ask('open', { sfu: name, address });
}

/** Joins as many publishers as there are to be tracks. */
export async function publish(
  { node: { name }, shardNo }: Place,
  count: number,
  load: Load,
  { source }: Pick<LoadProcesses, 'source'>,
): Promise<RemoteTrack[]> {
  const tracks: RemoteTrack[] = [];
  while (tracks.length < count) tracks.push(await source.ask('publishOn', { sfu: name, options: load, shardNo }));
  return tracks;
}

/** Joins an audience. One of them checks every byte, the others count. */
export async function subscribe(tracks: readonly RemoteTrack[], audience: Audience, { source, crowd }: LoadProcesses): Promise<void> {
  const { node, shardNo, subscribers } = audience;
  const request = { sfu: node.name, tracks, shardNo } as const;
  await crowd.ask('joinOn', { ...request, count: subscribers - 1, diligence: 'count' });
  await source.ask('joinOn', { ...request, count: 1, diligence: 'check' });
}

interface PlacedClients<Name extends string> {
  readonly name: Name;
  readonly publishersNode: RunningSfu<string>;
  /** All that clients are on. */
  readonly nodes: readonly RunningSfu<string>[];
  readonly subscribersPerTrack: number;
}

function placedContestant<Name extends string>(
  { name, publishersNode, nodes, subscribersPerTrack }: PlacedClients<Name>,
  { source, crowd }: LoadProcesses,
): Contestant<Name> {
  const askAll = <Reply>(ask: (sfu: string) => Promise<Reply>): Promise<Reply[]> => Promise.all(nodes.map((node) => ask(node.name)));
  return {
    name,
    process: publishersNode.process,
    growTo: async () => undefined,
    start: () => source.ask('start', publishersNode.name),
    pause: () => source.ask('pause', publishersNode.name),
    async progress(): Promise<Progress> {
      const { sent } = await source.ask('totals', publishersNode.name);
      const checking = await askAll((sfu) => source.ask('totals', sfu));
      const counting = await askAll((sfu) => crowd.ask('totals', sfu));
      return {
        expected: sent * subscribersPerTrack,
        received: sum([...checking, ...counting].map(({ received }) => received)),
        duplicates: sum([...checking, ...counting].map(({ duplicates }) => duplicates)),
        checked: sum(checking.map(({ checked }) => checked)),
        corrupted: sum(checking.map(({ corrupted }) => corrupted)),
      };
    },
    takeLatenciesMs: async () => (await askAll((sfu) => source.ask('takeLatenciesMs', sfu))).flat(),
  };
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
