/**
 * Stands for somebody else's machine, which takes no time from the node: a process of its own that stays off the node's core, and of
 * lower priority than the clients whose cores it shares.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { setPriority } from 'node:os';
import { fileURLToPath } from 'node:url';
import { onCoresOf } from '../processes/core-share.ts';

const LOWER_PRIORITY = 10;

export class Adversary<Report> {
  readonly #child: ChildProcess;
  /** What it sends when it is done. @throws Error – it ended without a word */
  readonly report: Promise<Report>;

  /** @param task is sent to it first, and may be anything that can be cloned */
  constructor(program: URL, task: unknown) {
    const [command, commandArguments] = onCoresOf('load', process.execPath, ['--conditions=causeway-source', fileURLToPath(program)], 1);
    this.#child = spawn(command, commandArguments, { stdio: ['inherit', 'inherit', 'inherit', 'ipc'], serialization: 'advanced' });
    if (this.#child.pid !== undefined) setPriority(this.#child.pid, LOWER_PRIORITY);
    this.#child.send(task as never);
    this.report = new Promise((resolve, reject) => {
      this.#child.once('message', (message) => resolve(message as Report));
      this.#child.once('exit', (code) => reject(new Error(`an adversary ended with ${code} before it was done`)));
    });
  }

  stop(): void {
    this.#child.kill();
  }
}

/** For the program of an adversary: takes the task, and sends what comes of it. */
export function playAdversary<Task, Report>(play: (task: Task) => Promise<Report>): void {
  process.once('message', (task) => {
    void play(task as Task).then((report) => process.send?.(report as never, () => process.exit()));
  });
  process.once('disconnect', () => process.exit());
}
