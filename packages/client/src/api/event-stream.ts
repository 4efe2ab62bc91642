/** Server-sent events over `fetch`, which can send a credential in a header, as `EventSource` cannot. */
import type { ApiEvent, QualitySample } from '@causeway/protocol';
import { type Clock, systemClock } from '../clock.ts';
import type { ApiCall } from './api-call.ts';
import { errorFromReply, SfuApiError } from './sfu-api-error.ts';

/** The events to follow. */
export interface EventsRequest {
  /** Follows one session only. The iteration ends with the session. */
  readonly sessionId?: string;
  /** Follows only the sessions of one group, and events that concern all sessions. */
  readonly group?: string;
  /** The `id` of an event. The iteration continues after it, as far as the SFU still has the events (ten minutes). */
  readonly lastEventId?: string;
  /** Called with each new sample of a session's quality. Has no effect without `sessionId`. */
  readonly onQuality?: (sample: QualitySample) => void;
  /** Ends the iteration without an error. */
  readonly signal?: AbortSignal;
  /** Called when a stream is open. A list that is fetched afterwards and the events together miss nothing. */
  readonly onOpen?: () => void;
  /** Called when a stream has ended and another will be opened soon. The reason is passed if it is known. */
  readonly onLost?: (failure: unknown) => void;
}

interface Following extends EventsRequest {
  readonly path: string;
  readonly send: (call: ApiCall) => Promise<Response>;
  /** Tests pass a clock that they control. Default: the real one. */
  readonly clock?: Clock;
}

interface StreamMessage {
  /** What kind of message it is; undefined for an event. */
  readonly name: string | undefined;
  /** Position in the stream; undefined if the message has none. */
  readonly id: string | undefined;
  readonly data: string | undefined;
}

/** Browsers wait this long because the SFU tells them to. */
const RECONNECT_DELAY_MS = 2_000;

/**
 * Reads one stream after another until the signal or the end of the session ends the iteration.
 *
 * @throws SfuApiError – the SFU refuses the stream for good
 */
export async function* followEvents(request: Following): AsyncGenerator<ApiEvent, void, undefined> {
  const { signal, sessionId, clock = systemClock } = request;
  const aborted = abortOf(signal);
  let position = request.lastEventId;
  while (!isAborted(signal)) {
    try {
      for await (const { name, id, data } of openStream(request, position)) {
        position = id ?? position;
        if (data === undefined) continue;
        if (name !== undefined) {
          if (name === 'quality') request.onQuality?.(JSON.parse(data) as QualitySample);
          continue;
        }
        const event = JSON.parse(data) as ApiEvent;
        yield event;
        if (sessionId !== undefined && event.type === 'session.closed') return;
      }
      request.onLost?.(undefined);
    } catch (failure) {
      if (isAborted(signal)) return;
      if (failure instanceof SfuApiError && !failure.facts.isRetryable) throw failure;
      request.onLost?.(failure);
    }
    await Promise.race([clock.wait(RECONNECT_DELAY_MS), aborted]);
  }
}

async function* openStream({ send, path, signal, onOpen }: Following, position: string | undefined): AsyncGenerator<StreamMessage> {
  const headers = { Accept: 'text/event-stream', ...(position === undefined ? {} : { 'Last-Event-ID': position }) };
  // It never ends, and its first event may be minutes away.
  const response = await send({ method: 'GET', path, headers, signal, priority: 'low' });
  if (!response.ok || response.body === null) throw errorFromReply(response.status, await response.json().catch(() => undefined));
  onOpen?.();
  yield* readMessages(response.body);
}

/** @see https://html.spec.whatwg.org/multipage/server-sent-events.html#event-stream-interpretation */
async function* readMessages(body: ReadableStream<Uint8Array>): AsyncGenerator<StreamMessage> {
  const reader = body.pipeThrough(new TextDecoderStream() as ReadableWritablePair<string, Uint8Array>).getReader();
  try {
    let rest = '';
    let name: string | undefined;
    let id: string | undefined;
    let data: string | undefined;
    for (let next = await reader.read(); !next.done; next = await reader.read()) {
      const lines = (rest + next.value).split(/\r\n|\n/);
      rest = lines.pop() ?? '';
      for (const line of lines) {
        if (line.startsWith('event:')) name = line.slice('event:'.length).trimStart();
        if (line.startsWith('id:')) id = line.slice('id:'.length).trimStart();
        if (line.startsWith('data:')) data = line.slice('data:'.length).trimStart();
        if (line !== '') continue;
        yield { name, id, data };
        [name, id, data] = [undefined, undefined, undefined];
      }
    }
  } finally {
    // A caller that stops iterating closes the connection.
    await reader.cancel().catch(() => undefined);
  }
}

function isAborted(signal: AbortSignal | undefined): boolean {
  return signal?.aborted === true;
}

/** Never resolves without a signal. */
function abortOf(signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve) => signal?.addEventListener('abort', () => resolve(), { once: true }));
}
