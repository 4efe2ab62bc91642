/** A client in a process of its own, told what to do by one JSON object a line: see `clients/control_channel.py` for the other end. */
import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import type { ClientVerbs } from './client-verbs.ts';

export interface ClientProcess {
  call<Verb extends keyof ClientVerbs>(verb: Verb, input: ClientVerbs[Verb]['arguments']): Promise<ClientVerbs[Verb]['result']>;
  /** The last lines that it complained with. */
  readLog(): string;
  /** Lets it leave, and waits for that. */
  stop(): Promise<void>;
}

interface Pending {
  readonly what: string;
  readonly resolve: (result: never) => void;
  readonly reject: (error: Error) => void;
}

interface Reply {
  readonly id: number;
  readonly result?: unknown;
  readonly error?: string;
}

const CALL_DEADLINE_MS = 30_000;
const STOP_DEADLINE_MS = 5_000;
const MAX_LOG_CHARACTERS = 4_000;

/** @param command program and its arguments */
export function startClientProcess(command: readonly [string, ...string[]]): ClientProcess {
  const [program, ...rest] = command;
  const child = spawn(program, rest, { stdio: ['pipe', 'pipe', 'pipe'] });
  const readLog = collectLog(child.stderr);
  const pending = new Map<number, Pending>();
  const end = (why: string): void => {
    for (const { what, reject } of pending.values()) reject(new Error(`${what}: ${why}\n${readLog()}`));
    pending.clear();
  };
  child.on('error', (error) => end(`${program} did not start: ${error.message}`));
  child.on('close', (code, signal) => end(`${program} has ended (${signal ?? code})`));
  // A pipe that the other end has closed: `close` says so too.
  child.stdin.on('error', () => undefined);
  createInterface({ input: child.stdout }).on('line', (line) => settle(pending, line));
  let lastId = 0;
  return {
    call: (verb, input) => {
      const id = ++lastId;
      return new Promise((resolve, reject) => {
        const timer = setTimeout(
          () => reject(new Error(`${verb} was not done within ${CALL_DEADLINE_MS} ms\n${readLog()}`)),
          CALL_DEADLINE_MS,
        );
        const done = (): void => {
          clearTimeout(timer);
          pending.delete(id);
        };
        pending.set(id, {
          what: verb,
          resolve: (result) => [done(), resolve(result)],
          reject: (error) => [done(), reject(error)],
        });
        child.stdin.write(`${JSON.stringify({ id, verb, ...input })}\n`);
      });
    },
    readLog,
    stop: () => stop(child),
  };
}

function settle(pending: ReadonlyMap<number, Pending>, line: string): void {
  const { id, result, error } = JSON.parse(line) as Reply;
  const call = pending.get(id);
  if (error === undefined) call?.resolve(result as never);
  else call?.reject(new Error(error));
}

function collectLog(stream: Readable): () => string {
  let log = '';
  stream.setEncoding('utf8').on('data', (chunk: string) => {
    log = (log + chunk).slice(-MAX_LOG_CHARACTERS);
  });
  return () => log;
}

async function stop(child: ChildProcessByStdio<Writable, Readable, Readable>): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const closed = once(child, 'close');
  const timer = setTimeout(() => child.kill('SIGKILL'), STOP_DEADLINE_MS);
  child.stdin.end();
  await closed;
  clearTimeout(timer);
}
