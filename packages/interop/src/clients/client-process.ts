/** A client in its own process, which receives commands as one JSON object a line; `clients/control_channel.py` is the other end. */
import { basename } from 'node:path';
import { Child } from '@causeway/lab';
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
  readonly #child: Child;
  readonly #pending = new Map<number, PendingCall>();
  #lastId = 0;

  /** @param command program and its arguments */
  constructor(command: readonly [string, ...string[]]) {
    this.#child = new Child({
      name: basename(command.at(-1) ?? command[0]),
      command,
      environment: process.env,
      folder: process.cwd(),
      hasInput: true,
      onLine: (line, stream) => stream === 'stdout' && this.#settle(JSON.parse(line) as Reply),
    });
    this.#child.process.on('error', (error) => this.#failAll(`did not start: ${error.message}`));
    void this.#child.ended.then(() => this.#failAll(`has ended (${this.#child.ending})`));
    // The other end has closed the pipe. The exit of the process reports that as well.
    this.#child.process.stdin?.on('error', () => undefined);
  }

  /** @throws Error – the client reports a failure, takes too long or has ended; the message contains its last output */
  call<V extends Verb>(verb: V, input: ClientVerbs[V]['arguments']): Promise<ClientVerbs[V]['result']> {
    const id = ++this.#lastId;
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => this.#fail(id, `did not ${verb} within ${CALL_DEADLINE_MS} ms`), CALL_DEADLINE_MS);
      this.#pending.set(id, { timer, resolve, reject });
      if (this.#child.hasEnded) this.#fail(id, `has ended and cannot ${verb}`);
      else this.#child.process.stdin?.write(`${JSON.stringify({ id, verb, ...input })}\n`);
    });
  }

  /** Asks it to leave, and waits until it has. */
  async stop(): Promise<void> {
    const timer = setTimeout(() => void this.#child.kill(), STOP_DEADLINE_MS);
    this.#child.process.stdin?.end();
    await this.#child.ended;
    clearTimeout(timer);
  }

  #settle({ id, result, error }: Reply): void {
    if (error === undefined) this.#take(id)?.resolve(result as never);
    else this.#fail(id, `says: ${error}`);
  }

  #failAll(why: string): void {
    for (const id of this.#pending.keys()) this.#fail(id, why);
  }

  #fail(id: number, why: string): void {
    this.#take(id)?.reject(new Error(`${this.#child.name} ${why}\n${this.#child.log.slice(-MAX_LOG_CHARACTERS)}`));
  }

  #take(id: number): PendingCall | undefined {
    const call = this.#pending.get(id);
    clearTimeout(call?.timer);
    this.#pending.delete(id);
    return call;
  }
}
