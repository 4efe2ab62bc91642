/** Decides which of the processes that stand for other machines runs first when they share a core of this one. */
import { spawnSync } from 'node:child_process';
import { getPriority, setPriority } from 'node:os';
import { moveToCoresOfLoad } from './core-share.ts';

/** The niceness by which the scheduler favours the other processes. */
const LOWER_PRIORITY = 5;

/**
 * Runs something that stands for other machines. In that time this process stays off the cores of what is measured, and yields to the load
 * that watches it, which would otherwise mistake the slowness of these clients for that of the node. Processes that are to run before it
 * must have been started.
 */
export async function stayBehind<Result>(act: () => Promise<Result>): Promise<Result> {
  moveToCoresOfLoad(1);
  const priority = getPriority();
  setPriority(priority + LOWER_PRIORITY);
  try {
    return await act();
  } finally {
    regain(priority);
  }
}

/**
 * Makes a process run as soon as it has anything to do. The scheduler lets others finish their slice of a few milliseconds, whatever their
 * priority, and that time would be counted as latency of the node. This needs root and `chrt` (util-linux); without them, nothing changes.
 */
export function runFirst(pid: number): void {
  spawnSync('chrt', ['--all-tasks', '--rr', '--pid', '1', String(pid)]);
}

function regain(priority: number): void {
  try {
    setPriority(priority);
  } catch {
    // This needs root. For other users, the process runs as it is.
  }
}
