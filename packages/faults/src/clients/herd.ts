import { setTimeout as sleep } from 'node:timers/promises';
import type { LoadContext, SfuAddress } from '@causeway/loadtest';
import type { HerdRequest } from './client-verbs.ts';
import { WatchingClient } from './watching-client.ts';

/** The delay between attempts of a client, plus up to as much again, so that clients do not return all at once. */
const RETRY_AFTER_MS = 500;
/** Gives consecutive clients very different delays. */
const SPREAD_PRIME = 389;

/** Joins all clients of a lost region at about the same time. @returns as `ClientVerbs.herd` */
export async function runHerd(
  request: HerdRequest,
  contextOf: (address: SfuAddress) => LoadContext,
  onJoined: (client: WatchingClient) => void,
): Promise<number[]> {
  const joins = Array.from({ length: request.count }, async (_, index) => {
    await sleep((request.withinMs * index) / request.count);
    return joinSomewhere(request, index, contextOf, onJoined);
  });
  return Promise.all(joins);
}

/** @returns infinity if it has not joined by the deadline */
async function joinSomewhere(
  { addresses, track, deadlineMs }: HerdRequest,
  index: number,
  contextOf: (address: SfuAddress) => LoadContext,
  onJoined: (client: WatchingClient) => void,
): Promise<number> {
  const startedAtMs = performance.now();
  for (let attempt = 0; performance.now() - startedAtMs < deadlineMs; attempt++) {
    const address = addresses[(index + attempt) % addresses.length];
    if (address === undefined) throw new Error('A herd needs somewhere to go');
    const client = await WatchingClient.join(contextOf(address), track).catch(() => undefined);
    if (client !== undefined) {
      onJoined(client);
      return performance.now() - startedAtMs;
    }
    await sleep(RETRY_AFTER_MS + ((index * SPREAD_PRIME) % RETRY_AFTER_MS));
  }
  return Number.POSITIVE_INFINITY;
}
