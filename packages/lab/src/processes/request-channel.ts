/**
 * Requests and responses between two processes over Node's IPC channel. A contract is an interface whose methods
 * are the verbs. Both ends are from one source tree, so arguments and results are not validated.
 */
import { flushCompileCache } from 'node:module';
import { inspect } from 'node:util';

export type Contract<Verbs> = { readonly [Verb in keyof Verbs]: (argument: never) => unknown };

/** The common part of `ChildProcess` and `process`. */
export interface MessagePort {
  send?(message: unknown, onSent?: (error: Error | null) => void): boolean;
  on(event: 'message', listener: (message: unknown) => void): unknown;
}

interface Question {
  readonly lab: 'question';
  readonly id: number;
  readonly verb: string;
  readonly argument: unknown;
}

interface Answer {
  readonly lab: 'answer';
  readonly id: number;
  readonly result?: unknown;
  readonly error?: string;
}

interface Waiting {
  resolve(result: unknown): void;
  reject(error: Error): void;
}

/** The requesting end. */
export class Asker<Verbs extends Contract<Verbs>> {
  readonly #port: MessagePort;
  readonly #waiting = new Map<number, Waiting>();
  #nextId = 1;

  constructor(port: MessagePort) {
    this.#port = port;
    port.on('message', (message) => {
      if (isAnswer(message)) this.#settle(message);
    });
  }

  /** @throws Error – with the message of the error in the other process */
  ask<Verb extends keyof Verbs & string>(verb: Verb, ...[argument]: Parameters<Verbs[Verb]>): Promise<Awaited<ReturnType<Verbs[Verb]>>> {
    const id = this.#nextId++;
    const asked = new Promise<unknown>((resolve, reject) => this.#waiting.set(id, { resolve, reject }));
    // Without a callback, the error of a closed channel is uncaught, and hides the last output of the other process.
    this.#port.send?.({ lab: 'question', id, verb, argument } satisfies Question, (error) => {
      if (error !== null) this.#settle({ lab: 'answer', id, error: `The other process is gone: ${error.message}` });
    });
    return asked as Promise<Awaited<ReturnType<Verbs[Verb]>>>;
  }

  /** Fails all pending requests, because the other process has ended. */
  fail(error: Error): void {
    for (const waiting of this.#waiting.values()) waiting.reject(error);
    this.#waiting.clear();
  }

  #settle(answer: Answer): void {
    const waiting = this.#waiting.get(answer.id);
    if (waiting === undefined) return;
    this.#waiting.delete(answer.id);
    if (answer.error === undefined) waiting.resolve(answer.result);
    else waiting.reject(new Error(answer.error));
  }
}

type Verb = (argument: unknown) => unknown;

const desks = new WeakMap<MessagePort, AnswerDesk>();

/** Answers the verbs of one contract. A process may answer several contracts on one port, and may add them at any time. */
export function answerQuestions<Verbs extends Contract<Verbs>>(port: MessagePort, verbs: Verbs): void {
  const desk = desks.get(port) ?? new AnswerDesk(port);
  desks.set(port, desk);
  desk.add(Object.entries(verbs) as [string, Verb][]);
  // Node writes compiled code at an orderly exit, but these processes are often killed.
  flushCompileCache();
}

/**
 * Answers all requests of one port. It keeps requests for verbs that are not registered yet, because a program may register its verbs
 * later than a module loaded before it, and Node delivers messages as soon as there is a listener.
 */
class AnswerDesk {
  readonly #port: MessagePort;
  readonly #verbs = new Map<string, Verb>();
  readonly #unanswered: Question[] = [];

  constructor(port: MessagePort) {
    this.#port = port;
    port.on('message', (message) => {
      if (isQuestion(message)) this.#take(message);
    });
  }

  add(verbs: readonly [string, Verb][]): void {
    for (const [name, verb] of verbs) this.#verbs.set(name, verb);
    for (const question of this.#unanswered.splice(0)) this.#take(question);
  }

  #take(question: Question): void {
    const verb = this.#verbs.get(question.verb);
    if (verb === undefined) this.#unanswered.push(question);
    else void this.#answer(question, verb);
  }

  async #answer({ id, argument }: Question, verb: Verb): Promise<void> {
    try {
      this.#reply({ lab: 'answer', id, result: await verb(argument) });
    } catch (error) {
      this.#reply({ lab: 'answer', id, error: inspect(error) });
    }
  }

  #reply(answer: Answer): void {
    this.#port.send?.(answer);
  }
}

function isQuestion(message: unknown): message is Question {
  return typeof message === 'object' && message !== null && 'lab' in message && message.lab === 'question';
}

function isAnswer(message: unknown): message is Answer {
  return typeof message === 'object' && message !== null && 'lab' in message && message.lab === 'answer';
}
