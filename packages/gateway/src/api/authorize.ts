/** Decides whether a token permits a call, as far as possible before the body is read. */
import type { Principal } from '@causeway/accounts';
import { allowsAction, SfuError, type TokenGrants } from '@causeway/protocol';
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
