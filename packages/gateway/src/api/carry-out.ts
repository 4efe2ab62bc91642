import { createHash } from 'node:crypto';
import { type AppStore, authenticate, type Principal } from '@causeway/accounts';
import { LIMITS, SfuError } from '@causeway/protocol';
import type { Sfu } from '@causeway/sfu';
import type { Request, Response } from 'express';
import type { BodyMemory } from '../http/body-memory.ts';
import { readJsonBody } from '../http/json-body.ts';
import { sendJson } from '../http/send-json.ts';
import type { IdempotencyStore } from '../limits/idempotency.ts';
import type { RateLimiter } from '../limits/rate-limiter.ts';
import type { Call, Route } from './route.ts';

export interface CallServices {
  readonly sfu: Sfu;
  readonly apps: AppStore;
  readonly rateLimiter: RateLimiter;
  readonly idempotency: IdempotencyStore;
  readonly bodyMemory: BodyMemory;
}

/** Takes one HTTP request through all stages of a call. Nothing of the body is read before the caller is known and within its rate. */
export async function carryOut(route: Route, services: CallServices, request: Request, response: Response): Promise<void> {
  const appId = String(request.params.sfu_app_id);
  const sessionId = String(request.params.session_id ?? '');
  const principal = await authenticate(services.apps, appId, credentialOf(route, request));
  checkRate(services.rateLimiter, route, principal, sessionId);
  const body = route.request === undefined ? undefined : await readJsonBody(request, services.bodyMemory);
  const call: Call = { principal, sessionId, query: request.query, body, url: request.originalUrl };
  const execute = async (): Promise<string> => {
    const reply = await route.handle(services.sfu, call);
    for (const [name, value] of Object.entries(reply.headers ?? {})) response.setHeader(name, value);
    return JSON.stringify(reply.body);
  };
  const key = idempotencyKeyOf(route, request);
  if (key === undefined) return sendJson(response, 200, await execute());
  const identity = { key: JSON.stringify([appId, route.operationId, sessionId, key]), fingerprint: fingerprintOf(body) };
  const { json, isReplay } = await services.idempotency.run(identity, execute);
  if (isReplay) response.setHeader('Idempotency-Replayed', 'true');
  sendJson(response, 200, json);
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

function fingerprintOf(body: unknown): string {
  return createHash('sha256')
    .update(JSON.stringify(body) ?? '')
    .digest('base64');
}
