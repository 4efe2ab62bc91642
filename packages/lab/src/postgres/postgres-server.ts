import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chownSync, existsSync, mkdtempSync, readdirSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { findFreePort } from '../processes/ports.ts';

const run = promisify(execFile);
const START_TIMEOUT_MS = 30_000;
const TRIAL_INTERVAL_MS = 50;
/** Where Debian installs the server programs, which are not on the path. */
const DEBIAN_FOLDER = '/usr/lib/postgresql';
/** Postgres refuses to run as root; this user has no other rights. */
const NOBODY = { uid: 65_534, gid: 65_534 };
/** Test databases need no durability. */
const SETTINGS = ['fsync=off', 'synchronous_commit=off', 'full_page_writes=off', 'shared_buffers=16MB', 'max_connections=40'];

/** A real Postgres with its own port and folder, which `stop` removes. */
export class PostgresServer {
  readonly port: number;
  readonly #folder: string;
  #process: ChildProcess | undefined;
  #log = '';
  #databases = 0;

  private constructor(port: number, folder: string) {
    this.port = port;
    this.#folder = folder;
  }

  /** @throws Error – it is not installed, or does not start; the message contains its output */
  static async start(): Promise<PostgresServer> {
    const folder = mkdtempSync(join(tmpdir(), 'causeway-postgres-'));
    if (process.getuid?.() === 0) chownSync(folder, NOBODY.uid, NOBODY.gid);
    await run(programPath('initdb'), ['-D', join(folder, 'data'), '-U', 'tests', '-A', 'trust', '-E', 'UTF8', '--no-locale', '--no-sync'], {
      ...user(),
      cwd: folder,
    });
    const server = new PostgresServer(await findFreePort('tcp'), folder);
    try {
      await server.restart();
      return server;
    } catch (error) {
      await server.stop();
      throw error;
    }
  }

  /** Restarts it after `kill`, with its data. */
  async restart(): Promise<void> {
    const settings = SETTINGS.flatMap((setting) => ['-c', setting]);
    const place = ['-D', join(this.#folder, 'data'), '-p', String(this.port), '-h', '127.0.0.1', '-k', this.#folder];
    this.#process = spawn(programPath('postgres'), [...place, ...settings], {
      ...user(),
      cwd: this.#folder,
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    this.#process.stderr?.on('data', (data: Buffer) => (this.#log += data.toString()));
    const deadlineMs = performance.now() + START_TIMEOUT_MS;
    while (!(await this.#answers())) {
      if (this.#process.exitCode !== null || performance.now() > deadlineMs) throw new Error(`postgres did not start:\n${this.#log}`);
      await new Promise((resolve) => setTimeout(resolve, TRIAL_INTERVAL_MS));
    }
  }

  /** Creates an empty database. @returns its URL */
  async createDatabase(): Promise<string> {
    const name = `tests${++this.#databases}`;
    await this.#runClient('createdb', [name]);
    return `postgres://tests@127.0.0.1:${this.port}/${name}`;
  }

  /** Ends it, and keeps its data for `restart`. */
  async kill(): Promise<void> {
    const ending = this.#process;
    if (ending === undefined || ending.exitCode !== null || ending.signalCode !== null) return;
    const ended = once(ending, 'exit');
    // SIGINT is a fast shutdown: it closes all connections and writes committed data.
    ending.kill('SIGINT');
    await ended;
  }

  async stop(): Promise<void> {
    await this.kill();
    await rm(this.#folder, { recursive: true, force: true });
  }

  async #answers(): Promise<boolean> {
    return this.#runClient('pg_isready', ['-q']).then(
      () => true,
      () => false,
    );
  }

  async #runClient(program: string, words: readonly string[]): Promise<void> {
    await run(programPath(program), ['-h', '127.0.0.1', '-p', String(this.port), '-U', 'tests', ...words]);
  }
}

function user(): { readonly uid?: number; readonly gid?: number } {
  return process.getuid?.() === 0 ? NOBODY : {};
}

/** @throws Error – the program is not installed */
function programPath(program: string): string {
  const versions = existsSync(DEBIAN_FOLDER) ? readdirSync(DEBIAN_FOLDER).toSorted((one, other) => Number(other) - Number(one)) : [];
  const folders = [...versions.map((version) => join(DEBIAN_FOLDER, version, 'bin')), ...(process.env.PATH ?? '').split(':')];
  const found = folders.map((folder) => join(folder, program)).find((path) => existsSync(path));
  if (found === undefined) throw new Error(`${program} of Postgres was not found; Debian: apt-get install postgresql`);
  return found;
}
