/** A server in a process of its own, as a user would run it. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { resolve } from 'node:path';
import { waitUntil } from '../wait-until.ts';

export interface ServerProcess {
  /** What it wrote so far, for the message of a failing test. */
  readLog(): string;
  /** Lets it feel a signal: `SIGSTOP` makes it as silent as if its network were cut, `SIGCONT` brings it back. */
  signal(name: NodeJS.Signals): void;
  /** Asks it to end, as an operator does, and waits for that. @returns its exit code, `null` when it had to be killed */
  stop(): Promise<number | null>;
}

export interface ServerProcessOptions {
  /** What `node` is to run, relative to the project's root. */
  readonly main: string;
  /** All that it gets beside the path and home of this process. */
  readonly environment: Readonly<Record<string, string>>;
  /** Answers 200 once it is ready. */
  readonly readyUrl: string;
}

const PROJECT_ROOT = resolve(import.meta.dirname, '../../../..');
const START_DEADLINE_MS = 20_000;
const STOP_DEADLINE_MS = 10_000;
const MAX_LOG_CHARACTERS = 200_000;

/** Starts it from its TypeScript sources, and waits until it is ready. @throws Error – it is not in time; the message has its output */
export async function startServerProcess({ main, environment, readyUrl }: ServerProcessOptions): Promise<ServerProcess> {
  const child = spawn(process.execPath, ['--conditions=causeway-source', main], {
    cwd: PROJECT_ROOT,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { PATH: process.env.PATH, HOME: process.env.HOME, ...environment },
  });
  const readLog = collectOutput(child);
  await waitUntilReady(child, readyUrl, readLog);
  return { readLog, signal: (name) => void child.kill(name), stop: () => stopProcess(child) };
}

function collectOutput(child: ChildProcess): () => string {
  let log = '';
  const append = (chunk: Buffer): void => {
    log = (log + chunk.toString()).slice(-MAX_LOG_CHARACTERS);
  };
  child.stdout?.on('data', append);
  child.stderr?.on('data', append);
  return () => log;
}

async function waitUntilReady(child: ChildProcess, readyUrl: string, readLog: () => string): Promise<void> {
  const readState = async (): Promise<string> => {
    if (hasEnded(child)) throw new Error('it ended at once');
    const reply = await fetch(readyUrl).catch((error: unknown) => String(error));
    return typeof reply === 'string' ? reply : `HTTP ${reply.status}`;
  };
  try {
    await waitUntil(`${readyUrl} answers`, readState, (state) => state === 'HTTP 200', START_DEADLINE_MS);
  } catch (error) {
    child.kill('SIGKILL');
    throw new Error(`the server did not start; it wrote:\n${readLog()}`, { cause: error });
  }
}

async function stopProcess(child: ChildProcess): Promise<number | null> {
  if (hasEnded(child)) return child.exitCode;
  const killTimer = setTimeout(() => child.kill('SIGKILL'), STOP_DEADLINE_MS);
  child.kill('SIGTERM');
  await once(child, 'exit');
  clearTimeout(killTimer);
  return child.exitCode;
}

function hasEnded(child: ChildProcess): boolean {
  return child.exitCode !== null || child.signalCode !== null;
}
