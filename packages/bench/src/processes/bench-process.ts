import { type ChildProcess, spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { type BenchRole, onCoresOf } from './core-share.ts';
import type { ProbeVerbs } from './probe-verbs.ts';
import { Asker, type Contract } from './request-channel.ts';

const OUTPUT_TAIL_CHARACTERS = 4000;
const STOP_DEADLINE_MS = 5000;
const PROBE = new URL('./probe.ts', import.meta.url);

export interface BenchProcessOptions {
  /** For messages. */
  readonly name: string;
  /** The program, a TypeScript file. */
  readonly program: string;
  readonly role: BenchRole;
  /** Added to the environment of the bench itself. */
  readonly env?: Readonly<Record<string, string>>;
  /** Cores for what is measured. Default 1. */
  readonly measuredCores?: number;
}

/** A child process under measurement: its program, the probe, and what it printed. */
export class BenchProcess<Verbs extends Contract<Verbs>> {
  readonly name: string;
  readonly #child: ChildProcess;
  readonly #asker: Asker<Verbs & ProbeVerbs>;
  readonly #ended: Promise<void>;
  #outputTail = '';
  #isStopping = false;

  constructor({ name, program, role, env = {}, measuredCores = 1 }: BenchProcessOptions) {
    this.name = name;
    const nodeArguments = ['--conditions=causeway-source', '--expose-gc', '--import', PROBE.href, program];
    const [command, commandArguments] = onCoresOf(role, process.execPath, nodeArguments, measuredCores);
    this.#child = spawn(command, commandArguments, {
      env: { ...process.env, ...env },
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    });
    this.#asker = new Asker(this.#child);
    this.#ended = this.#watch();
  }

  /** @throws Error – it could not be started */
  get pid(): number {
    if (this.#child.pid === undefined) throw this.#deathNotice();
    return this.#child.pid;
  }

  /** The end of what it printed, errors included. */
  get outputTail(): string {
    return this.#outputTail;
  }

  ask: Asker<Verbs & ProbeVerbs>['ask'] = (verb, ...argument) => this.#asker.ask(verb, ...argument);

  /** Asks it to end, and makes it if it does not. */
  async stop(): Promise<void> {
    this.#isStopping = true;
    this.#child.kill('SIGTERM');
    const deadline = setTimeout(() => this.#child.kill('SIGKILL'), STOP_DEADLINE_MS);
    await this.#ended;
    clearTimeout(deadline);
  }

  /** Rejects if the process ends by itself; never resolves. */
  get died(): Promise<never> {
    return this.#ended.then(() => {
      if (this.#isStopping) return new Promise<never>(() => {});
      throw this.#deathNotice();
    });
  }

  #watch(): Promise<void> {
    const remember = (chunk: Buffer): void => {
      this.#outputTail = (this.#outputTail + chunk.toString()).slice(-OUTPUT_TAIL_CHARACTERS);
    };
    this.#child.stdout?.on('data', remember);
    this.#child.stderr?.on('data', remember);
    return new Promise((resolve) => {
      this.#child.once('close', () => {
        this.#asker.fail(this.#deathNotice());
        resolve();
      });
    });
  }

  #deathNotice(): Error {
    const { exitCode, signalCode } = this.#child;
    return new Error(`The ${this.name} process ended (${signalCode ?? `exit code ${exitCode}`})`);
  }
}

/** The path of a program that stands beside the module that asks. */
export function programPath(relative: string, importMetaUrl: string): string {
  return fileURLToPath(new URL(relative, importMetaUrl));
}
