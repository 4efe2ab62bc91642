import { spawnSync } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { type CommandPlace, here } from '@causeway/lab';

/** What a process of the bench is: what is measured, or what loads it. */
export type BenchRole = 'measured' | 'load';

/**
 * Has a program run on the cores of its role: the first ones for what is measured, the others for the load. Left to
 * itself the kernel puts a receiver it wakes on the sender's core, where it pushes the sender aside in the middle of a fan-out: that
 * would measure the scheduler, and more of it the more load processes a contestant needs.
 *
 * @param measuredCores how many cores are for what is measured
 * @returns the command as it is where there are no more cores than that, or no `taskset` (util-linux)
 */
export function coresOf(role: BenchRole, measuredCores: number): CommandPlace {
  const cores = allCores();
  if (cores <= measuredCores || !hasTaskset()) return here;
  const share = role === 'measured' ? `0-${measuredCores - 1}` : `${measuredCores}-${cores - 1}`;
  return (command) => ['taskset', '--cpu-list', share, ...command];
}

/** Moves this process, all its threads, to the cores of the load: what it does itself must take no time from what is measured. */
export function moveToCoresOfLoad(measuredCores: number): void {
  const cores = allCores();
  if (cores <= measuredCores || !hasTaskset()) return;
  spawnSync('taskset', ['--all-tasks', '--cpu-list', '--pid', `${measuredCores}-${cores - 1}`, String(process.pid)]);
}

let coresAtFirst: number | undefined;

/** Also after this process has left some of them. */
function allCores(): number {
  coresAtFirst ??= availableParallelism();
  return coresAtFirst;
}

let tasksetWorks: boolean | undefined;

function hasTaskset(): boolean {
  tasksetWorks ??= spawnSync('taskset', ['--cpu-list', '0', 'true']).status === 0;
  return tasksetWorks;
}
