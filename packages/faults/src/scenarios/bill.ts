/** Compares what the nodes have counted for the app of a lab with what its clients have received. */

import { setTimeout as sleep } from 'node:timers/promises';
import { waitUntil } from '@causeway/lab';
import { exactly, type Finding } from './finding.ts';
import { type Lab, timeUntil } from './lab.ts';

/** A node that is killed loses what it has not reported yet: that of five seconds, and of the delay that a busy machine adds. */
export const UNTOLD_AT_MOST_SECONDS = 5.5;
/** Once nothing is sent any more, every running node has reported everything after this time. */
const TOLD_WITHIN_MS = 6_500;
const EXACT_WITHIN_MS = 20_000;
const DAY_MS = 86_400_000;

/** @returns what was received and not billed, in bytes; negative if more was billed than was received */
export async function unbilledBytes(lab: Lab): Promise<number> {
  const billed = await billedBytes(lab);
  return (await lab.watchers.ask('receivedBytes')) - billed;
}

/** Returns the same once nothing is sent any more and everything has been reported. */
export async function finallyUnbilledBytes(lab: Lab): Promise<number> {
  await sleep(TOLD_WITHIN_MS);
  return unbilledBytes(lab);
}

/** Checks that every received byte was billed exactly once. Nothing is sent afterwards. */
export async function billedExactly(lab: Lab, groups: readonly string[]): Promise<Finding> {
  for (const group of groups) await lab.sources.ask('pause', group);
  await timeUntil(async () => (await unbilledBytes(lab)) === 0, EXACT_WITHIN_MS, 250);
  const billed = await billedBytes(lab);
  const received = await lab.watchers.ask('receivedBytes');
  return exactly('bytes billed in the end, of those received', billed, received);
}

/** Reads today and yesterday, because a scenario may run at midnight. */
async function billedBytes(lab: Lab): Promise<number> {
  const node = lab.cluster.nodes.find(({ isRunning }) => isRunning);
  if (node === undefined) throw new Error('There is no node to ask what was billed');
  const days = [Date.now(), Date.now() - DAY_MS].map((atMs) => new Date(atMs).toISOString().slice(0, 10));
  // A node whose Redis has just returned asks it again within a second or two.
  const read = async (): Promise<readonly number[] | string> =>
    Promise.all(days.map((day) => node.billedBytes(lab.cluster.app.appId, day))).catch(String);
  const totals = await waitUntil('a node says what was billed', read, (answer) => typeof answer !== 'string');
  return typeof totals === 'string' ? Number.NaN : totals.reduce((sum, bytes) => sum + bytes, 0);
}
