import { type AppStore, authenticate, type Principal, principalOf } from '@causeway/accounts';
import { LIMITS, SfuError } from '@causeway/protocol';
import type { Sfu } from '@causeway/sfu';
import type { Request, Response } from 'express';
import type { AdmittedCall } from '../forwarding/assertion-desk.ts';
import { ASSERTION_HEADER } from '../forwarding/assertion-desk.ts';
import { digestOf } from '../forwarding/body-digest.ts';
import { type CallReply, sendCallReply } from '../forwarding/call-reply.ts';
import type { ClusterCalls } from '../forwarding/cluster-calls.ts';
import type { BodyMemory } from '../http/body-memory.ts';
import { readJsonBody } from '../http/json-body.ts';
import { requestContextOf } from '../http/request-context.ts';
import type { IdempotencyStore } from '../limits/idempotency.ts';
import type { RateLimiter } from '../limits/rate-limiter.ts';
import type { Call, NodeProfile, Route } from './route.ts';

export interface CallServices {
  readonly sfu: Sfu;
  readonly apps: AppStore;
  readonly node: NodeProfile;
  readonly rateLimiter: RateLimiter;
  readonly idempotency: IdempotencyStore;
  readonly bodyMemory: BodyMemory;
  /** Undefined for a node that stands alone. */
  readonly cluster: ClusterCalls | undefined;
}

/** Who is calling: a client who knows a secret, or another node on behalf of one. */
interface Caller {
  readonly principal: Principal;
  /** What the other node vouches for. */
  readonly admitted: AdmittedCall | undefined;
}

/**
 * Takes one HTTP request through all stages of a call. Nothing of the body is read before the caller is known and within its rate. A
 * call that another node has passed on is carried out here or not at all, so none can go round in circles.
 */
export async function carryOut(route: Route, services: CallServices, request: Request, response: Response): Promise<void> {
  const sessionId = String(request.params.session_id ?? '');
  const { principal, admitted } = await identifyCaller(route, services, request);
  checkRate(services.rateLimiter, route, principal, sessionId);
  const body = route.request === undefined ? undefined : await readJsonBody(request, services.bodyMemory);
  admitted?.checkBody(digestOf(body));
  const { node, cluster } = services;
  const call: Call = { principal, sessionId, query: request.query, body, url: request.originalUrl, node };
  const idempotencyKey = idempotencyKeyOf(route, request);
  const carryOutHere = (): Promise<CallReply> => executeHere(route, services, call, idempotencyKey);
  const isForThisNode = admitted !== undefined || cluster === undefined;
  const { requestId } = requestContextOf(response);
  const reply = isForThisNode
    ? await carryOutHere()
    : await cluster.carryOut({ route, call, request, requestId, idempotencyKey, carryOutHere });
  sendCallReply(response, reply);
}

async function identifyCaller(route: Route, { apps, cluster }: CallServices, request: Request): Promise<Caller> {
  const appId = String(request.params.sfu_app_id);
  const assertion = request.get(ASSERTION_HEADER);
  if (cluster === undefined || assertion === undefined) {
    return { principal: await authenticate(apps, appId, credentialOf(route, request)), admitted: undefined };
  }
  const admitted = cluster.desk.take(assertion, { appId, method: route.method.toUpperCase(), path: request.path });
  return { principal: await principalOf(apps, admitted.appId), admitted };
}

async function executeHere(
  route: Route,
  { sfu, idempotency }: CallServices,
  call: Call,
  idempotencyKey: string | undefined,
): Promise<CallReply> {
  let headers: Readonly<Record<string, string>> = {};
  const execute = async (): Promise<string> => {
    const reply = await route.handle(sfu, call);
    headers = reply.headers ?? {};
    return JSON.stringify(reply.body);
  };
  if (idempotencyKey === undefined) return { httpStatus: 200, text: await execute(), headers };
  const { principal, sessionId, body } = call;
  const key = JSON.stringify([principal.appId, route.operationId, sessionId, idempotencyKey]);
  const { json, isReplay } = await idempotency.run({ key, fingerprint: digestOf(body) }, execute);
  return { httpStatus: 200, text: json, headers: isReplay ? { 'Idempotency-Replayed': 'true' } : headers };
}

function credentialOf(route: Route, request: Request): string | undefined {
  const { token } = request.query;
  return route.acceptsTokenInQuery && typeof token === 'string' ? `Bearer ${token}` : request.headers.authorization;
}

/** Reading counts for the app: a popular session is read by all who watch it, and must still be able to publish. */
function checkRate(rateLimiter: RateLimiter, route: Route, { appId, settings }: Principal, sessionId: string): void {
  const isOfSession = sessionId !== '' && route.method !== 'get';
  const callsPerSecond = isOfSession ? settings.maxCallsPerSecondPerSession : settings.maxCallsPerSecondPerApp;
  const retryAfterMs = rateLimiter.take(isOfSession ? `${appId} ${sessionId}` : appId, callsPerSecond);
  if (retryAfterMs === 0) return;
  const subject = isOfSession ? `session ${sessionId}` : `app ${appId}`;
  throw new SfuError('rate_limited', `${subject} may be called ${callsPerSecond} times a second`, { retryAfterMs });
}

function idempotencyKeyOf(route: Route, request: Request): string | undefined {
  const key = request.get('Idempotency-Key');
  if (key === undefined || route.method === 'get') return undefined;
  if (key.length > 0 && key.length <= LIMITS.maxIdempotencyKeyLength) return key;
  const message = `the Idempotency-Key header must be 1 to ${LIMITS.maxIdempotencyKeyLength} characters long`;
  throw new SfuError('invalid_params', message, { details: { path: 'Idempotency-Key' } });
}
