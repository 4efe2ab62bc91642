import { type AppStore, authenticate, type KeyUses, type Principal, principalOf, type TokenDesk } from '@causeway/accounts';
import { parseAppId, SfuError } from '@causeway/protocol';
import type { Request } from 'express';
import { assertedPathOf } from '../forwarding/asserted-call.ts';
import { type AdmittedCall, ASSERTION_HEADER } from '../forwarding/assertion-desk.ts';
import type { ClientLimits } from '../limits/client-limits.ts';
import type { RateLimiter } from '../limits/rate-limiter.ts';
import type { ClusterCalls } from '../placement/cluster-calls.ts';
import { checkOrigin } from './authorize.ts';
import { type Authorize, grantsOfUser } from './own-authorization.ts';
import type { RouteDescription } from './route.ts';

/** A session is created by one call, and takes a few more to publish, subscribe and renegotiate, also when all do so at once. */
const SESSION_CALLS_PER_APP_CALL = 5;

export interface CallerServices {
  readonly apps: AppStore;
  readonly rateLimiter: RateLimiter;
  readonly clients: ClientLimits;
  readonly tokens: TokenDesk;
  /** Asked before secrets and tokens are looked at; undefined if there is none. */
  readonly authorize: Authorize | undefined;
  /** Hears which secrets are used; undefined where no books are to know. */
  readonly keyUses?: Pick<KeyUses, 'note'> | undefined;
  /** Undefined for a standalone node. */
  readonly cluster: ClusterCalls | undefined;
}

/** Who is calling: a client who knows a secret or has a token, or another node on behalf of one. */
export interface Caller {
  readonly principal: Principal;
  /** What the other node vouches for. */
  readonly admitted: AdmittedCall | undefined;
}

/**
 * @throws unauthorized, token_expired – the caller may not use the app
 * @throws forbidden – the credential is right, and not for this page, or not for a URL
 * @throws rate_limited – this client address has been wrong too often, or too many unknown apps are asked for
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

/** @returns undefined if the embedder does not say who is calling */
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
 * Reading counts for the app: a popular session is read by all who watch it, and must still be able to publish. Whether there is such a
 * session is not known yet, so what changes sessions is also counted for all of them together.
 *
 * @param sessionId empty for calls of no session
 * @throws rate_limited – that was one too many
 */
export function checkRate(rateLimiter: RateLimiter, route: RouteDescription, { appId, settings }: Principal, sessionId: string): void {
  const { maxCallsPerSecondPerApp: ofApp, maxCallsPerSecondPerSession: ofSession } = settings;
  const take = (key: string, callsPerSecond: number, subject: string): void => {
    const retryAfterMs = rateLimiter.take(key, callsPerSecond);
    if (retryAfterMs === 0) return;
    throw new SfuError('rate_limited', `${subject} may be called ${callsPerSecond} times a second`, { retryAfterMs });
  };
  if (sessionId === '' || route.method === 'get') {
    take(appId, ofApp, `app ${appId}`);
  } else {
    // In this order: what one session calls too often is not taken from the others.
    take(`${appId} ${sessionId}`, ofSession, `session ${sessionId}`);
    take(`${appId} `, Math.max(ofSession, SESSION_CALLS_PER_APP_CALL * ofApp), `all sessions of app ${appId} together`);
  }
}
