import type { RemoteTrack } from '@causeway/loadtest';
import type { Contestant, Load, Progress } from '../contestants/contestant.ts';
import type { LoadProcesses, RunningSfu } from '../contestants/sfu-contestant.ts';

/** Who is where. All publishers are on shard 0. */
export interface Placement {
  readonly tracks: number;
  /** Each subscribes to every track. */
  readonly subscribers: number;
  /** All of them. */
  readonly subscribersShardNo: number;
}

/** A call of clients that were placed on the shards where they are wanted, ready to be measured. */
export async function createPlacedCall<Name extends string>(
  node: RunningSfu<Name>,
  load: Load,
  { tracks: trackCount, subscribers, subscribersShardNo }: Placement,
  processes: LoadProcesses,
): Promise<Contestant<Name>> {
  await openGroup(node, processes);
  const tracks = [];
  for (let count = 0; count < trackCount; count++) tracks.push(await publish(node, load, 0, processes));
  await subscribe(node, tracks, subscribers, subscribersShardNo, processes);
  return placedContestant(node, subscribers, processes);
}

/** As many calls as there are shards, each of one track and wholly on a shard of its own: what shards have to do with each other is nothing. */
export async function createSeparateCalls<Name extends string>(
  node: RunningSfu<Name>,
  load: Load,
  { shards, subscribersEach }: { readonly shards: number; readonly subscribersEach: number },
  processes: LoadProcesses,
): Promise<Contestant<Name>> {
  await openGroup(node, processes);
  for (let shardNo = 0; shardNo < shards; shardNo++) {
    const track = await publish(node, load, shardNo, processes);
    await subscribe(node, [track], subscribersEach, shardNo, processes);
  }
  return placedContestant(node, subscribersEach, processes);
}

async function openGroup({ name, address }: RunningSfu<string>, { source, crowd }: LoadProcesses): Promise<void> {
  await source.ask('open', { sfu: name, address });
  await crowd.ask('open', { sfu: name, address });
}

function publish({ name }: RunningSfu<string>, load: Load, shardNo: number, { source }: LoadProcesses): Promise<RemoteTrack> {
  return source.ask('publishOn', { sfu: name, options: load, shardNo });
}

/** One of them checks every byte, the others count. */
async function subscribe(
  { name }: RunningSfu<string>,
  tracks: readonly RemoteTrack[],
  count: number,
  shardNo: number,
  { source, crowd }: LoadProcesses,
): Promise<void> {
  await crowd.ask('joinOn', { sfu: name, tracks, count: count - 1, diligence: 'count', shardNo });
  await source.ask('joinOn', { sfu: name, tracks, count: 1, diligence: 'check', shardNo });
}

function placedContestant<Name extends string>(
  { name, process }: RunningSfu<Name>,
  subscribersPerTrack: number,
  { source, crowd }: LoadProcesses,
): Contestant<Name> {
  return {
    name,
    process,
    growTo: async () => undefined,
    start: () => source.ask('start', name),
    pause: () => source.ask('pause', name),
    async progress(): Promise<Progress> {
      const [checking, counting] = [await source.ask('totals', name), await crowd.ask('totals', name)];
      return {
        expected: checking.sent * subscribersPerTrack,
        received: checking.received + counting.received,
        duplicates: checking.duplicates + counting.duplicates,
        checked: checking.checked,
        corrupted: checking.corrupted,
      };
    },
    takeLatenciesMs: () => source.ask('takeLatenciesMs', name),
  };
}
