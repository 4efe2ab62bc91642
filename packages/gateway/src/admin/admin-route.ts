import type { BookedKey, Books } from '@causeway/accounts';
import type { RouteDescription, RouteReply } from '../api/route.ts';
import type { Pricing } from '../usage/bill.ts';
import type { NodeLedger } from '../usage/open-ledger.ts';

/** Where the admin API is. */
export const ADMIN_BASE_PATH = '/api/admin/v1';

/** An endpoint of the admin API, as the OpenAPI document shows it. */
export interface AdminRouteDescription extends Omit<RouteDescription, 'access' | 'acceptsTokenInQuery'> {
  /** What the call may be replied with besides JSON. */
  readonly otherReplyTypes?: readonly string[];
  /** `set-up`: takes no key, for there is none yet. */
  readonly access: 'admin' | 'set-up';
}

/** One call by a caller whose key is good. */
export interface AdminCall {
  readonly books: Books;
  /** The caller's. A handler of a call without one must not look at it. */
  readonly key: BookedKey;
  /** As in the path, not checked. */
  readonly params: Readonly<Record<string, string>>;
  readonly query: Readonly<Record<string, unknown>>;
  /** Path and query as the client sent them. */
  readonly url: string;
  /** JSON, not validated. */
  readonly body: unknown;
  /** The version that the caller expects; undefined if it does not say. */
  readonly ifVersion: number | undefined;
  /** Whether an app is in the configuration of this node. */
  readonly isConfigured: (appId: string) => boolean;
  readonly pricing: Pricing;
  /** Undefined on a node that signs no ledger. */
  readonly ledger: NodeLedger | undefined;
  /** Milliseconds since 1970. */
  readonly wallClockMs: number;
}

/** A reply that is not JSON. */
export interface TextReply {
  readonly text: string;
  /** Its `Content-Type`. */
  readonly type: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** A reply that is sent as it is made. */
export interface StreamedReply {
  /** Its `Content-Type`. */
  readonly type: string;
  readonly chunks: AsyncIterable<string>;
}

export interface AdminRoute extends AdminRouteDescription {
  handle(call: AdminCall): Promise<RouteReply | TextReply>;
  /** In place of `handle`, for replies that are too long to be held. */
  stream?(call: AdminCall): Promise<StreamedReply>;
}
