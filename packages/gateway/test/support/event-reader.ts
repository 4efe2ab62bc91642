import { once } from 'node:events';
import { get, type IncomingMessage } from 'node:http';
import { ApiEvent } from '@causeway/protocol';
import { APP_ID, AUTHORIZATION } from './test-server.ts';

/** A client of an event stream, as an EventSource is one. */
export interface EventReader {
  readonly status: number;
  readonly headers: IncomingMessage['headers'];
  /** What an EventSource would send when it comes back. */
  readonly lastEventId: string;
  /** Messages that are no events, as `name data`. */
  readonly named: readonly string[];
  /** The next so many events, once they are there. */
  next(count: number): Promise<readonly ApiEvent[]>;
  /** Resolves when the server has ended the stream, with all that is left of its text. */
  ended(): Promise<string>;
  close(): void;
}

/** Connects; `path` is below the app's base path. Resolves when the head of the reply is there. */
export async function readEvents(baseUrl: string, path: string, headers: Record<string, string> = {}): Promise<EventReader> {
  const request = get(`${baseUrl}/api/sfu/${APP_ID}${path}`, { headers: { Authorization: AUTHORIZATION, ...headers }, agent: false });
  const [response] = (await once(request, 'response')) as [IncomingMessage];
  // The caller that closes it knows.
  response.on('error', () => undefined);
  response.setEncoding('utf8');
  let text = '';
  let lastEventId = '';
  const events: ApiEvent[] = [];
  const named: string[] = [];
  response.on('data', (chunk: string) => {
    text += chunk;
    const messages = text.split('\n\n');
    text = messages.pop() ?? '';
    for (const message of messages) {
      lastEventId = /^id: (.*)$/m.exec(message)?.[1] ?? lastEventId;
      const data = /^data: (.*)$/m.exec(message)?.[1];
      const name = /^event: (.*)$/m.exec(message)?.[1];
      if (name !== undefined) named.push(`${name} ${data}`);
      else if (data !== undefined) events.push(ApiEvent.parse(JSON.parse(data)));
    }
    response.emit('progress');
  });
  // The first message says where the client stands.
  while (response.statusCode === 200 && lastEventId === '' && !response.complete) await once(response, 'progress');
  return {
    status: response.statusCode ?? 0,
    headers: response.headers,
    get lastEventId() {
      return lastEventId;
    },
    named,
    async next(count) {
      while (events.length < count) await once(response, 'progress');
      return events.splice(0, count);
    },
    async ended() {
      if (!response.closed) await new Promise((resolve) => response.once('close', resolve));
      return text;
    },
    close: () => request.destroy(),
  };
}
