import { AskedChild, type Child, type Contract } from '@causeway/lab';
import { type BenchRole, coresOf } from './core-share.ts';
import type { ProbeVerbs } from './probe-verbs.ts';

const OUTPUT_TAIL_CHARACTERS = 4000;
const STOP_DEADLINE_MS = 5000;
const PROBE = new URL('./probe.ts', import.meta.url);

export interface BenchProcessOptions {
  /** Its name in messages. */
  readonly name: string;
  /** The program, which is a TypeScript file. */
  readonly program: URL | string;
  readonly role: BenchRole;
  /** Environment variables in addition to those of the bench. */
  readonly env?: Readonly<Record<string, string>>;
  /** The number of cores for what is measured. Default: 1. */
  readonly measuredCores?: number;
}

/** A child process under measurement, on the cores of its role, with its program and the probe. */
export class BenchProcess<Verbs extends Contract<Verbs>> {
  readonly name: string;
  readonly #asked: AskedChild<Verbs & ProbeVerbs>;

  constructor({ name, program, role, env = {}, measuredCores = 1 }: BenchProcessOptions) {
    this.name = name;
    this.#asked = new AskedChild({
      name,
      program,
      nodeArguments: ['--expose-gc', '--import', PROBE.href],
      environment: env,
      within: coresOf(role, measuredCores),
    });
  }

  get child(): Child {
    return this.#asked.child;
  }

  /** @throws Error – it could not be started */
  get pid(): number {
    if (this.child.pid === 0) throw this.#deathNotice();
    return this.child.pid;
  }

  /** The last part of its output, errors included. */
  get outputTail(): string {
    return this.child.log.slice(-OUTPUT_TAIL_CHARACTERS);
  }

  ask: AskedChild<Verbs & ProbeVerbs>['ask'] = (verb, ...argument) => this.#asked.ask(verb, ...argument);

  /** Asks it to end, and kills it if it does not. */
  async stop(): Promise<void> {
    await this.child.stop(STOP_DEADLINE_MS);
  }

  /** Rejects if the process ends by itself, and never resolves. */
  get died(): Promise<never> {
    return this.child.died.then(() => {
      throw this.#deathNotice();
    });
  }

  #deathNotice(): Error {
    return new Error(`The ${this.name} process ended (${this.child.ending})\n${this.outputTail}`);
  }
}
