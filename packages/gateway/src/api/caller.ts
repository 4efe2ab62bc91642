import { type AppStore, authenticate, type Principal, principalOf } from '@causeway/accounts';
import { SfuError } from '@causeway/protocol';
import type { Request } from 'express';
import { assertedPathOf } from '../forwarding/asserted-path.ts';
import { type AdmittedCall, ASSERTION_HEADER } from '../forwarding/assertion-desk.ts';
import type { ClusterCalls } from '../forwarding/cluster-calls.ts';
import type { RateLimiter } from '../limits/rate-limiter.ts';
import type { RouteDescription } from './route.ts';

export interface CallerServices {
  readonly apps: AppStore;
  readonly rateLimiter: RateLimiter;
  /** Undefined for a node that stands alone. */
  readonly cluster: ClusterCalls | undefined;
}

/** Who is calling: a client who knows a secret, or another node on behalf of one. */
export interface Caller {
  readonly principal: Principal;
  /** What the other node vouches for. */
  readonly admitted: AdmittedCall | undefined;
}

/** @throws unauthorized – nobody who may call the app */
export async function identifyCaller(route: RouteDescription, { apps, cluster }: CallerServices, request: Request): Promise<Caller> {
  const appId = String(request.params.sfu_app_id);
  const assertion = request.get(ASSERTION_HEADER);
  if (cluster === undefined || assertion === undefined) {
    return { principal: await authenticate(apps, appId, credentialOf(route, request)), admitted: undefined };
  }
  const call = { appId, method: route.method.toUpperCase(), path: assertedPathOf(request.path) };
  const admitted = cluster.desk.take(assertion, call);
  return { principal: await principalOf(apps, admitted.appId), admitted };
}

/**
 * Reading counts for the app: a popular session is read by all who watch it, and must still be able to publish.
 *
 * @param sessionId empty for calls of no session
 * @throws rate_limited – that was one too many
 */
export function checkRate(rateLimiter: RateLimiter, route: RouteDescription, { appId, settings }: Principal, sessionId: string): void {
  const isOfSession = sessionId !== '' && route.method !== 'get';
  const callsPerSecond = isOfSession ? settings.maxCallsPerSecondPerSession : settings.maxCallsPerSecondPerApp;
  const retryAfterMs = rateLimiter.take(isOfSession ? `${appId} ${sessionId}` : appId, callsPerSecond);
  if (retryAfterMs === 0) return;
  const subject = isOfSession ? `session ${sessionId}` : `app ${appId}`;
  throw new SfuError('rate_limited', `${subject} may be called ${callsPerSecond} times a second`, { retryAfterMs });
}

function credentialOf(route: RouteDescription, request: Request): string | undefined {
  const { token } = request.query;
  return route.acceptsTokenInQuery && typeof token === 'string' ? `Bearer ${token}` : request.headers.authorization;
}
