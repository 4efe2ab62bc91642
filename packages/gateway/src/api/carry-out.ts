import { LIMITS, SfuError } from '@causeway/protocol';
import type { Sfu } from '@causeway/sfu';
import type { Request, Response } from 'express';
import { digestOf } from '../forwarding/asserted-call.ts';
import { type CallReply, sendCallReply } from '../forwarding/call-reply.ts';
import type { BodyMemory } from '../http/body-memory.ts';
import { readJsonBody } from '../http/json-body.ts';
import { requestContextOf } from '../http/request-context.ts';
import type { IdempotencyStore } from '../limits/idempotency.ts';
import { authorize, isSecretFromBrowser, tokenOf, WARNING_OF_SECRET } from './authorize.ts';
import { type CallerServices, checkRate, identifyCaller } from './caller.ts';
import type { RefusalLog } from './refusal-log.ts';
import type { Call, NodeProfile, Route } from './route.ts';

export interface CallServices extends CallerServices {
  readonly sfu: Sfu;
  readonly node: NodeProfile;
  readonly idempotency: IdempotencyStore;
  readonly bodyMemory: BodyMemory;
  readonly refusals: RefusalLog;
}

/**
 * Takes one HTTP request through all stages of a call. The body is not read before the caller is known and within its
 * rate. A call that another node has forwarded is carried out here or not at all, so calls cannot loop.
 */
export async function carryOut(route: Route, services: CallServices, request: Request, response: Response): Promise<void> {
  const sessionId = String(request.params.session_id ?? '');
  try {
    await carryOutAdmitted(route, services, request, response, sessionId);
  } catch (error) {
    services.refusals.note(String(request.params.sfu_app_id), sessionId, error);
    throw error;
  }
}

async function carryOutAdmitted(
  route: Route,
  services: CallServices,
  request: Request,
  response: Response,
  sessionId: string,
): Promise<void> {
  const { principal, admitted } = await identifyCaller(route, services, request);
  checkRate(services.rateLimiter, route, principal, sessionId);
  authorize(route, principal, sessionId);
  if (route.regionFor !== undefined && admitted === undefined) services.clients.takeNewSession(request);
  const body = route.request === undefined ? undefined : await readJsonBody(request, services.bodyMemory, principal.appId);
  admitted?.checkBody(digestOf(body));
  const { node, cluster, tokens, refusals } = services;
  const trackId = String(request.params.track_id ?? '');
  const dataChannelName = String(request.params.data_channel_name ?? '');
  const named = { sessionId, trackId, dataChannelName };
  const call: Call = { principal, ...named, query: request.query, body, url: request.originalUrl, node, tokens, refusals };
  const idempotencyKey = idempotencyKeyOf(route, request);
  const carryOutHere = (): Promise<CallReply> => executeHere(route, services, call, idempotencyKey);
  const isForThisNode = admitted !== undefined || cluster === undefined;
  const { requestId, trace, span } = requestContextOf(response);
  const { regionFor } = route;
  const reply = isForThisNode
    ? await carryOutHere()
    : await cluster.carryOut({
        principal,
        sessionId,
        method: route.method.toUpperCase(),
        body,
        regionFor: regionFor && (() => regionFor(call)),
        request,
        requestId,
        trace,
        span,
        idempotencyKey,
        carryOutHere,
      });
  if (route.regionFor !== undefined && isSecretFromBrowser(principal, request)) response.setHeader('Warning', WARNING_OF_SECRET);
  sendCallReply(response, reply);
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
  const { appId, settings } = principal;
  // A subject must not receive the reply to another one, which contains a token.
  const key = JSON.stringify([route.operationId, sessionId, idempotencyKey, tokenOf(principal)?.sub]);
  const repeatable = { appId, key, fingerprint: digestOf(body), maxReplies: settings.maxIdempotencyKeys };
  const { json, isReplay } = await idempotency.run(repeatable, execute);
  return { httpStatus: 200, text: json, headers: isReplay ? { 'Idempotency-Replayed': 'true' } : headers };
}

function idempotencyKeyOf(route: Route, request: Request): string | undefined {
  const key = request.get('Idempotency-Key');
  if (key === undefined || route.method === 'get') return undefined;
  if (key.length > 0 && key.length <= LIMITS.maxIdempotencyKeyLength) return key;
  const message = `the Idempotency-Key header must be 1 to ${LIMITS.maxIdempotencyKeyLength} characters long`;
  throw new SfuError('invalid_params', message, { details: { path: 'Idempotency-Key' } });
}
