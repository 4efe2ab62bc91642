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

/** One command to the server that speaks Redis on that port of loopback, as typed into `redis-cli`. @returns what it prints */
export async function askRedis(port: number, words: readonly string[], within: CommandPlace = here): Promise<string> {
  const [program, ...programArguments] = within(['redis-cli', '-p', String(port), ...words]);
  const { stdout } = await run(program, programArguments, { timeout: COMMAND_DEADLINE_MS });
  return stdout.trim();
}

export interface RedisServerOptions {
  /** Default: one that is free. */
  readonly port?: number;
  /** The port of the server to copy. */
  readonly replicaOf?: number;
  /** More options of `redis-server`, as on its command line: `['--cluster-enabled', 'yes']`. */
  readonly options?: readonly string[];
  /** The user it runs as, which only root may choose. */
  readonly uid?: number;
  /** Whether it has an append-only file, as `docs/operate` advises. Default: it keeps nothing on disk. */
  readonly isDurable?: boolean;
  /** Where it runs, and is asked: in a network namespace, say, whose loopback it then is on. */
  readonly within?: CommandPlace;
  readonly onLine?: (line: string) => void;
}

/** A real `redis-server` on loopback, in a folder of its own. */
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

  /** @throws Error – it is not installed, or does not start; the message holds what it wrote */
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
        // Another process may have taken the port between finding it and listening on it.
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

  /** One command, as typed into `redis-cli`. @returns what it prints */
  command(...words: readonly string[]): Promise<string> {
    return askRedis(this.port, words, this.#options.within);
  }

  /** Freezes it: connections stay open and are never answered. */
  pause(): void {
    this.#child.signal('SIGSTOP');
  }

  resume(): void {
    this.#child.signal('SIGCONT');
  }

  kill(): Promise<void> {
    return this.#child.kill();
  }

  /** Starts it again after its end, with what it has kept on disk. */
  async restart(): Promise<void> {
    this.#child = this.#spawn();
    await this.#answers();
  }

  /** Ends it at once (asked to end, it would wait for replicas that lag), and removes its folder. */
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

  /** It may be another server that answers on a port that had been free. */
  async #answers(): Promise<void> {
    const read = async (): Promise<string> => {
      if (this.#child.hasEnded) throw new Error(`redis-server did not start:\n${this.#child.log}`);
      return this.command('INFO', 'server').catch((error: Error) => error.message);
    };
    const isOurs = (info: string): boolean => info.includes(`process_id:${this.#child.pid}\r`);
    await waitUntil(`our Redis answers on port ${this.port}`, read, isOurs, START_DEADLINE_MS);
  }
}
