/** The HTTP API of one app, with one method for each endpoint. This file knows HTTP and JSON, but not WebRTC. */
import type {
  ApiEvent,
  CloseDataChannelsReply,
  CloseDataChannelsRequest,
  CloseTracksReply,
  CloseTracksRequest,
  CreateSessionReply,
  CreateSessionRequest,
  DataChannelPathReply,
  DeleteSessionReply,
  DiagnoseReply,
  ListDataChannelsReply,
  MintTokenReply,
  MintTokenRequest,
  PatchSessionReply,
  PatchSessionRequest,
  PatchTrackReply,
  PatchTrackRequest,
  PublishDataChannelsReply,
  PublishDataChannelsRequest,
  PublishReply,
  PublishRequest,
  RenegotiateReply,
  RenegotiateRequest,
  RevokeTokensReply,
  RevokeTokensRequest,
  SessionDetails,
  SessionQualityReply,
  SessionSummary,
  SubscribeDataChannelsReply,
  SubscribeDataChannelsRequest,
  SubscribeItem,
  SubscribeReply,
  SubscribeRequest,
  TrackPathReply,
  TrackSummary,
  UnsubscribeReply,
  UnsubscribeRequest,
  UpdateDataChannelsReply,
  UpdateDataChannelsRequest,
  UpdateTracksReply,
  UpdateTracksRequest,
} from '@causeway/protocol';
import { type ApiCall, type ApiReply, createSender, readReply, readSuccess, type SfuApiOptions } from './api-call.ts';
import { type EventsRequest, followEvents } from './event-stream.ts';

/** A body of the API as a caller writes it, in which ids and names are plain strings. */
export type Plain<Value> = Value extends string
  ? Value extends object
    ? string
    : Value
  : Value extends readonly (infer Item)[]
    ? readonly Plain<Item>[]
    : Value extends object
      ? { readonly [Key in keyof Value]: Plain<Value[Key]> }
      : Value;

/** A published track of any session of the app, by its id or by the name that its publisher gave it, with the wanted layers. */
export type RemoteTrack = Plain<SubscribeItem>;

/** The SFU's own link to the next page (RFC 8288). */
const NEXT_CURSOR = /[?&]cursor=([^&>]+)[^>]*>; rel="next"/;

/** A page of a long list. */
export interface SessionPage {
  readonly sessions: readonly SessionSummary[];
  readonly nextCursor?: string;
}

/** Which sessions to list. */
export interface SessionsQuery {
  /** The maximum number of sessions, up to 1,000. Default: all. */
  readonly limit?: number;
  /** The `nextCursor` of the previous page. */
  readonly cursor?: string;
  readonly group?: string;
  readonly metadataPrefix?: string;
}

/**
 * The calls of docs/api.md, which describes their bodies and replies under the same names.
 *
 * All methods reject with `SfuApiError`, or with the reason of an aborted signal. A batch call succeeds if one of its items does;
 * `errorFromItem` turns the other items into errors.
 */
export interface SfuApi {
  createSession(body: Plain<CreateSessionRequest>): Promise<CreateSessionReply>;
  listSessions(query?: SessionsQuery, signal?: AbortSignal): Promise<readonly SessionSummary[]>;
  /** Returns one page. `nextCursor` is the `cursor` of the next page, and is missing on the last. */
  listSessionPage(query: SessionsQuery, signal?: AbortSignal): Promise<SessionPage>;
  describeSession(sessionId: string, signal?: AbortSignal): Promise<SessionDetails>;
  patchSession(sessionId: string, body: Plain<PatchSessionRequest>): Promise<PatchSessionReply>;
  /** Ends a session. May be called while the page goes away. */
  deleteSession(sessionId: string): Promise<DeleteSessionReply>;
  diagnoseSession(sessionId: string, signal?: AbortSignal): Promise<DiagnoseReply>;
  /** Returns how the last five minutes of a session went; `events` has further samples (`onQuality`). */
  readQuality(sessionId: string, signal?: AbortSignal): Promise<SessionQualityReply>;

  listTracks(sessionId: string, signal?: AbortSignal): Promise<readonly TrackSummary[]>;
  publish(sessionId: string, body: Plain<PublishRequest>): Promise<PublishReply>;
  patchTrack(sessionId: string, trackId: string, body: Plain<PatchTrackRequest>): Promise<PatchTrackReply>;
  closeTracks(sessionId: string, body: Plain<CloseTracksRequest>): Promise<CloseTracksReply>;
  /** Returns the nodes that a track passes through on its way to its subscribers. */
  describeTrackPath(sessionId: string, trackId: string, signal?: AbortSignal): Promise<TrackPathReply>;
  subscribe(sessionId: string, body: Plain<SubscribeRequest>): Promise<SubscribeReply>;
  unsubscribe(sessionId: string, body: Plain<UnsubscribeRequest>): Promise<UnsubscribeReply>;
  updateTracks(sessionId: string, body: Plain<UpdateTracksRequest>): Promise<UpdateTracksReply>;
  renegotiate(sessionId: string, body: Plain<RenegotiateRequest>): Promise<RenegotiateReply>;

  listDataChannels(sessionId: string, signal?: AbortSignal): Promise<ListDataChannelsReply>;
  publishDataChannels(sessionId: string, body: Plain<PublishDataChannelsRequest>): Promise<PublishDataChannelsReply>;
  subscribeDataChannels(sessionId: string, body: Plain<SubscribeDataChannelsRequest>): Promise<SubscribeDataChannelsReply>;
  updateDataChannels(sessionId: string, body: Plain<UpdateDataChannelsRequest>): Promise<UpdateDataChannelsReply>;
  closeDataChannels(sessionId: string, body: Plain<CloseDataChannelsRequest>): Promise<CloseDataChannelsReply>;
  /** Returns the nodes that a data channel passes through on its way to its subscribers. */
  describeDataChannelPath(sessionId: string, name: string, signal?: AbortSignal): Promise<DataChannelPathReply>;

  /** Makes an access token. The call needs the secret, so a server makes it. */
  mintToken(body: Plain<MintTokenRequest>): Promise<MintTokenReply>;
  /** Revokes one token, or all tokens of one subject. The call needs the secret as well. */
  revokeTokens(body: Plain<RevokeTokensRequest>): Promise<RevokeTokensReply>;

  /**
   * Follows the events of the app or of one session, from now on or since `lastEventId`. A stream that breaks is opened again and continues
   * where it ended. The iteration ends with the session, or when the signal is aborted.
   */
  events(request?: EventsRequest): AsyncGenerator<ApiEvent, void, undefined>;

  /** Makes any other call. @throws SfuApiError – also when the call is refused */
  call<Reply>(call: ApiCall): Promise<Reply>;
  /** Makes any call, and returns its reply even if the call is refused. @throws SfuApiError – `network_failure` only */
  send(call: ApiCall): Promise<ApiReply>;
}

/** Creates a client of one app's API, which works in a browser and on Node. No call is made yet. */
export function createSfuApi(options: SfuApiOptions): SfuApi {
  const send = createSender(options);
  const call = async <Reply>(request: ApiCall) => readSuccess<Reply>(await send(request));
  const read = <Reply>(path: string, signal?: AbortSignal) => call<Reply>({ method: 'GET', path, signal });
  const post = <Reply>(path: string, body: unknown) => call<Reply>({ method: 'POST', path, body });
  const put = <Reply>(path: string, body: unknown) => call<Reply>({ method: 'PUT', path, body });
  const patch = <Reply>(path: string, body: unknown) => call<Reply>({ method: 'PATCH', path, body });

  return {
    createSession: (body) => post('/session/new', body),
    listSessions: (query, signal) => read(`/sessions${queryText({ ...query })}`, signal),
    async listSessionPage(query, signal) {
      const response = await send({ method: 'GET', path: `/sessions${queryText({ ...query })}`, signal });
      const [, nextCursor] = NEXT_CURSOR.exec(response.headers.get('Link') ?? '') ?? [];
      const sessions = await readSuccess<readonly SessionSummary[]>(response);
      return { sessions, ...(nextCursor === undefined ? {} : { nextCursor: decodeURIComponent(nextCursor) }) };
    },
    describeSession: (id, signal) => read(sessionPath(id), signal),
    patchSession: (id, body) => patch(sessionPath(id), body),
    deleteSession: (id) => call({ method: 'DELETE', path: sessionPath(id) }),
    diagnoseSession: (id, signal) => read(`${sessionPath(id)}/diagnose`, signal),
    readQuality: (id, signal) => read(`${sessionPath(id)}/quality`, signal),

    listTracks: (id, signal) => read(`${sessionPath(id)}/tracks`, signal),
    publish: (id, body) => post(`${sessionPath(id)}/track/publish`, body),
    patchTrack: (id, trackId, body) => patch(`${sessionPath(id)}/track/${encodeURIComponent(trackId)}`, body),
    closeTracks: (id, body) => post(`${sessionPath(id)}/track/close`, body),
    describeTrackPath: (id, trackId, signal) => read(`${sessionPath(id)}/track/${encodeURIComponent(trackId)}/path`, signal),
    subscribe: (id, body) => post(`${sessionPath(id)}/track/subscribe`, body),
    unsubscribe: (id, body) => post(`${sessionPath(id)}/track/unsubscribe`, body),
    updateTracks: (id, body) => put(`${sessionPath(id)}/track/update`, body),
    renegotiate: (id, body) => put(`${sessionPath(id)}/renegotiate`, body),

    listDataChannels: (id, signal) => read(`${sessionPath(id)}/datachannels`, signal),
    publishDataChannels: (id, body) => post(`${sessionPath(id)}/datachannel/publish`, body),
    subscribeDataChannels: (id, body) => post(`${sessionPath(id)}/datachannel/subscribe`, body),
    updateDataChannels: (id, body) => put(`${sessionPath(id)}/datachannel/update`, body),
    closeDataChannels: (id, body) => post(`${sessionPath(id)}/datachannel/close`, body),
    describeDataChannelPath: (id, name, signal) => read(`${sessionPath(id)}/datachannels/${encodeURIComponent(name)}/path`, signal),

    mintToken: (body) => post('/tokens', body),
    revokeTokens: (body) => post('/tokens/revoke', body),
    events: (request = {}) => followEvents({ send, path: eventsPath(request), ...request }),

    call,
    send: async (request) => readReply(await send(request)),
  };
}

function sessionPath(sessionId: string): string {
  return `/session/${encodeURIComponent(sessionId)}`;
}

function eventsPath({ sessionId, group, onQuality }: EventsRequest): string {
  if (sessionId === undefined) return `/events${queryText({ group })}`;
  return `${sessionPath(sessionId)}/events${queryText({ quality: onQuality && 'true' })}`;
}

function queryText(fields: Readonly<Record<string, string | number | undefined>>): string {
  const given = Object.entries(fields).flatMap(([name, value]) => (value === undefined ? [] : `${name}=${encodeURIComponent(value)}`));
  return given.length === 0 ? '' : `?${given.join('&')}`;
}
