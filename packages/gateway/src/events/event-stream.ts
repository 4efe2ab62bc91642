import type { ServerResponse } from 'node:http';
import { formatPositions } from './event-position.ts';

const HEARTBEAT_INTERVAL_MS = 15_000;
/** How much unread data a client may accumulate here; beyond that it is disconnected, and may reconnect with its position. */
const MAX_UNREAD_BYTES = 256 * 1024;
/** How long a browser waits before it comes back. */
const RETRY_MS = 2_000;

/** Whom an event concerns. */
export interface EventSubject {
  /** Undefined for what concerns all sessions. */
  readonly sessionId: string | undefined;
  /** The group of that session; undefined for none. */
  readonly group: string | undefined;
}

export type MayHear = (subject: EventSubject) => boolean;

/**
 * Server-sent events to one client. Messages have no `event:` field, so that `onmessage` of an `EventSource` gets all of them; the type
 * is in the data.
 *
 * @see https://html.spec.whatwg.org/multipage/server-sent-events.html
 */
export class EventStream {
  readonly #response: ServerResponse;
  readonly #positions: Map<number, number>;
  readonly #mayHear: MayHear | undefined;
  readonly #heartbeat: NodeJS.Timeout;

  /**
   * @param positions where the client stands, by node number
   * @param mayHear default: it may hear everything
   */
  constructor(response: ServerResponse, positions: ReadonlyMap<number, number>, mayHear?: MayHear) {
    this.#response = response;
    this.#positions = new Map(positions);
    this.#mayHear = mayHear;
    this.#heartbeat = setInterval(() => this.#write(': still here\n\n'), HEARTBEAT_INTERVAL_MS);
    response.once('close', () => clearInterval(this.#heartbeat));
    response.writeHead(200, {
      'Content-Type': 'text/event-stream; charset=utf-8',
      'Cache-Control': 'no-store',
      'X-Content-Type-Options': 'nosniff',
      // nginx would keep messages back until it has a buffer full of them.
      'X-Accel-Buffering': 'no',
    });
    // An id without data is remembered by the client, and no message: it may come back though nothing has happened.
    this.#write(`retry: ${RETRY_MS}\n${this.#idLine()}\n`);
  }

  /** Where the client stands with the events of a node; undefined if it has not heard of that node. */
  positionOf(nodeNo: number): number | undefined {
    return this.#positions.get(nodeNo);
  }

  /** @param json without line breaks; what the client may not hear only moves its position */
  send(nodeNo: number, serial: number, json: string): void {
    if (this.isGone) return;
    if (this.#mayHear?.(subjectOf(json)) === false) {
      this.advance(nodeNo, serial);
      return;
    }
    this.#positions.set(nodeNo, serial);
    this.#write(`${this.#idLine()}data: ${json}\n\n`);
  }

  /** Notes where the client stands with a node that it has heard nothing of yet. */
  advance(nodeNo: number, serial: number): void {
    if (this.isGone) return;
    this.#positions.set(nodeNo, serial);
    this.#write(`${this.#idLine()}\n`);
  }

  /** Nothing reaches the client any more. */
  get isGone(): boolean {
    return this.#response.writableEnded || this.#response.destroyed;
  }

  /** Whether the client has read nearly all, or is gone. */
  get hasRoom(): boolean {
    return !this.#response.writableNeedDrain;
  }

  /** Resolves when there is room. */
  async drained(): Promise<void> {
    if (this.hasRoom) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    for (const event of ['drain', 'close']) this.#response.once(event, resolve);
    await promise;
    for (const event of ['drain', 'close']) this.#response.off(event, resolve);
  }

  onClose(listener: () => void): void {
    this.#response.once('close', listener);
  }

  end(): void {
    this.#response.end();
  }

  #idLine(): string {
    return this.#positions.size === 0 ? '' : `id: ${formatPositions(this.#positions)}\n`;
  }

  #write(text: string): void {
    if (this.isGone) return;
    if (this.#response.writableLength > MAX_UNREAD_BYTES) this.#response.destroy();
    else this.#response.write(text);
  }
}

/** The event comes as text, from whichever node. */
function subjectOf(json: string): EventSubject {
  const { sessionId, group } = JSON.parse(json) as { readonly sessionId?: unknown; readonly group?: unknown };
  return { sessionId: typeof sessionId === 'string' ? sessionId : undefined, group: typeof group === 'string' ? group : undefined };
}
