import { setTimeout as sleep } from 'node:timers/promises';
import type { SecureSuite } from '@causeway/media';
import { LoadGroup, type LoadTotals } from './client/load-group.ts';
import { drain } from './load/packet-tally.ts';
import type { LoadOptions } from './load-options.ts';
import { createLoadApi, type RemoteTrack } from './sfu-api.ts';

/** Runs a task `count` times, at most `atOnce` of them at a time. Rejects and starts no more once one of them fails. */
export async function repeatConcurrently(count: number, atOnce: number, task: () => Promise<unknown>): Promise<void> {
  let started = 0;
  const work = async (): Promise<void> => {
    while (started < count) {
      started++;
      await task();
    }
  };
  await Promise.all(Array.from({ length: Math.min(count, atOnce) }, work));
}

const JOINS_AT_ONCE = 8;

export interface LoadResult {
  readonly totals: LoadTotals;
  /** The number of packets if every subscriber had received every packet. */
  readonly expected: number;
  readonly latenciesMs: readonly number[];
}

/** Joins all clients, sends for a while, waits for the last packets, and leaves. */
export async function runLoad(suite: SecureSuite, options: LoadOptions, note: (progress: string) => void): Promise<LoadResult> {
  const group = new LoadGroup({ api: createLoadApi(options.address), suite });
  try {
    await joinEverybody(group, options, note);
    note(`sending for ${options.seconds} s`);
    group.start();
    await sleep(1000 * options.seconds);
    group.pause();
    await drain(() => group.totals().sent * options.subscribers - group.totals().received, sleep);
    const totals = group.totals();
    return { totals, expected: totals.sent * options.subscribers, latenciesMs: group.takeLatenciesMs() };
  } finally {
    group.pause();
    await group.leave();
  }
}

async function joinEverybody(group: LoadGroup, options: LoadOptions, note: (progress: string) => void): Promise<void> {
  const tracks: RemoteTrack[] = [];
  for (let index = 0; index < options.publishers; index++) tracks.push(await group.publish(options.publish));
  note(`joined ${options.publishers} publishers`);
  await group.join(tracks, 'check');
  await repeatConcurrently(options.subscribers - 1, JOINS_AT_ONCE, () => group.join(tracks, 'count'));
  note(`joined ${options.subscribers} subscribers`);
}
