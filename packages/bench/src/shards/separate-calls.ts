import type { Contestant, Load } from '../contestants/contestant.ts';
import type { LoadProcesses, RunningSfu } from '../contestants/sfu-contestant.ts';
import { openGroup, publish } from '../scenes/placed-clients.ts';
import { type Seat, StagedCall } from '../scenes/staged-call.ts';

/** Creates as many calls as there are shards. Each has one track and is wholly on a shard of its own, so that nothing crosses. */
export async function createSeparateCalls<Name extends string>(
  node: RunningSfu<Name>,
  load: Load,
  { shards, subscribersEach }: { readonly shards: number; readonly subscribersEach: number },
  processes: LoadProcesses,
): Promise<Contestant<Name>> {
  await openGroup(node, processes);
  const seats: Seat[] = [];
  for (let shardNo = 0; shardNo < shards; shardNo++) seats.push({ shardNo, tracks: await publish({ node, shardNo }, 1, load, processes) });
  const calls = new StagedCall({ node, scenes: { all: [{ node, seats, subscribers: subscribersEach }] } }, processes);
  await calls.show('all');
  return calls;
}
