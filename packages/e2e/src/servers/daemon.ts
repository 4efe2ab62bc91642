/** The SFU's daemon as users run it: a process of its own, configured by environment variables. */
import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { resolve } from 'node:path';
import { waitUntil } from '../wait-until.ts';
import { findFreeTcpPort, findFreeUdpPort } from './free-port.ts';

/** What a client needs to call the API. */
export interface SfuAccess {
  /** Scheme, address and port without a path: `http://127.0.0.1:40123`. */
  readonly host: string;
  readonly appId: string;
  readonly secret: string;
}

export interface Daemon {
  readonly access: SfuAccess;
  /** Of media and of `stun:`. */
  readonly udpPort: number;
  /** What it wrote so far, for the message of a failing test. */
  readLog(): string;
  /** Asks it to end, as an operator does, and waits for that. @returns its exit code, `null` when it had to be killed */
  stop(): Promise<number | null>;
}

const PROJECT_ROOT = resolve(import.meta.dirname, '../../../..');
const MAIN = 'packages/gateway/src/main.ts';
const START_DEADLINE_MS = 20_000;
const STOP_DEADLINE_MS = 10_000;
const MAX_LOG_CHARACTERS = 200_000;

/** Starts a daemon on free ports with an app of its own, and waits until it says it is ready. */
export async function startDaemon(environment: Readonly<Record<string, string>> = {}): Promise<Daemon> {
  const httpPort = await findFreeTcpPort();
  const udpPort = await findFreeUdpPort();
  const access: SfuAccess = {
    host: `http://127.0.0.1:${httpPort}`,
    appId: `e2e${randomBytes(4).toString('hex')}`,
    secret: randomBytes(24).toString('base64url'),
  };
  const child = spawn(process.execPath, ['--conditions=causeway-source', MAIN], {
    cwd: PROJECT_ROOT,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: {
      PATH: process.env.PATH,
      HOME: process.env.HOME,
      CAUSEWAY_HTTP_PORT: String(httpPort),
      CAUSEWAY_UDP_PORT: String(udpPort),
      CAUSEWAY_APP_ID: access.appId,
      CAUSEWAY_APP_SECRET: access.secret,
      ...environment,
    },
  });
  const readLog = collectOutput(child);
  await waitUntilReady(child, access, readLog);
  return { access, udpPort, readLog, stop: () => stopProcess(child) };
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

async function waitUntilReady(child: ChildProcess, { host }: SfuAccess, readLog: () => string): Promise<void> {
  const readState = async (): Promise<string> => {
    if (child.exitCode !== null || child.signalCode !== null) throw new Error(`the daemon ended at once:\n${readLog()}`);
    const reply = await fetch(`${host}/readyz`).catch((error: unknown) => String(error));
    return typeof reply === 'string' ? reply : `HTTP ${reply.status}`;
  };
  try {
    await waitUntil('the daemon is ready', readState, (state) => state === 'HTTP 200', START_DEADLINE_MS);
  } catch (error) {
    child.kill('SIGKILL');
    throw new Error(`the daemon did not start; it wrote:\n${readLog()}`, { cause: error });
  }
}

async function stopProcess(child: ChildProcess): Promise<number | null> {
  if (child.exitCode !== null || child.signalCode !== null) return child.exitCode;
  const killTimer = setTimeout(() => child.kill('SIGKILL'), STOP_DEADLINE_MS);
  child.kill('SIGTERM');
  await once(child, 'exit');
  clearTimeout(killTimer);
  return child.exitCode;
}
