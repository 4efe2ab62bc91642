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
  { name, address, process }: RunningSfu<Name>,
  load: Load,
  { tracks: trackCount, subscribers, subscribersShardNo: shardNo }: Placement,
  { source, crowd }: LoadProcesses,
): Promise<Contestant<Name>> {
  await source.ask('open', { sfu: name, address });
  await crowd.ask('open', { sfu: name, address });
  const tracks = [];
  for (let count = 0; count < trackCount; count++) tracks.push(await source.ask('publishOn', { sfu: name, options: load, shardNo: 0 }));
  await crowd.ask('joinOn', { sfu: name, tracks, count: subscribers - 1, diligence: 'count', shardNo });
  await source.ask('joinOn', { sfu: name, tracks, count: 1, diligence: 'check', shardNo });
  return {
    name,
    process,
    growTo: async () => undefined,
    start: () => source.ask('start', name),
    pause: () => source.ask('pause', name),
    async progress(): Promise<Progress> {
      const [checking, counting] = [await source.ask('totals', name), await crowd.ask('totals', name)];
      return {
        expected: checking.sent * subscribers,
        received: checking.received + counting.received,
        duplicates: checking.duplicates + counting.duplicates,
        checked: checking.checked,
        corrupted: checking.corrupted,
      };
    },
    takeLatenciesMs: () => source.ask('takeLatenciesMs', name),
  };
}
