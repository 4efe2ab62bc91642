/** Which of the processes that stand for other machines goes first, where they share a core of this one. */
import { spawnSync } from 'node:child_process';
import { getPriority, setPriority } from 'node:os';
import { moveToCoresOfLoad } from './core-share.ts';

/** The niceness by which the scheduler favours the other processes. */
const LOWER_PRIORITY = 5;

/**
 * Does something that stands for other machines: this process keeps off the cores of what is measured, and behind the load that watches
 * it, which would otherwise take the slowness of these clients for that of the node. Processes that are to be ahead must have been started.
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
 * Has a process run as soon as it has anything to do. The scheduler lets others finish their slice of a few milliseconds, whatever their
 * priority, and those would be counted as latency of the node. Only root may, and only where `chrt` (util-linux) is; elsewhere nothing changes.
 */
export function runFirst(pid: number): void {
  spawnSync('chrt', ['--all-tasks', '--rr', '--pid', '1', String(pid)]);
}

function regain(priority: number): void {
  try {
    setPriority(priority);
  } catch {
    // Only root may; for other users the rest runs as it is.
  }
}
