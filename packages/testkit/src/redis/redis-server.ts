import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createConnection } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { freePort } from './free-port.ts';

const run = promisify(execFile);
const START_TIMEOUT_MS = 10_000;
const TRIAL_INTERVAL_MS = 20;
const CLI_TIMEOUT_MS = 5_000;
const MAX_ATTEMPTS = 3;

export interface RedisServerOptions {
  /** More options of `redis-server`, as on its command line: `['--cluster-enabled', 'yes']`. */
  readonly options?: readonly string[];
  /** Default: one that is free. */
  readonly port?: number;
}

/** A real `redis-server` on a port and in a folder of its own; it keeps nothing on disk. */
export class RedisServer {
  readonly port: number;
  readonly folder: string;
  readonly #options: readonly string[];
  #process: ChildProcess | undefined;
  #log = '';

  private constructor(port: number, folder: string, options: readonly string[]) {
    this.port = port;
    this.folder = folder;
    this.#options = options;
  }

  /** @throws Error – it is not installed, or does not start; the message holds what it wrote */
  static async start({ options = [], port }: RedisServerOptions = {}): Promise<RedisServer> {
    const folder = await mkdtemp(join(tmpdir(), 'causeway-redis-'));
    for (let attempt = 1; ; attempt++) {
      const server = new RedisServer(port ?? (await freePort()), folder, options);
      try {
        await server.restart();
        return server;
      } catch (error) {
        await server.kill();
        // Another process may have taken the port between finding it and listening on it.
        if (port !== undefined || attempt === MAX_ATTEMPTS) throw error;
      }
    }
  }

  get url(): string {
    return `redis://127.0.0.1:${this.port}`;
  }

  /** Starts it after `kill`, with nothing in it. */
  async restart(): Promise<void> {
    const persistence = ['--save', '', '--appendonly', 'no'];
    const place = ['--port', String(this.port), '--bind', '127.0.0.1', '--dir', this.folder];
    const started = spawn('redis-server', [...place, ...persistence, ...this.#options], { stdio: ['ignore', 'pipe', 'pipe'] });
    this.#process = started;
    for (const stream of [started.stdout, started.stderr]) stream.on('data', (data: Buffer) => (this.#log += data.toString()));
    const failed = once(started, 'error').then(([error]) => Promise.reject(new Error('redis-server cannot be run', { cause: error })));
    await Promise.race([this.#untilItListens(), failed]);
    failed.catch(() => {});
  }

  /** Freezes it: connections stay open and are never answered. */
  pause(): void {
    this.#process?.kill('SIGSTOP');
  }

  resume(): void {
    this.#process?.kill('SIGCONT');
  }

  async kill(): Promise<void> {
    const ending = this.#process;
    if (ending === undefined || ending.exitCode !== null || ending.signalCode !== null) return;
    const ended = once(ending, 'exit');
    ending.kill('SIGKILL');
    await ended;
  }

  async stop(): Promise<void> {
    await this.kill();
    await rm(this.folder, { recursive: true, force: true });
  }

  /** One command, as typed into `redis-cli`. @returns what it prints */
  async command(...words: readonly string[]): Promise<string> {
    const { stdout } = await run('redis-cli', ['-p', String(this.port), ...words], { timeout: CLI_TIMEOUT_MS });
    return stdout.trim();
  }

  async #untilItListens(): Promise<void> {
    const deadlineMs = performance.now() + START_TIMEOUT_MS;
    while (!(await isListening(this.port))) {
      if (this.#process?.exitCode !== null || performance.now() > deadlineMs) throw new Error(`redis-server did not start:\n${this.#log}`);
      await new Promise((resolve) => setTimeout(resolve, TRIAL_INTERVAL_MS));
    }
    const info = await this.command('INFO', 'server');
    if (!info.includes(`process_id:${this.#process?.pid}\r`)) throw new Error(`port ${this.port} is somebody else's`);
  }
}

function isListening(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = createConnection({ host: '127.0.0.1', port }, () => {
      socket.destroy();
      resolve(true);
    });
    socket.on('error', () => resolve(false));
  });
}
