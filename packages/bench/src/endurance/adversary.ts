/** Somebody else's machine: a process of its own, and of lower priority, since the cores here are the node's and its clients'. */
import { type ChildProcess, fork } from 'node:child_process';
import { setPriority } from 'node:os';
import { fileURLToPath } from 'node:url';

const LOWER_PRIORITY = 10;

export class Adversary<Report> {
  readonly #child: ChildProcess;
  /** What it sends when it is done. @throws Error – it ended without a word */
  readonly report: Promise<Report>;

  /** @param task is sent to it first, and may be anything that can be cloned */
  constructor(program: URL, task: unknown) {
    const execArgv = ['--conditions=causeway-source'];
    this.#child = fork(fileURLToPath(program), { execArgv, serialization: 'advanced' });
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
