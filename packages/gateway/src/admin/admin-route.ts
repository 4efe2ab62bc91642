import type { Accounts, BookedKey, Books, Membership, OpenedSignIn, Person, SecretDigest, TokenDesk } from '@causeway/accounts';
import { type AdminNode, hasRight, type Right, type Role } from '@causeway/protocol';
import type { RouteDescription, RouteReply } from '../api/route.ts';
import type { Pricing } from '../usage/bill.ts';
import type { NodeLedger } from '../usage/open-ledger.ts';
import type { NodeWebhooks } from '../webhooks/open-webhooks.ts';

/** Where the admin API is. */
export const ADMIN_BASE_PATH = '/api/admin/v1';

/** An endpoint of the admin API, as the OpenAPI document shows it. */
export interface AdminRouteDescription extends Omit<RouteDescription, 'access' | 'acceptsTokenInQuery'> {
  /** What the call may be replied with besides JSON. */
  readonly otherReplyTypes?: readonly string[];
  /** `open` takes no credential, since it is how callers get one; `person` takes a sign-in and no key. */
  readonly access: 'admin' | 'person' | 'open';
  /** It sets or clears the cookie of a sign-in, so it is never answered from memory. */
  readonly setsCookie?: true;
}

/** Who calls. A key may do everything in its organisation. */
export type AdminCaller =
  | { readonly kind: 'key'; readonly key: BookedKey }
  | { readonly kind: 'person'; readonly person: Person; readonly memberships: readonly Membership[]; readonly digest: SecretDigest }
  /** Calls an open route. */
  | { readonly kind: 'stranger' };

/** What handlers of the admin API work with. */
export interface AdminServices {
  readonly books: Books;
  readonly accounts: Accounts;
  /** Undefined on a node that cannot seal their secrets. */
  readonly webhooks: NodeWebhooks | undefined;
  readonly tokens: TokenDesk;
  /** All live nodes, by number. */
  readonly nodes: () => readonly AdminNode[];
  /** Whether an app is in the configuration of this node. */
  readonly isConfigured: (appId: string) => boolean;
  readonly pricing: Pricing;
}

/** One call by a caller whose credential is good. */
export interface AdminCall extends AdminServices {
  readonly caller: AdminCaller;
  /** As in the path, not checked. */
  readonly params: Readonly<Record<string, string>>;
  readonly query: Readonly<Record<string, unknown>>;
  /** Path and query as the client sent them. */
  readonly url: string;
  /** What the client calls this node, with the port unless it is that of the scheme. */
  readonly host: string;
  /** The origin of the page that calls; undefined for a call that says none. */
  readonly origin: string | undefined;
  /** JSON, not validated. */
  readonly body: unknown;
  /** The version that the caller expects; undefined if it does not say. */
  readonly ifVersion: number | undefined;
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

/** A reply, and what becomes of the caller's cookie. */
export type AdminReply = (RouteReply | TextReply) & {
  /** The sign-in that the caller has from now on; `ended` if it has none. */
  readonly signIn?: OpenedSignIn | 'ended';
};

/** One endpoint of the admin API. */
export interface AdminRoute extends AdminRouteDescription {
  handle(call: AdminCall): Promise<AdminReply>;
  /** In place of `handle`, for replies that are too long to be held. */
  stream?(call: AdminCall): Promise<StreamedReply>;
}

/** What a caller is in an organisation; undefined if it has nothing to do with it. */
export function roleIn(caller: AdminCaller, orgId: string): Role | undefined {
  if (caller.kind === 'key') return caller.key.orgId === orgId ? 'owner' : undefined;
  if (caller.kind === 'stranger') return undefined;
  return caller.memberships.find(({ org }) => org.id === orgId)?.role;
}

/** Whether a caller has a right in an organisation. */
export function mayIn(caller: AdminCaller, orgId: string, right: Right): boolean {
  const role = roleIn(caller, orgId);
  return role !== undefined && hasRight(role, right);
}
