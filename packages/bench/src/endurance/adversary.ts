/**
 * Stands for the machine of a stranger, which takes no time from the node: a process of its own that stays off the node's core, and of
 * lower priority than the clients whose cores it shares.
 */
import { setPriority } from 'node:os';
import { AskedChild, answerQuestions } from '@causeway/lab';
import { coresOf } from '../processes/core-share.ts';

const LOWER_PRIORITY = 10;

interface AdversaryVerbs {
  play(task: unknown): Promise<unknown>;
}

/**
 * Has an adversary do its task in a process that ends with it.
 *
 * @param task may be anything that can be cloned
 * @returns what it reports when it is done
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

/** For the program of an adversary: does the task that it is asked to do. */
export function playAdversary<Task, Report>(play: (task: Task) => Promise<Report>): void {
  answerQuestions<AdversaryVerbs>(process, { play: (task) => play(task as Task) });
  process.once('disconnect', () => process.exit());
}
