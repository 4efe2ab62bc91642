import { spawnSync } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { type CommandPlace, here } from '@causeway/lab';

/** The role of a process of the bench: it is measured, or generates load. */
export type BenchRole = 'measured' | 'load';

/**
 * Makes a program run on the cores of its role: the first ones for what is measured, the others for the load. Otherwise the kernel puts a
 * receiver that it wakes on the sender's core, where it interrupts the sender in the middle of a fan-out. That would measure the scheduler,
 * the more so the more load processes a contestant needs.
 *
 * @param measuredCores how many cores are for what is measured
 * @returns the command unchanged if there are no further cores, or no `taskset` (util-linux)
 */
export function coresOf(role: BenchRole, measuredCores: number): CommandPlace {
  const cores = allCores();
  if (cores <= measuredCores || !hasTaskset()) return here;
  const share = role === 'measured' ? `0-${measuredCores - 1}` : `${measuredCores}-${cores - 1}`;
  return (command) => ['taskset', '--cpu-list', share, ...command];
}

/** Moves this process with all its threads to the cores of the load, because what it does must take no time from what is measured. */
export function moveToCoresOfLoad(measuredCores: number): void {
  const cores = allCores();
  if (cores <= measuredCores || !hasTaskset()) return;
  spawnSync('taskset', ['--all-tasks', '--cpu-list', '--pid', `${measuredCores}-${cores - 1}`, String(process.pid)]);
}

/** Moves the main thread of a running process, and none of its others, to the cores of what is measured. */
export function keepMainThread(pid: number, measuredCores: number): void {
  if (allCores() > measuredCores && hasTaskset()) spawnSync('taskset', ['--cpu-list', '--pid', `0-${measuredCores - 1}`, String(pid)]);
}

let coresAtFirst: number | undefined;

/** Includes cores that this process has left. */
function allCores(): number {
  coresAtFirst ??= availableParallelism();
  return coresAtFirst;
}

let tasksetWorks: boolean | undefined;

function hasTaskset(): boolean {
  tasksetWorks ??= spawnSync('taskset', ['--cpu-list', '0', 'true']).status === 0;
  return tasksetWorks;
}
