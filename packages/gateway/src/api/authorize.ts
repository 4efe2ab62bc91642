/** Decides whether a token permits a call, as far as possible before the body is read. */
import { ALL_GRANTS, type Grants, type Principal } from '@causeway/accounts';
import { type AppId, allowsAction, MAX_TOKEN_SECONDS, SfuError, TokenGrants } from '@causeway/protocol';
import type { Request } from 'express';
import type { RouteDescription } from './route.ts';

/** Warning header for a page that calls with the app's secret, sent once per session. */
export const WARNING_OF_SECRET = '299 - "app secret used from a browser; use tokens"';

/** Returns the token of a caller; undefined for one who may do everything. */
export function tokenOf({ grants }: Principal): TokenGrants | undefined {
  return grants.kind === 'token' ? grants.token : undefined;
}

/**
 * @param sessionId from the path; empty for routes of the whole app
 * @throws forbidden – the token does not grant this kind of call
 */
export function authorize({ access }: RouteDescription, principal: Principal, sessionId: string): void {
  const token = tokenOf(principal);
  if (token === undefined) return;
  if (access === 'secret') throw forbidden('this call requires the secret of the app, not a token');
  if (access !== 'own' && !allowsAction(token, access)) throw forbidden(`the rights of the caller do not include "${access}"`);
  if (token.sid !== undefined && sessionId === '') throw forbidden('the token is for a single session, but this call is for the whole app');
}

/**
 * Pages may use a token only if it names their origin, and the secret only if the app allows it. Browsers send the
 * page's origin with every call except reads from the same origin, so only reads may come without one.
 *
 * @throws forbidden – the credential is valid, but not for this page
 */
export function checkOrigin(route: RouteDescription, principal: Principal, request: Request): void {
  const { origin } = request.headers;
  const token = tokenOf(principal);
  if (token === undefined) {
    if (origin === undefined || !principal.settings.refuseSecretFromBrowsers) return;
    throw forbidden('this app does not take its secret from browsers; give the page a token');
  }
  if (token.org === undefined || (origin === undefined && route.method === 'get')) return;
  if (origin === undefined || !token.org.includes(origin)) throw forbidden('the token does not allow pages of this origin');
}

/** Whether the browser should be warned that it must not have the secret. */
export function isSecretFromBrowser(principal: Principal, request: Request): boolean {
  return principal.grants.kind === 'all' && request.headers.origin !== undefined;
}

function forbidden(message: string): SfuError {
  return new SfuError('forbidden', message);
}

/**
 * What a call does: a group of endpoints, as in the `act` of tokens, or an access that no `act` covers: `own` for every
 * owner of the session, `secret` only for the app.
 */
export type ApiAction = RouteDescription['access'];

/** What a call is about according to its path, which is not validated yet. */
export interface ApiTarget {
  readonly appId: AppId;
  /** Undefined for calls of the whole app. */
  readonly sessionId: string | undefined;
  readonly trackId: string | undefined;
}

/**
 * A user of the embedding application. The sessions that it creates belong to `sub`, and no other user can change them.
 * The other fields restrict it like the claims of a token (docs/api.md §15); missing fields restrict nothing.
 */
export interface ApiUser extends Partial<Omit<TokenGrants, 'sub' | 'jti' | 'iat' | 'exp' | 'sid' | 'org'>> {
  readonly sub: string;
}

/**
 * Identifies the caller.
 *
 * @returns a user; `'all'` for a caller who may do everything, as with the secret; undefined if the caller is unknown,
 * in which case the call needs a secret or a token
 * @throws SfuError `forbidden` – the caller is known, but may not do this
 */
export type Authorize = (
  request: Request,
  action: ApiAction,
  target: ApiTarget,
) => ApiUser | 'all' | undefined | Promise<ApiUser | 'all' | undefined>;

/** @throws Error – `authorize` returned something that is not a user */
export async function grantsOfUser(
  authorize: Authorize,
  route: RouteDescription,
  request: Request,
  { appId, nowSeconds }: { readonly appId: AppId; readonly nowSeconds: number },
): Promise<Grants | undefined> {
  const { session_id: sessionId, track_id: trackId } = request.params;
  const target = { appId, sessionId: textOf(sessionId), trackId: textOf(trackId) };
  const user = await authorize(request, route.access, target);
  if (user === undefined) return undefined;
  refuseForeignPages(request);
  if (user === 'all') return ALL_GRANTS;
  const checked = TokenGrants.safeParse({ ...user, jti: 'authorize', iat: nowSeconds, exp: nowSeconds + MAX_TOKEN_SECONDS });
  if (!checked.success) throw new Error(`authorize returned an invalid user: ${checked.error.message}`);
  return { kind: 'token', token: checked.data };
}

/**
 * Browsers also add cookies to calls of other sites' pages. Calls with an `Authorization` header are made deliberately.
 *
 * @throws forbidden – the call comes from such a page
 * @see https://www.w3.org/TR/fetch-metadata/#sec-fetch-site-header
 */
function refuseForeignPages(request: Request): void {
  if (request.headers.authorization !== undefined || request.get('Sec-Fetch-Site') !== 'cross-site') return;
  throw new SfuError('forbidden', 'a page of another site cannot call with the cookies of this one');
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}
