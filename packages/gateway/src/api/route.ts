import type { Principal, TokenDesk } from '@causeway/accounts';
import type { ErrorCode, SchemaName, TokenAction } from '@causeway/protocol';
import type { Sfu } from '@causeway/sfu';
import type { RefusalLog } from './refusal-log.ts';

/** A call of the API by an authenticated caller. */
export interface Call {
  readonly principal: Principal;
  /** Path parameter, not validated; empty for routes without a session. */
  readonly sessionId: string;
  /** Path parameter, not validated; empty for routes without a track. */
  readonly trackId: string;
  /** Path parameter, not validated; empty for routes without a data channel. */
  readonly dataChannelName: string;
  /** Query parameters; a repeated one is an array. */
  readonly query: Readonly<Record<string, unknown>>;
  /** JSON body, not validated; undefined if there is none. */
  readonly body: unknown;
  /** Path and query as the client sent them. */
  readonly url: string;
  readonly node: NodeProfile;
  readonly tokens: TokenDesk;
  readonly refusals: RefusalLog;
}

/** What a route may need to know about the node that carries out a call. */
export interface NodeProfile {
  readonly region: string;
  /** Whether the node accepts no new sessions because it is about to end. */
  readonly isDraining: () => boolean;
}

export interface RouteReply {
  readonly body: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

/** The description of an endpoint for Express and for the OpenAPI document. */
export interface RouteDescription {
  readonly operationId: string;
  readonly method: 'get' | 'post' | 'put' | 'patch' | 'delete';
  /** Below `API_BASE_PATH/:sfu_app_id`, in Express notation. */
  readonly path: string;
  readonly summary: string;
  readonly description?: string;
  readonly query?: SchemaName;
  readonly request?: SchemaName;
  readonly reply: SchemaName;
  /** Default `application/json` with the whole reply; in an event stream, `reply` is the type of a single event. */
  readonly replyType?: 'text/event-stream' | 'application/x-ndjson';
  /**
   * What a token must grant for it. `own`: the call is for the caller's session, whatever the token grants; `secret`: a
   * token is not sufficient.
   */
  readonly access: TokenAction | 'own' | 'secret';
  /** Error codes in addition to those common to all routes. */
  readonly errors: readonly ErrorCode[];
  /** Whether it also accepts a token in `?token=`, for `navigator.sendBeacon` and `EventSource`, which cannot set headers. */
  readonly acceptsTokenInQuery?: true;
}

/** An endpoint that accepts and replies with JSON. */
export interface Route extends RouteDescription {
  /**
   * Present on a route that creates a session, which any node may carry out. Other calls with a session in their path
   * go to its owner; all others are carried out by the node that receives them.
   *
   * @returns the region that the client asked for, if any
   * @throws what `handle` would throw for such a request
   */
  readonly regionFor?: (call: Call) => string | undefined;
  handle(sfu: Sfu, call: Call): Promise<RouteReply>;
}

/**
 * Returns a `Link` header that leads to the next page: the same URL with another cursor, relative to the host.
 *
 * @see RFC 8288 §3
 */
export function nextPageLink(url: string, cursor: string): string {
  const { pathname, searchParams } = new URL(url, 'http://localhost');
  searchParams.set('cursor', cursor);
  return `<${pathname}?${searchParams}>; rel="next"`;
}
