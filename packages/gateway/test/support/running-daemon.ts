import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { Readable } from 'node:stream';

const MAIN = join(__dirname, '../../src/main.ts');

export interface RunningDaemon {
  readonly child: ChildProcessByStdio<null, Readable, Readable>;
  /** Resolves with all that was written once the text has been; rejects if the daemon ends before. */
  waitFor(text: string): Promise<string>;
  readonly exit: Promise<{ readonly code: number | null; readonly stdout: string; readonly stderr: string }>;
}

const running: RunningDaemon[] = [];

/** Kills what a test has started. */
export async function killDaemons(): Promise<void> {
  for (const { child, exit } of running.splice(0)) {
    child.kill('SIGKILL');
    await exit;
  }
}

const ENVIRONMENT = {
  CAUSEWAY_HTTP_PORT: '0',
  CAUSEWAY_UDP_PORT: '0',
  CAUSEWAY_LISTEN: '127.0.0.1',
  // On a busy machine, a node that refuses sessions for its own slowness would fail tests of something else.
  CAUSEWAY_MAX_EVENT_LOOP_DELAY_MS: '10000',
};

/** Starts a daemon on free ports of the loopback interface, which takes sessions however slow the machine is. */
export function startDaemon(environment: Record<string, string> = {}, ...args: string[]): RunningDaemon {
  const child = spawn(process.execPath, ['--conditions=causeway-source', MAIN, ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    // Halves the time that it takes to start.
    env: { NODE_COMPILE_CACHE: process.env.NODE_COMPILE_CACHE, ...ENVIRONMENT, ...environment },
  });
  const written = { stdout: '', stderr: '' };
  for (const stream of ['stdout', 'stderr'] as const) {
    child[stream].on('data', (data: Buffer) => {
      written[stream] += data.toString();
      child.emit('written');
    });
  }
  const exit = once(child, 'close').then(([code]) => ({ code: code as number | null, ...written }));
  const waitFor = async (text: string): Promise<string> => {
    while (!`${written.stdout}${written.stderr}`.includes(text)) {
      const ended = exit.then(() => Promise.reject(new Error(`ended without "${text}": ${JSON.stringify(written)}`)));
      await Promise.race([once(child, 'written'), ended]);
    }
    return `${written.stdout}${written.stderr}`;
  };
  const daemon = { child, exit, waitFor };
  running.push(daemon);
  return daemon;
}
