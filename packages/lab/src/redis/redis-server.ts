import { execFile } from 'node:child_process';
import { chown, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { Child } from '../processes/child.ts';
import { type CommandPlace, here } from '../processes/command-place.ts';
import { findFreePort } from '../processes/ports.ts';
import { waitUntil } from '../wait-until.ts';

const run = promisify(execFile);
const START_DEADLINE_MS = 10_000;
const COMMAND_DEADLINE_MS = 5_000;
const MAX_ATTEMPTS = 3;

/** Sends a command with `redis-cli` to the server on that port of loopback. @returns its output */
export async function askRedis(port: number, words: readonly string[], within: CommandPlace = here): Promise<string> {
  const [program, ...programArguments] = within(['redis-cli', '-p', String(port), ...words]);
  const { stdout } = await run(program, programArguments, { timeout: COMMAND_DEADLINE_MS });
  return stdout.trim();
}

export interface RedisServerOptions {
  /** Default: any free port. */
  readonly port?: number;
  /** The port of the server to replicate. */
  readonly replicaOf?: number;
  /** Additional command line options of `redis-server`: `['--cluster-enabled', 'yes']`. */
  readonly options?: readonly string[];
  /** The user id that it runs as, which only root can set. */
  readonly uid?: number;
  /** Whether it has an append-only file, as `docs/operate` recommends. Default: it stores nothing on disk. */
  readonly isDurable?: boolean;
  /** Where it and `redis-cli` run, for example in a network namespace, whose loopback is then used. */
  readonly within?: CommandPlace;
  readonly onLine?: (line: string) => void;
}

/** A real `redis-server` on loopback with its own folder. */
export class RedisServer {
  readonly port: number;
  readonly #options: RedisServerOptions;
  readonly #folder: string;
  #child: Child;

  private constructor(port: number, options: RedisServerOptions, folder: string) {
    this.port = port;
    this.#options = options;
    this.#folder = folder;
    this.#child = this.#spawn();
  }

  /** @throws Error – it is not installed, or does not start; the message contains its output */
  static async start(options: RedisServerOptions = {}): Promise<RedisServer> {
    for (let attempt = 1; ; attempt++) {
      const folder = await mkdtemp(join(tmpdir(), 'causeway-redis-'));
      if (options.uid !== undefined) await chown(folder, options.uid, options.uid);
      const server = new RedisServer(options.port ?? (await findFreePort('tcp')), options, folder);
      try {
        await server.#answers();
        return server;
      } catch (error) {
        await server.stop();
        // Another process may have taken the port since it was found.
        if (options.port !== undefined || attempt === MAX_ATTEMPTS) throw error;
      }
    }
  }

  get url(): string {
    return `redis://127.0.0.1:${this.port}`;
  }

  get child(): Child {
    return this.#child;
  }

  /** Sends a command with `redis-cli`. @returns its output */
  command(...words: readonly string[]): Promise<string> {
    return askRedis(this.port, words, this.#options.within);
  }

  /** Suspends it: connections stay open, but commands get no reply. */
  pause(): void {
    this.#child.signal('SIGSTOP');
  }

  resume(): void {
    this.#child.signal('SIGCONT');
  }

  kill(): Promise<void> {
    return this.#child.kill();
  }

  /** Restarts it after its end, with its data on disk. */
  async restart(): Promise<void> {
    this.#child = this.#spawn();
    await this.#answers();
  }

  /** Kills it, since an orderly shutdown would wait for lagging replicas, and removes its folder. */
  async stop(): Promise<void> {
    await this.kill();
    await rm(this.#folder, { recursive: true, force: true });
  }

  #spawn(): Child {
    const { replicaOf, options = [], uid, isDurable = false, within = here, onLine } = this.#options;
    const place = ['--port', String(this.port), '--bind', '127.0.0.1', '--dir', this.#folder];
    const persistence = ['--save', '', '--appendonly', isDurable ? 'yes' : 'no'];
    const replica = replicaOf === undefined ? [] : ['--replicaof', '127.0.0.1', String(replicaOf)];
    return new Child({
      name: 'redis',
      command: within(['redis-server', ...place, ...persistence, ...replica, ...options]),
      environment: process.env,
      folder: this.#folder,
      ...(uid === undefined ? {} : { uid }),
      ...(onLine === undefined ? {} : { onLine }),
    });
  }

  /** Waits until it replies, and checks that it is not another server on the same port. */
  async #answers(): Promise<void> {
    const read = async (): Promise<string> => {
      if (this.#child.hasEnded) throw new Error(`redis-server did not start:\n${this.#child.log}`);
      return this.command('INFO', 'server').catch((error: Error) => error.message);
    };
    const isOurs = (info: string): boolean => info.includes(`process_id:${this.#child.pid}\r`);
    await waitUntil(`our Redis answers on port ${this.port}`, read, isOurs, START_DEADLINE_MS);
  }
}
