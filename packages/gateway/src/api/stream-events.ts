import { pipeline } from 'node:stream/promises';
import type { TokenDesk } from '@causeway/accounts';
import {
  type AppId,
  EventsQuery,
  isRevokedBy,
  matchesAny,
  parseRequest,
  SessionEventsQuery,
  SfuError,
  type TokenGrants,
} from '@causeway/protocol';
import type { NodeRecord, Sfu } from '@causeway/sfu';
import type { Request, Response } from 'express';
import type { EventDesk } from '../events/event-desk.ts';
import type { MayHear } from '../events/event-stream.ts';
import { digestOf } from '../forwarding/asserted-call.ts';
import type { PassedCall } from '../forwarding/call-forwarder.ts';
import { requestContextOf } from '../http/request-context.ts';
import { traceHeaders } from '../http/trace-context.ts';
import type { ClusterCalls } from '../placement/cluster-calls.ts';
import { authorize, tokenOf } from './authorize.ts';
import { type CallerServices, checkRate, identifyCaller } from './caller.ts';
import type { RouteDescription } from './route.ts';

export interface EventServices extends CallerServices {
  readonly sfu: Sfu;
  readonly events: EventDesk;
}

/** Headers passed on from another node's reply; all others concern its connection or are set here. */
const PASSED_HEADERS = ['content-type', 'cache-control', 'x-content-type-options', 'x-sfu-region', 'x-accel-buffering', 'retry-after'];

/**
 * Opens an event stream for a client. A session's stream comes from its owner. An app's stream has the events of all
 * nodes, unless the caller is a node of an earlier version.
 */
export async function streamEvents(route: RouteDescription, services: EventServices, request: Request, response: Response): Promise<void> {
  const { sfu, events, cluster } = services;
  const sessionId = request.params.session_id === undefined ? undefined : String(request.params.session_id);
  const { principal, admitted } = await identifyCaller(route, services, request);
  admitted?.checkBody(digestOf(undefined));
  checkRate(services.rateLimiter, route, principal, '');
  authorize(route, principal, sessionId ?? '');
  const token = tokenOf(principal);
  const ended = signalOfEnd(response);
  if (token !== undefined && admitted === undefined) {
    // A stream is a call that continues; a client that reconnects with an expired or revoked token is refused.
    const stop = watchToken(services.tokens, principal.appId, token, () => response.destroy());
    ended.addEventListener('abort', stop, { once: true });
  }
  const { appId, grants } = principal;
  const { requestId, trace, span } = requestContextOf(response);
  const lastEventId = request.get('Last-Event-ID');
  const hasQuality = sessionId !== undefined && parseRequest(SessionEventsQuery, request.query).quality === 'true';
  const isForCluster = admitted === undefined && cluster !== undefined;
  const owner = isForCluster ? cluster.forwarder.ownerOf(appId, sessionId ?? '') : undefined;
  if (isForCluster && owner !== undefined) {
    const headers = {
      'X-Request-Id': requestId,
      ...traceHeaders(trace),
      ...(lastEventId === undefined ? {} : { 'Last-Event-ID': lastEventId }),
    };
    const query = hasQuality ? 'quality=true' : undefined;
    const call = { appId, grants, method: 'GET', path: request.path, query, body: undefined, headers, span };
    return passThrough(cluster, owner, call, { response, ended });
  }
  if (sessionId !== undefined) await sfu.describeSession(appId, sessionId, token);
  const kind = admitted !== undefined && sessionId === undefined ? 'node' : 'client';
  const { maxEventStreams } = principal.settings;
  const stream = events.open(response, {
    scope: { appId, sessionId },
    kind,
    lastEventId,
    maxStreams: maxEventStreams,
    mayHear: sessionId === undefined && kind === 'client' ? hearingRule(request.query, token) : undefined,
  });
  // A reply to HEAD has no body to wait for.
  if (request.method === 'HEAD') stream.end();
  else if (hasQuality) stream.onClose(sfu.watchQuality(appId, sessionId, (sample) => stream.tell('quality', JSON.stringify(sample))));
}

/**
 * @returns undefined if all events may be received
 * @throws forbidden – the token is for another group than the requested one
 */
function hearingRule(query: Request['query'], token: TokenGrants | undefined): MayHear | undefined {
  const { group: asked } = parseRequest(EventsQuery, query);
  if (token?.group !== undefined && asked !== undefined && asked !== token.group) {
    throw new SfuError('forbidden', `the token is for group ${token.group}`);
  }
  const wanted = asked ?? token?.group;
  const subs = token?.subs;
  if (wanted === undefined && subs === undefined) return undefined;
  return ({ sessionId, group }) => {
    if (sessionId === undefined) return true;
    return (wanted === undefined || wanted === group) && (subs === undefined || matchesAny(subs, sessionId));
  };
}

/** Passes the reply through. A slow reader slows down the owner, which then disconnects it. */
async function passThrough(
  cluster: ClusterCalls,
  owner: NodeRecord,
  call: PassedCall,
  { response, ended }: { readonly response: Response; readonly ended: AbortSignal },
): Promise<void> {
  const reply = await cluster.openStream(owner, call, ended);
  response.statusCode = reply.statusCode ?? 502;
  for (const name of PASSED_HEADERS) {
    const value = reply.headers[name];
    if (value !== undefined) response.setHeader(name, value);
  }
  if (response.req.method === 'HEAD') {
    reply.destroy();
    response.end();
    return;
  }
  response.flushHeaders();
  // Either side may close the connection at any time; no further action is then needed.
  await pipeline(reply, response).catch(() => undefined);
}

function signalOfEnd(response: Response): AbortSignal {
  const controller = new AbortController();
  response.once('close', () => controller.abort());
  return controller.signal;
}

/**
 * Watches the token of a call that continues after its reply has begun.
 *
 * @param onOver called once, when the token has expired or is revoked
 * @returns a function that stops watching
 */
function watchToken(tokens: TokenDesk, appId: AppId, token: TokenGrants, onOver: () => void): () => void {
  const over = (): void => {
    stop();
    onOver();
  };
  const timer = setTimeout(over, tokens.leftMs(token));
  timer.unref();
  const unlisten = tokens.revocations.onRevoked((revocation) => {
    if (revocation.appId === appId && isRevokedBy(revocation.revoked, token)) over();
  });
  const stop = (): void => {
    clearTimeout(timer);
    unlisten();
  };
  return stop;
}

const ABOUT_EVENTS =
  'Server-sent events, for an EventSource or any HTTP client; the data of each event is JSON. A client that reconnects with `Last-Event-ID` receives what it missed during the last ten minutes. Since an EventSource cannot set headers, a token may be passed as `?token=`, but not the secret. The stream ends when its token expires.';

/** Endpoints with unlimited replies. */
export const EVENT_ROUTES: readonly RouteDescription[] = [
  {
    operationId: 'streamAppEvents',
    access: 'list',
    method: 'get',
    path: '/events',
    summary: 'Stream the events of an app',
    description: `${ABOUT_EVENTS} In a cluster, the stream has the events of all nodes.`,
    query: 'EventsQuery',
    reply: 'ApiEvent',
    replyType: 'text/event-stream',
    errors: ['no_capacity'],
    acceptsTokenInQuery: true,
  },
  {
    operationId: 'streamSessionEvents',
    access: 'list',
    method: 'get',
    path: '/session/:session_id/events',
    summary: 'Stream the events of a session',
    description: `${ABOUT_EVENTS} The stream ends with the session. With \`?quality=true\` it also has a message with \`event: quality\`, whose data is a QualitySample, about every five seconds.`,
    query: 'SessionEventsQuery',
    reply: 'ApiEvent',
    replyType: 'text/event-stream',
    errors: ['session_not_found', 'session_closed', 'no_capacity'],
    acceptsTokenInQuery: true,
  },
];
