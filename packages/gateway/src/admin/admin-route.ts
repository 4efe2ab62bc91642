import type { Accounts, BookedKey, Books, Membership, OpenedSignIn, Person, SecretDigest, TokenDesk } from '@causeway/accounts';
import { type AdminNode, hasRight, type Right, type Role, SfuError } from '@causeway/protocol';
import type { RouteDescription, RouteReply } from '../api/route.ts';
import type { Pricing } from '../usage/bill.ts';
import type { NodeLedger } from '../usage/open-ledger.ts';
import type { NodeWebhooks } from '../webhooks/open-webhooks.ts';

/** Base path of the admin API. */
export const ADMIN_BASE_PATH = '/api/admin/v1';

/** An endpoint of the admin API, as the OpenAPI document describes it. */
export interface AdminRouteDescription extends Omit<RouteDescription, 'access' | 'acceptsTokenInQuery'> {
  /** Content types of replies other than JSON. */
  readonly otherReplyTypes?: readonly string[];
  /** `open` requires no credential, because callers obtain one that way; `person` requires a sign-in, not a key. */
  readonly access: 'admin' | 'person' | 'open';
  /** Whether it sets or clears the sign-in cookie; its reply is then never repeated from memory. */
  readonly setsCookie?: true;
}

/** The caller. A key may do everything in its organisation. */
export type AdminCaller =
  | { readonly kind: 'key'; readonly key: BookedKey }
  | { readonly kind: 'person'; readonly person: Person; readonly memberships: readonly Membership[]; readonly digest: SecretDigest }
  /** The caller of an open route. */
  | { readonly kind: 'stranger' };

/** The services that handlers of the admin API use. */
export interface AdminServices {
  readonly books: Books;
  readonly accounts: Accounts;
  /** Undefined on a node that cannot seal their secrets. */
  readonly webhooks: NodeWebhooks | undefined;
  readonly tokens: TokenDesk;
  /** Returns all live nodes, by number. */
  readonly nodes: () => Promise<readonly AdminNode[]>;
  /** Whether an app is in the configuration of this node. */
  readonly isConfigured: (appId: string) => boolean;
  readonly pricing: Pricing;
  /** The operator's name for the OpenID provider; undefined if there is none. */
  readonly oidcName: string | undefined;
}

/** A call by an authenticated caller. */
export interface AdminCall extends AdminServices {
  readonly caller: AdminCaller;
  /** Path parameters, not validated. */
  readonly params: Readonly<Record<string, string>>;
  readonly query: Readonly<Record<string, unknown>>;
  /** Path and query as the client sent them. */
  readonly url: string;
  /** The host name under which the client called this node, with the port unless it is the default of the scheme. */
  readonly host: string;
  /** The origin of the calling page; undefined if the request has no Origin header. */
  readonly origin: string | undefined;
  /** JSON body, not validated. */
  readonly body: unknown;
  /** The version that the caller expects; undefined if it names none. */
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

/** A reply that is sent while it is being produced. */
export interface StreamedReply {
  /** Its `Content-Type`. */
  readonly type: string;
  readonly chunks: AsyncIterable<string>;
}

/** A reply, and the change to the caller's sign-in cookie. */
export type AdminReply = (RouteReply | TextReply) & {
  /** The caller's new sign-in; `ended` if it no longer has one. */
  readonly signIn?: OpenedSignIn | 'ended';
};

/** One endpoint of the admin API. */
export interface AdminRoute extends AdminRouteDescription {
  handle(call: AdminCall): Promise<AdminReply>;
  /** Used instead of `handle` for replies that are too long to buffer. */
  stream?(call: AdminCall): Promise<StreamedReply>;
}

/** Returns the caller's role in an organisation; undefined if it has none. */
export function roleIn(caller: AdminCaller, orgId: string): Role | undefined {
  if (caller.kind === 'key') return caller.key.orgId === orgId ? 'owner' : undefined;
  if (caller.kind === 'stranger') return undefined;
  return caller.memberships.find(({ org }) => org.id === orgId)?.role;
}

/** Whether the caller has a right in an organisation. */
export function mayIn(caller: AdminCaller, orgId: string, right: Right): boolean {
  const role = roleIn(caller, orgId);
  return role !== undefined && hasRight(role, right);
}

/** The router rejects other callers of routes for people, so this does not throw for them. */
export function personOf({ caller }: AdminCall): Extract<AdminCaller, { kind: 'person' }> {
  if (caller.kind !== 'person') throw new SfuError('forbidden', 'only a person who is signed in can make this call');
  return caller;
}
