import { type ApiErrorCode, type EventsRequest, type SfuApi, SfuApiError } from '@causeway/client';

export const SESSION_ID = 'session-101-fc756623-3be4-4c40-b651-20e22095ee07';

type ApiEvent = ReturnType<SfuApi['events']> extends AsyncIterable<infer Event> ? Event : never;

export interface ApiCall {
  readonly method: keyof SfuApi;
  readonly args: readonly unknown[];
}

/** An SFU that accepts and records every call, and whose next replies a test can set. */
export interface FakeSfuApi extends SfuApi {
  readonly calls: ApiCall[];
  /** Queues a reply for the next call of this method. */
  next(method: keyof SfuApi, reply: unknown): void;
  /** Sends an event on every open stream. */
  tell(event: { readonly type: string; readonly sessionId?: string }): void;
}

interface Body {
  readonly tracks?: readonly object[];
  readonly dataChannels?: readonly object[];
  readonly sessionDescription?: { readonly type: string };
}

const ANSWER = { type: 'answer', sdp: 'a=candidate:1 1 udp 2130706431 127.0.0.1 8081 typ host\r\n' };

const DEFAULTS: Readonly<Partial<Record<keyof SfuApi, (...args: readonly unknown[]) => unknown>>> = {
  listSessions: () => [],
  listTracks: () => [],
  listDataChannels: () => ({ sessionId: SESSION_ID, published: [], subscribed: [] }),
  createSession: () => ({ sessionId: SESSION_ID, sessionDescription: ANSWER }),
  publish: (_id, body) => ({ sessionId: SESSION_ID, sessionDescription: ANSWER, tracks: (body as Body).tracks }),
  closeTracks: () => ({ sessionId: SESSION_ID, success: true, sessionDescription: ANSWER, tracks: [] }),
  subscribe: (_id, body) => ({ sessionId: SESSION_ID, immediateRenegotiationRequired: false, tracks: (body as Body).tracks }),
  unsubscribe: () => ({ sessionId: SESSION_ID, success: true, tracks: [] }),
  updateTracks: () => ({ sessionId: SESSION_ID, immediateRenegotiationRequired: false, tracks: [] }),
  renegotiate: (_id, body) => ({
    sessionId: SESSION_ID,
    success: true,
    ...((body as Body).sessionDescription?.type === 'offer' ? { sessionDescription: ANSWER } : {}),
  }),
  deleteSession: () => ({ sessionId: SESSION_ID, success: true }),
  publishDataChannels: (_id, body) => ({
    sessionId: SESSION_ID,
    immediateRenegotiationRequired: false,
    ...((body as Body).sessionDescription?.type === 'offer' ? { sessionDescription: ANSWER } : {}),
    dataChannels: (body as Body).dataChannels,
  }),
  subscribeDataChannels: (_id, body) => ({
    sessionId: SESSION_ID,
    immediateRenegotiationRequired: false,
    dataChannels: (body as Body).dataChannels?.map((item, index) => ({ ...item, id: index + 1 })),
  }),
};

export function createFakeSfuApi(): FakeSfuApi {
  const calls: ApiCall[] = [];
  const scripted = new Map<keyof SfuApi, unknown[]>();
  const streams = new Set<(event: ApiEvent) => void>();
  const answer = async (method: keyof SfuApi, args: readonly unknown[]) => {
    calls.push({ method, args });
    const next = scripted.get(method)?.shift();
    if (next instanceof Error) throw next;
    return next ?? DEFAULTS[method]?.(...args);
  };
  const methods = Object.keys(DEFAULTS).map((method) => [method, (...args: unknown[]) => answer(method as keyof SfuApi, args)]);
  return {
    ...(Object.fromEntries(methods) as unknown as SfuApi),
    calls,
    async *events(request: EventsRequest = {}) {
      await answer('events', [request]);
      yield* openStream(streams, request);
    },
    tell(event) {
      for (const send of streams) send(event as unknown as ApiEvent);
    },
    next(method, reply) {
      scripted.set(method, [...(scripted.get(method) ?? []), reply]);
    },
  };
}

export function refusal(code: ApiErrorCode, facts: Partial<SfuApiError['facts']> = {}): SfuApiError {
  return new SfuApiError({ code, description: `refused with ${code}`, httpStatus: 409, isRetryable: false, ...facts });
}

/** Yields events until the request is aborted. */
async function* openStream(
  streams: Set<(event: ApiEvent) => void>,
  { signal, onOpen }: EventsRequest,
): AsyncGenerator<ApiEvent, void, undefined> {
  const waiting: ApiEvent[] = [];
  let wake: () => void = () => undefined;
  const send = (event: ApiEvent) => {
    waiting.push(event);
    wake();
  };
  signal?.addEventListener('abort', () => wake(), { once: true });
  streams.add(send);
  onOpen?.();
  while (signal?.aborted !== true) {
    const next = waiting.shift();
    if (next !== undefined) yield next;
    else await new Promise<void>((resolve) => (wake = resolve));
  }
  streams.delete(send);
}
