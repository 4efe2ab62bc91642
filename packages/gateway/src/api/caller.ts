import { type AppStore, authenticate, type KeyUses, type Principal, principalOf, type TokenDesk } from '@causeway/accounts';
import { parseAppId, SfuError } from '@causeway/protocol';
import type { Request } from 'express';
import { assertedPathOf } from '../forwarding/asserted-call.ts';
import { type AdmittedCall, ASSERTION_HEADER } from '../forwarding/assertion-desk.ts';
import type { ClientLimits } from '../limits/client-limits.ts';
import type { RateLimiter } from '../limits/rate-limiter.ts';
import type { ClusterCalls } from '../placement/cluster-calls.ts';
import { type Authorize, checkOrigin, grantsOfUser } from './authorize.ts';
import type { RouteDescription } from './route.ts';

/** Creating a session takes one call, publishing, subscribing and renegotiating a few more, even when all clients do so at once. */
const SESSION_CALLS_PER_APP_CALL = 5;

export interface CallerServices {
  readonly apps: AppStore;
  readonly rateLimiter: RateLimiter;
  readonly clients: ClientLimits;
  readonly tokens: TokenDesk;
  /** Called before secrets and tokens are checked; undefined if the embedder has none. */
  readonly authorize: Authorize | undefined;
  /** Notified of the secrets that are used; undefined if there are no books. */
  readonly keyUses?: Pick<KeyUses, 'note'> | undefined;
  /** Undefined for a standalone node. */
  readonly cluster: ClusterCalls | undefined;
}

/** The caller: a client with a secret or a token, or another node on behalf of one. */
export interface Caller {
  readonly principal: Principal;
  /** What the other node vouches for. */
  readonly admitted: AdmittedCall | undefined;
}

/**
 * @throws unauthorized, token_expired – the caller may not use the app
 * @throws forbidden – the credential is valid, but not for this page, or not in a URL
 * @throws rate_limited – this client address has used invalid credentials too often, or asked for too many unknown apps
 */
export async function identifyCaller(route: RouteDescription, services: CallerServices, request: Request): Promise<Caller> {
  const { apps, cluster } = services;
  const appId = String(request.params.sfu_app_id);
  const assertion = request.get(ASSERTION_HEADER);
  if (cluster === undefined || assertion === undefined) {
    const user = await identifyUser(route, services, request);
    if (user !== undefined) return { principal: user, admitted: undefined };
    const principal = await authenticateClient(route, services, request);
    checkOrigin(route, principal, request);
    if (principal.secretDigest !== undefined) services.keyUses?.note(principal.secretDigest, services.tokens.nowMs);
    return { principal, admitted: undefined };
  }
  const call = { appId, method: route.method.toUpperCase(), path: assertedPathOf(request.path) };
  const admitted = cluster.desk.take(assertion, call);
  return { principal: await principalOf(apps, admitted.appId, admitted.grants), admitted };
}

/** @returns undefined if the embedder does not identify the caller */
async function identifyUser(route: RouteDescription, services: CallerServices, request: Request): Promise<Principal | undefined> {
  const { apps, authorize, tokens } = services;
  const appId = parseAppId(String(request.params.sfu_app_id));
  if (authorize === undefined || appId === undefined) return undefined;
  const grants = await grantsOfUser(authorize, route, request, { appId, nowSeconds: tokens.nowSeconds });
  return grants === undefined ? undefined : principalOf(apps, appId, grants);
}

function authenticateClient(route: RouteDescription, services: CallerServices, request: Request): Promise<Principal> {
  const { apps, cluster, clients, tokens } = services;
  const inUrl = route.acceptsTokenInQuery ? request.query.token : undefined;
  const credentials = {
    appIdText: String(request.params.sfu_app_id),
    authorization: typeof inUrl === 'string' ? `Bearer ${inUrl}` : request.headers.authorization,
    isInUrl: typeof inUrl === 'string',
    asker: cluster?.networkOf(request),
  };
  return clients.authenticated(request, () => authenticate(apps, credentials, tokens));
}

/**
 * Reads count for the app, because a popular session is read by its whole audience and must still be able to publish.
 * It is not known yet whether the session exists, so changes to sessions also count for all sessions together.
 *
 * @param sessionId empty for calls without a session
 * @throws rate_limited – the call exceeds a limit
 */
export function checkRate(rateLimiter: RateLimiter, route: RouteDescription, { appId, settings }: Principal, sessionId: string): void {
  const { maxCallsPerSecondPerApp: ofApp, maxCallsPerSecondPerSession: ofSession } = settings;
  const take = (key: string, callsPerSecond: number, subject: string): void => {
    const retryAfterMs = rateLimiter.take(key, callsPerSecond);
    if (retryAfterMs === 0) return;
    throw new SfuError('rate_limited', `calls for ${subject} are limited to ${callsPerSecond} per second`, { retryAfterMs });
  };
  if (sessionId === '' || route.method === 'get') {
    take(appId, ofApp, `app ${appId}`);
  } else {
    // The order matters: excess calls for one session must not use up the limit of the others.
    take(`${appId} ${sessionId}`, ofSession, `session ${sessionId}`);
    take(`${appId} `, Math.max(ofSession, SESSION_CALLS_PER_APP_CALL * ofApp), `all sessions of app ${appId} together`);
  }
}
