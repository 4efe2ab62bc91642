/** A client in a process of its own, told what to do by one JSON object a line: see `clients/control_channel.py` for the other end. */
import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import { basename } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import type { ClientVerbs } from './client-verbs.ts';

type Verb = keyof ClientVerbs;

interface PendingCall {
  readonly timer: NodeJS.Timeout;
  readonly resolve: (result: never) => void;
  readonly reject: (error: Error) => void;
}

interface Reply {
  readonly id: number;
  readonly result?: unknown;
  readonly error?: string;
}

/** Long because a busy machine reads the libraries of a media framework from a cold disk at its first call. */
const CALL_DEADLINE_MS = 60_000;
const STOP_DEADLINE_MS = 5_000;
const MAX_LOG_CHARACTERS = 4_000;

export class ClientProcess {
  /** Of the script, for messages. */
  readonly #name: string;
  readonly #child: ChildProcessByStdio<Writable, Readable, Readable>;
  readonly #pending = new Map<number, PendingCall>();
  #lastId = 0;
  #log = '';

  /** @param command program and its arguments */
  constructor(command: readonly [string, ...string[]]) {
    const [program, ...rest] = command;
    this.#name = basename(command.at(-1) ?? program);
    this.#child = spawn(program, rest, { stdio: ['pipe', 'pipe', 'pipe'] });
    this.#child.on('error', (error) => this.#failAll(`did not start: ${error.message}`));
    this.#child.on('close', (code, signal) => this.#failAll(`has ended (${signal ?? code})`));
    // A pipe that the other end has closed: `close` says so too.
    this.#child.stdin.on('error', () => undefined);
    this.#child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
      this.#log = (this.#log + chunk).slice(-MAX_LOG_CHARACTERS);
    });
    createInterface({ input: this.#child.stdout }).on('line', (line) => this.#settle(JSON.parse(line) as Reply));
  }

  /** @throws Error – the client says that it failed, takes too long or has ended; the message has what it wrote last */
  call<V extends Verb>(verb: V, input: ClientVerbs[V]['arguments']): Promise<ClientVerbs[V]['result']> {
    const id = ++this.#lastId;
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => this.#fail(id, `did not ${verb} within ${CALL_DEADLINE_MS} ms`), CALL_DEADLINE_MS);
      this.#pending.set(id, { timer, resolve, reject });
      if (this.#hasEnded()) this.#fail(id, `has ended and cannot ${verb}`);
      else this.#child.stdin.write(`${JSON.stringify({ id, verb, ...input })}\n`);
    });
  }

  /** Lets it leave, and waits for that. */
  async stop(): Promise<void> {
    if (this.#hasEnded()) return;
    const closed = once(this.#child, 'close');
    const timer = setTimeout(() => this.#child.kill('SIGKILL'), STOP_DEADLINE_MS);
    this.#child.stdin.end();
    await closed;
    clearTimeout(timer);
  }

  #hasEnded(): boolean {
    return this.#child.exitCode !== null || this.#child.signalCode !== null;
  }

  #settle({ id, result, error }: Reply): void {
    if (error === undefined) this.#take(id)?.resolve(result as never);
    else this.#fail(id, `says: ${error}`);
  }

  #failAll(why: string): void {
    for (const id of this.#pending.keys()) this.#fail(id, why);
  }

  #fail(id: number, why: string): void {
    this.#take(id)?.reject(new Error(`${this.#name} ${why}\n${this.#log}`));
  }

  #take(id: number): PendingCall | undefined {
    const call = this.#pending.get(id);
    clearTimeout(call?.timer);
    this.#pending.delete(id);
    return call;
  }
}
