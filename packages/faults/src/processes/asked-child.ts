import { resolve } from 'node:path';
import { Asker, type Contract } from '@causeway/bench';
import { Child } from './child.ts';
import { type CommandPlace, here } from './command-place.ts';
import { PROJECT_ROOT } from './project-root.ts';

/** A program of this package in a process of its own, that does what it is asked. */
export class AskedChild<Verbs extends Contract<Verbs>> {
  readonly child: Child;
  readonly #asker: Asker<Verbs>;

  /**
   * @param program its TypeScript file, relative to this package's sources
   * @param within where it runs
   */
  constructor(name: string, program: string, within: CommandPlace = here) {
    const file = resolve(PROJECT_ROOT, 'packages/faults/src', program);
    const command = within([process.execPath, '--conditions=causeway-source', '--disable-warning=ExperimentalWarning', file]);
    this.child = new Child({ name, command, environment: process.env, folder: PROJECT_ROOT, hasChannel: true });
    this.#asker = new Asker<Verbs>(this.child.process);
    void this.child.ended.then(() => this.#asker.fail(new Error(`The process "${name}" ended (${this.child.ending}):\n${this.child.log}`)));
  }

  ask: Asker<Verbs>['ask'] = (verb, ...argument) => this.#asker.ask(verb, ...argument);
}
