import { type ChildProcess, spawn } from 'node:child_process';

const MAX_LOG_CHARACTERS = 400_000;
/** How long a process may take to end. */
const STOP_DEADLINE_MS = 15_000;

export interface ChildOptions {
  /** The name for messages. */
  readonly name: string;
  readonly command: readonly [string, ...string[]];
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly folder: string;
  /** The user id that it runs as, which only root can set. */
  readonly uid?: number;
  /** Receives every line that it writes. */
  readonly onLine?: (line: string, stream: 'stdout' | 'stderr') => void;
  /** Whether `process.stdin` can be written to. Default: it is empty. */
  readonly hasInput?: boolean;
  /** Whether it has an IPC channel. */
  readonly hasChannel?: boolean;
}

/** A child process that can be stopped, killed and suspended. */
export class Child {
  readonly name: string;
  readonly process: ChildProcess;
  readonly #ended: Promise<void>;
  #log = '';
  #isLogWhole = true;
  #isExpectedToEnd = false;

  constructor({ name, command, environment, folder, uid, onLine, hasInput = false, hasChannel = false }: ChildOptions) {
    this.name = name;
    const [program, ...programArguments] = command;
    this.process = spawn(program, programArguments, {
      cwd: folder,
      ...(uid === undefined ? {} : { uid, gid: uid }),
      env: environment,
      stdio: [hasInput ? 'pipe' : 'ignore', 'pipe', 'pipe', ...(hasChannel ? (['ipc'] as const) : [])],
      // JSON cannot represent infinity.
      serialization: 'advanced',
    });
    this.#ended = new Promise((resolve) => this.process.once('close', () => resolve()));
    this.#collect(onLine);
  }

  /** The last part of its output. */
  get log(): string {
    return this.#log;
  }

  /** Whether the log has its whole output. */
  get isLogWhole(): boolean {
    return this.#isLogWhole;
  }

  get pid(): number {
    return this.process.pid ?? 0;
  }

  get hasEnded(): boolean {
    return this.process.exitCode !== null || this.process.signalCode !== null;
  }

  /** The exit code, or the signal that ended it; undefined while it runs. */
  get ending(): number | string | undefined {
    return this.process.exitCode ?? this.process.signalCode ?? undefined;
  }

  /** Resolves once it has ended and all its output was read. */
  get ended(): Promise<void> {
    return this.#ended;
  }

  /** Resolves if it ends unexpectedly. */
  get died(): Promise<void> {
    return this.#ended.then(() => (this.#isExpectedToEnd ? new Promise<void>(() => {}) : undefined));
  }

  /** Sends a signal: `SIGKILL` simulates a power cut, and `SIGSTOP` and `SIGCONT` suspend and resume the process. */
  signal(signal: NodeJS.Signals): void {
    if (signal !== 'SIGSTOP' && signal !== 'SIGCONT') this.#isExpectedToEnd = true;
    this.process.kill(signal);
  }

  /** Sends SIGTERM, and SIGKILL after the deadline. @returns the same value as `ending` */
  async stop(deadlineMs: number = STOP_DEADLINE_MS): Promise<number | string | undefined> {
    this.signal('SIGTERM');
    // A suspended process would not handle the signal.
    this.process.kill('SIGCONT');
    const deadline = setTimeout(() => this.process.kill('SIGKILL'), deadlineMs);
    await this.#ended;
    clearTimeout(deadline);
    return this.ending;
  }

  async kill(): Promise<void> {
    this.signal('SIGKILL');
    await this.#ended;
  }

  #collect(onLine: ChildOptions['onLine']): void {
    for (const stream of ['stdout', 'stderr'] as const) {
      let rest = '';
      this.process[stream]?.on('data', (chunk: Buffer) => {
        this.#remember(chunk.toString());
        if (onLine === undefined) return;
        const lines = (rest + chunk.toString()).split('\n');
        rest = lines.pop() ?? '';
        for (const line of lines) onLine(line, stream);
      });
    }
    this.process.once('error', (error) => this.#remember(`${error.message}\n`));
  }

  #remember(text: string): void {
    const log = this.#log + text;
    this.#isLogWhole &&= log.length <= MAX_LOG_CHARACTERS;
    this.#log = log.slice(-MAX_LOG_CHARACTERS);
  }
}
