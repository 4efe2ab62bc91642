import type { Principal, TokenDesk } from '@causeway/accounts';
import type { ErrorCode, SchemaName, TokenAction } from '@causeway/protocol';
import type { Sfu } from '@causeway/sfu';
import type { RefusalLog } from './refusal-log.ts';

/** One call of the API by a caller who has proved who it is. */
export interface Call {
  readonly principal: Principal;
  /** As in the path, not checked; empty for routes without a session. */
  readonly sessionId: string;
  /** Likewise; empty for routes without a track. */
  readonly trackId: string;
  /** Likewise, of a data channel. */
  readonly dataChannelName: string;
  /** Absent fields are undefined, repeated ones are arrays. */
  readonly query: Readonly<Record<string, unknown>>;
  /** JSON, not validated; undefined if there was none. */
  readonly body: unknown;
  /** Path and query as the client sent them. */
  readonly url: string;
  readonly node: NodeProfile;
  readonly tokens: TokenDesk;
  readonly refusals: RefusalLog;
}

/** What a route may need to know of the node that carries a call out. */
export interface NodeProfile {
  readonly region: string;
  /** Whether it accepts no new sessions because it is about to end. */
  readonly isDraining: () => boolean;
}

export interface RouteReply {
  readonly body: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

/** One endpoint: all that Express and the OpenAPI document need to know of it. */
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
  /** Default `application/json`, with the whole reply; in a stream of events `reply` is one of them. */
  readonly replyType?: 'text/event-stream' | 'application/x-ndjson';
  /**
   * What a token must grant for it. `own`: it is for the session of the caller, whatever the token grants;
   * `secret`: no token is enough.
   */
  readonly access: TokenAction | 'own' | 'secret';
  /** What it may fail with, besides the codes common to all routes. */
  readonly errors: readonly ErrorCode[];
  /** Takes a token from `?token=` as well, for `navigator.sendBeacon` and `EventSource`, which cannot set headers. */
  readonly acceptsTokenInQuery?: true;
}

/** An endpoint that takes JSON and replies with it. */
export interface Route extends RouteDescription {
  /**
   * Makes a new session, which any node may take; others with a session in their path are for its owner, and the rest for the node that is
   * asked.
   *
   * @returns the region that the client asked for, if any
   * @throws what `handle` would throw for such a request
   */
  readonly regionFor?: (call: Call) => string | undefined;
  handle(sfu: Sfu, call: Call): Promise<RouteReply>;
}
