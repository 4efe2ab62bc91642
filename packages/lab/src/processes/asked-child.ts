import { fileURLToPath } from 'node:url';
import { Child } from './child.ts';
import { type CommandPlace, here } from './command-place.ts';
import { COMPILE_CACHE, PROJECT_ROOT } from './project-root.ts';
import { Asker, type Contract } from './request-channel.ts';

export interface AskedChildOptions {
  /** The name for messages. */
  readonly name: string;
  /** The TypeScript file to run. */
  readonly program: URL | string;
  /** Additional arguments of `node`. */
  readonly nodeArguments?: readonly string[];
  /** Added to the environment of this process. */
  readonly environment?: Readonly<Record<string, string>>;
  /** Where it runs. */
  readonly within?: CommandPlace;
  /** Receives every line that it writes. */
  readonly onLine?: (line: string) => void;
}

/** A program of the project in a separate process, controlled by requests. */
export class AskedChild<Verbs extends Contract<Verbs>> {
  readonly child: Child;
  readonly #asker: Asker<Verbs>;

  constructor({ name, program, nodeArguments = [], environment = {}, within = here, onLine }: AskedChildOptions) {
    const file = typeof program === 'string' ? program : fileURLToPath(program);
    const command = within([
      process.execPath,
      '--conditions=causeway-source',
      '--disable-warning=ExperimentalWarning',
      ...nodeArguments,
      file,
    ]);
    this.child = new Child({
      name,
      command,
      environment: { ...COMPILE_CACHE, ...process.env, ...environment },
      folder: PROJECT_ROOT,
      hasChannel: true,
      ...(onLine === undefined ? {} : { onLine }),
    });
    this.#asker = new Asker<Verbs>(this.child.process);
    void this.child.ended.then(() => this.#asker.fail(new Error(`The process "${name}" ended (${this.child.ending}):\n${this.child.log}`)));
  }

  ask: Asker<Verbs>['ask'] = (verb, ...argument) => this.#asker.ask(verb, ...argument);
}
