/**
 * Stands for the machine of a stranger, which takes no time from the node. It is a process of its own that stays off the node's core and
 * has a lower priority than the clients whose cores it shares.
 */
import { setPriority } from 'node:os';
import { AskedChild, answerQuestions } from '@causeway/lab';
import { coresOf } from '../processes/core-share.ts';

const LOWER_PRIORITY = 10;

interface AdversaryVerbs {
  play(task: unknown): Promise<unknown>;
}

/**
 * Runs the task of an adversary in a process that ends with it.
 *
 * @param task may be anything that can be cloned
 * @returns what the adversary reports when it is done
 * @throws Error – it failed, or ended without a report
 */
export async function runAdversary<Report>(program: URL, task: unknown): Promise<Report> {
  const adversary = new AskedChild<AdversaryVerbs>({ name: 'adversary', program, within: coresOf('load', 1) });
  if (adversary.child.pid !== 0) setPriority(adversary.child.pid, LOWER_PRIORITY);
  try {
    return (await adversary.ask('play', task)) as Report;
  } finally {
    await adversary.child.kill();
  }
}

/** Carries out the tasks that an adversary's process is asked for. */
export function playAdversary<Task, Report>(play: (task: Task) => Promise<Report>): void {
  answerQuestions<AdversaryVerbs>(process, { play: (task) => play(task as Task) });
  process.once('disconnect', () => process.exit());
}
