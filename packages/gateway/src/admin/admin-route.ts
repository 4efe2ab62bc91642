import type { BookedKey, Books } from '@causeway/accounts';
import type { RouteDescription, RouteReply } from '../api/route.ts';

/** Where the admin API is. */
export const ADMIN_BASE_PATH = '/api/admin/v1';

/** An endpoint of the admin API, as the OpenAPI document shows it. */
export interface AdminRouteDescription extends Omit<RouteDescription, 'access' | 'acceptsTokenInQuery' | 'replyType'> {
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
  /** JSON, not validated. */
  readonly body: unknown;
  /** The version that the caller expects; undefined if it does not say. */
  readonly ifVersion: number | undefined;
  /** Whether an app is in the configuration of this node. */
  readonly isConfigured: (appId: string) => boolean;
}

export interface AdminRoute extends AdminRouteDescription {
  handle(call: AdminCall): Promise<RouteReply>;
}
