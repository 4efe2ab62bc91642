/** Load clients on chosen shards and nodes. */
import type { RemoteTrack } from '@causeway/loadtest';
import type { Load } from '../contestants/contestant.ts';
import type { LoadProcesses, RunningSfu } from '../contestants/sfu-contestant.ts';

/** The shard of a node that clients join. A node without workers is shard 0. */
export interface Place {
  readonly node: RunningSfu<string>;
  readonly shardNo: number;
}

/** Prepares both processes for clients of a node. */
export async function openGroup({ name, address }: RunningSfu<string>, { source, crowd }: LoadProcesses): Promise<void> {
  await source.ask('open', { sfu: name, address });
  await crowd.ask('open', { sfu: name, address });
}

/** Joins one publisher for each track. */
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

/** Joins subscribers to all of the tracks, of which one checks every byte and the others count. */
export async function subscribe(
  tracks: readonly RemoteTrack[],
  { node: { name }, shardNo }: Place,
  subscribers: number,
  { source, crowd }: LoadProcesses,
): Promise<void> {
  const request = { sfu: name, tracks, shardNo } as const;
  await crowd.ask('joinOn', { ...request, count: subscribers - 1, diligence: 'count' });
  await source.ask('joinOn', { ...request, count: 1, diligence: 'check' });
}
