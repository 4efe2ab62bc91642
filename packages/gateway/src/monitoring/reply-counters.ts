import type { RequestHandler } from 'express';
import { requestContextOf } from '../http/request-context.ts';

export interface ReplyCount {
  /** HTTP status, or `aborted` if the client disconnected before the reply was sent. */
  readonly status: string;
  /** An error code of the API; empty for replies that are not errors. */
  readonly errorCode: string;
  readonly count: number;
}

/** Counts the replies to requests, by status and error code. */
export class ReplyCounters {
  readonly #counts = new Map<string, ReplyCount>();
  #underWay = 0;

  /** The number of requests whose reply has not been sent. */
  get underWay(): number {
    return this.#underWay;
  }

  list(): readonly ReplyCount[] {
    return [...this.#counts.values()];
  }

  /** Counts every request that passes through it, once its reply has been sent. */
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
