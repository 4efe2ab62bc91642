import { execFile } from 'node:child_process';
import { chown, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { waitUntil } from '@causeway/e2e';
import { Child } from '../processes/child.ts';
import { type CommandPlace, here } from '../processes/command-place.ts';

const run = promisify(execFile);
const START_DEADLINE_MS = 10_000;
const COMMAND_DEADLINE_MS = 5_000;

/** One command to whatever speaks Redis on that port of loopback, as typed into `redis-cli`. @returns what it prints */
export async function askRedis(port: number, words: readonly string[], within: CommandPlace = here): Promise<string> {
  const [program, ...programArguments] = within(['redis-cli', '-p', String(port), ...words]);
  const { stdout } = await run(program, programArguments, { timeout: COMMAND_DEADLINE_MS });
  return stdout.trim();
}

export interface RedisOptions {
  readonly port: number;
  /** The port of the one to copy. */
  readonly replicaOf?: number;
  /** The user it runs as, which only root may choose. */
  readonly uid?: number;
  /** Whether it has an append-only file, as `docs/operate` advises. Default false: it keeps nothing on disk. */
  readonly isDurable?: boolean;
  /** Makes the command of another place of one: of a network namespace, say, whose loopback it then is on. */
  readonly within?: CommandPlace;
  readonly onLine?: (line: string) => void;
}

/** A real Redis on loopback, in a folder of its own. */
export class RedisServer {
  readonly port: number;
  readonly #options: RedisOptions;
  readonly #folder: string;
  #child: Child;

  private constructor(options: RedisOptions, folder: string) {
    this.port = options.port;
    this.#options = options;
    this.#folder = folder;
    this.#child = this.#spawn();
  }

  /** @throws Error – it does not start; the message holds what it wrote */
  static async start(options: RedisOptions): Promise<RedisServer> {
    const folder = await mkdtemp(join(tmpdir(), 'causeway-redis-'));
    if (options.uid !== undefined) await chown(folder, options.uid, options.uid);
    const server = new RedisServer(options, folder);
    await server.#answers();
    return server;
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

  /** Starts it again after its end, with what it has kept on disk. */
  async restart(): Promise<void> {
    this.#child = this.#spawn();
    await this.#answers();
  }

  async stop(): Promise<void> {
    if (!this.#child.hasEnded) await this.#child.stop();
    await rm(this.#folder, { recursive: true, force: true });
  }

  #spawn(): Child {
    const { port, replicaOf, uid, isDurable = false, within = here, onLine } = this.#options;
    const persistence = ['--save', '', '--appendonly', isDurable ? 'yes' : 'no', '--dir', this.#folder];
    const options = ['--port', String(port), '--bind', '127.0.0.1', ...persistence];
    const replica = replicaOf === undefined ? [] : ['--replicaof', '127.0.0.1', String(replicaOf)];
    return new Child({
      name: 'redis',
      command: within(['redis-server', ...options, ...replica]),
      environment: process.env,
      folder: this.#folder,
      ...(uid === undefined ? {} : { uid }),
      ...(onLine === undefined ? {} : { onLine }),
    });
  }

  async #answers(): Promise<void> {
    const read = async (): Promise<string> => {
      if (this.#child.hasEnded) throw new Error(`redis-server ended at once:\n${this.#child.log}`);
      return this.command('ping').catch((error: Error) => error.message);
    };
    await waitUntil(`Redis answers on port ${this.port}`, read, (reply) => reply === 'PONG', START_DEADLINE_MS);
  }
}
