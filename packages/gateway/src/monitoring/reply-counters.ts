import type { RequestHandler } from 'express';
import { requestContextOf } from '../http/request-context.ts';

export interface ReplyCount {
  /** HTTP status, or `aborted` when the client hung up before the reply was sent. */
  readonly status: string;
  /** A code of the API's closed list; empty for replies that are no error. */
  readonly errorCode: string;
  readonly count: number;
}

/** How many requests were answered, and how. */
export class ReplyCounters {
  readonly #counts = new Map<string, ReplyCount>();
  #underWay = 0;

  /** Requests whose reply is not sent yet. */
  get underWay(): number {
    return this.#underWay;
  }

  list(): readonly ReplyCount[] {
    return [...this.#counts.values()];
  }

  /** Counts every request that passes through it, when its reply is out. */
  middleware(): RequestHandler {
    return (_request, response, next) => {
      this.#underWay++;
      response.once('close', () => {
        this.#underWay--;
        const status = response.writableFinished ? String(response.statusCode) : 'aborted';
        this.#note(status, requestContextOf(response).errorCode ?? '');
      });
      next();
    };
  }

  #note(status: string, errorCode: string): void {
    const key = `${status} ${errorCode}`;
    this.#counts.set(key, { status, errorCode, count: (this.#counts.get(key)?.count ?? 0) + 1 });
  }
}
