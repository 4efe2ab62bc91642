/** The HTTP API of one app of a Causeway node, one method per endpoint. Knows HTTP and JSON, nothing of WebRTC. */
import type {
  CloseTracksReply,
  CreateSessionReply,
  DeleteSessionReply,
  ListDataChannelsReply,
  PublishReply,
  RenegotiateReply,
  SessionSummary,
  SubscribeReply,
  TrackSummary,
  UnsubscribeReply,
  UpdateTracksReply,
} from '@causeway/protocol';
import { errorFromReply, SfuApiError } from './sfu-api-error.ts';

export interface Description {
  readonly type: 'offer' | 'answer';
  readonly sdp: string;
}

export interface RemoteTrackRef {
  readonly remoteSessionId: string;
  readonly remoteTrackId: string;
}

export interface PublishItem {
  readonly trackId: string;
  readonly mid: string;
  readonly customTrackName?: string;
}

/** All methods reject with `SfuApiError`, or with an `AbortError` if their signal says so. */
export interface SfuApi {
  listSessions(signal?: AbortSignal): Promise<readonly SessionSummary[]>;
  listTracks(sessionId: string, signal?: AbortSignal): Promise<readonly TrackSummary[]>;
  listDataChannels(sessionId: string, signal?: AbortSignal): Promise<ListDataChannelsReply>;
  createSession(body: { sessionDescription: Description; metadata?: string }): Promise<CreateSessionReply>;
  publish(sessionId: string, body: { tracks: readonly PublishItem[]; sessionDescription: Description }): Promise<PublishReply>;
  closeTracks(
    sessionId: string,
    body: { tracks: readonly { trackId: string }[]; sessionDescription?: Description },
  ): Promise<CloseTracksReply>;
  subscribe(sessionId: string, body: { tracks: readonly RemoteTrackRef[] }): Promise<SubscribeReply>;
  unsubscribe(sessionId: string, body: { tracks: readonly { mid: string }[] }): Promise<UnsubscribeReply>;
  updateTracks(sessionId: string, body: { tracks: readonly { mid: string; quality?: string }[] }): Promise<UpdateTracksReply>;
  renegotiate(sessionId: string, body: { sessionDescription: Description }): Promise<RenegotiateReply>;
  deleteSession(sessionId: string): Promise<DeleteSessionReply>;
}

export interface SfuApiOptions {
  /** Where the node is, with a trailing slash: `api/sfu/…` is resolved against it. */
  readonly baseUrl: string;
  readonly appId: string;
  readonly secret: string;
  readonly fetch: typeof fetch;
  /** A new value for each mutating call; the SFU answers a repeated call with the first reply. */
  readonly createIdempotencyKey: () => string;
}

/** How often a call that got no reply at all is sent again. The idempotency key makes that safe. */
const MAX_RESENDS = 2;
/** Sessions listed at most. */
export const SESSIONS_PER_PAGE = 200;

export function createSfuApi(options: SfuApiOptions): SfuApi {
  const session = (sessionId: string) => `session/${encodeURIComponent(sessionId)}`;
  const call = <Reply>(method: string, path: string, body?: object) => callSfu<Reply>(options, { method, path, body });
  const list = <Reply>(path: string, signal?: AbortSignal) => callSfu<Reply>(options, { method: 'GET', path, signal });

  return {
    listSessions: (signal) => list(`sessions?limit=${SESSIONS_PER_PAGE}`, signal),
    listTracks: (id, signal) => list(`${session(id)}/tracks`, signal),
    listDataChannels: (id, signal) => list(`${session(id)}/datachannels`, signal),
    createSession: (body) => call('POST', 'session/new', body),
    publish: (id, body) => call('POST', `${session(id)}/track/publish`, body),
    closeTracks: (id, body) => call('POST', `${session(id)}/track/close`, body),
    subscribe: (id, body) => call('POST', `${session(id)}/track/subscribe`, body),
    unsubscribe: (id, body) => call('POST', `${session(id)}/track/unsubscribe`, body),
    updateTracks: (id, body) => call('PUT', `${session(id)}/track/update`, body),
    renegotiate: (id, body) => call('PUT', `${session(id)}/renegotiate`, body),
    deleteSession: (id) => call('DELETE', session(id)),
  };
}

interface Call {
  readonly method: string;
  readonly path: string;
  readonly body?: object | undefined;
  readonly signal?: AbortSignal | undefined;
}

async function callSfu<Reply>(options: SfuApiOptions, call: Call): Promise<Reply> {
  const url = new URL(`api/sfu/${encodeURIComponent(options.appId)}/${call.path}`, options.baseUrl);
  const response = await send(options, url, requestOf(options, call));
  const body: unknown = await response.json().catch(() => undefined);
  if (!response.ok) throw errorFromReply(response.status, body);
  if (typeof body !== 'object' || body === null) throw errorFromReply(response.status, undefined);
  return body as Reply;
}

function requestOf({ secret, createIdempotencyKey }: SfuApiOptions, { method, body, signal }: Call): RequestInit {
  const headers: Record<string, string> = { Authorization: `Bearer ${secret}`, 'Content-Type': 'application/json' };
  if (method !== 'GET') headers['Idempotency-Key'] = createIdempotencyKey();
  return {
    method,
    headers,
    cache: 'no-store',
    // Leaving is often the last thing a page does: the request must outlive it.
    keepalive: method === 'DELETE',
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    ...(signal === undefined ? {} : { signal }),
  };
}

async function send({ fetch }: SfuApiOptions, url: URL, request: RequestInit): Promise<Response> {
  for (let resends = 0; ; resends++) {
    try {
      return await fetch(url, request);
    } catch (cause) {
      if (isAbort(cause)) throw cause;
      if (request.method === 'GET' || resends === MAX_RESENDS) throw networkFailure(url, cause);
    }
  }
}

function isAbort(cause: unknown): boolean {
  return typeof cause === 'object' && cause !== null && 'name' in cause && cause.name === 'AbortError';
}

function networkFailure(url: URL, cause: unknown): SfuApiError {
  return new SfuApiError({ code: 'network_failure', description: `${url.host} did not answer`, httpStatus: 0, isRetryable: true }, cause);
}
