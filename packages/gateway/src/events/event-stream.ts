import type { ServerResponse } from 'node:http';

const HEARTBEAT_INTERVAL_MS = 15_000;
/** How much unread data a client may accumulate here. Beyond that it is disconnected, and may reconnect with its position. */
const MAX_UNREAD_BYTES = 256 * 1024;
/** How long a browser waits before it reconnects. */
const RETRY_MS = 2_000;

/** The session and group that an event concerns. */
export interface EventSubject {
  /** Undefined for an event that concerns all sessions. */
  readonly sessionId: string | undefined;
  /** The group of that session; undefined if it has none. */
  readonly group: string | undefined;
}

export type MayHear = (subject: EventSubject) => boolean;

/** A reader that receives events in order. */
export interface EventSink {
  /** @param json an object without `id`, in one line */
  send(id: string, json: string): void;
  /** Records the reader's position without sending an event. */
  advance(id: string): void;
  /** Whether the reader is disconnected. */
  readonly isGone: boolean;
  /** Whether the reader has read nearly everything, or is gone. */
  readonly hasRoom: boolean;
  /** Resolves once there is room. */
  drained(): Promise<void>;
}

/**
 * Server-sent events to one client. Messages have no `event:` field, so that `onmessage` of an `EventSource` receives
 * all of them; the type is in the data.
 *
 * @see https://html.spec.whatwg.org/multipage/server-sent-events.html
 */
export class EventStream implements EventSink {
  readonly #response: ServerResponse;
  readonly #mayHear: MayHear | undefined;
  readonly #heartbeat: NodeJS.Timeout;

  /** @param mayHear default: it may receive all events */
  constructor(response: ServerResponse, mayHear?: MayHear) {
    this.#response = response;
    this.#mayHear = mayHear;
    this.#heartbeat = setInterval(() => this.#write(': still here\n\n'), HEARTBEAT_INTERVAL_MS);
    response.once('close', () => clearInterval(this.#heartbeat));
    response.writeHead(200, {
      'Content-Type': 'text/event-stream; charset=utf-8',
      'Cache-Control': 'no-store',
      'X-Content-Type-Options': 'nosniff',
      // nginx would otherwise hold messages back until a buffer is full.
      'X-Accel-Buffering': 'no',
    });
    this.#write(`retry: ${RETRY_MS}\n`);
  }

  /** An event that the client may not receive only moves its position. */
  send(id: string, json: string): void {
    if (this.#mayHear?.(subjectOf(json)) === false) this.advance(id);
    else this.#write(`id: ${id}\ndata: {"id":"${id}",${json.slice(1)}\n\n`);
  }

  /** Sends a message that is no event: it has a name, by which an `EventSource` tells it from events, and no id, so it is never repeated. */
  tell(name: string, json: string): void {
    this.#write(`event: ${name}\ndata: ${json}\n\n`);
  }

  /** The client remembers an id without data, and receives no message, so it can reconnect from there even if nothing has happened. */
  advance(id: string): void {
    this.#write(`id: ${id}\n\n`);
  }

  get isGone(): boolean {
    return this.#response.writableEnded || this.#response.destroyed;
  }

  get hasRoom(): boolean {
    return !this.#response.writableNeedDrain;
  }

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

  #write(text: string): void {
    if (this.isGone) return;
    if (this.#response.writableLength > MAX_UNREAD_BYTES) this.#response.destroy();
    else this.#response.write(text);
  }
}

/** Reads the subject from the event, which is text from any node. */
function subjectOf(json: string): EventSubject {
  const { sessionId, group } = JSON.parse(json) as { readonly sessionId?: unknown; readonly group?: unknown };
  return { sessionId: typeof sessionId === 'string' ? sessionId : undefined, group: typeof group === 'string' ? group : undefined };
}
