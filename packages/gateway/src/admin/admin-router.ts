import { pipeline } from 'node:stream/promises';
import { type AppMirror, type BookedKey, type Books, digestSecret, type KeyUses } from '@causeway/accounts';
import { LIMITS, SfuError } from '@causeway/protocol';
import express, { type Request, type Response, type Router } from 'express';
import { digestOf } from '../forwarding/asserted-call.ts';
import type { CallReply } from '../forwarding/call-reply.ts';
import type { BodyMemory } from '../http/body-memory.ts';
import { identifyRequest } from '../http/identify-request.ts';
import { readJsonBody } from '../http/json-body.ts';
import { logRequests } from '../http/log-requests.ts';
import { sendErrors } from '../http/send-error.ts';
import { JSON_TYPE, sendText } from '../http/send-json.ts';
import type { ClientLimits } from '../limits/client-limits.ts';
import type { IdempotencyStore } from '../limits/idempotency.ts';
import type { RateLimiter } from '../limits/rate-limiter.ts';
import type { Logger } from '../logging/logger.ts';
import { FREE, type Pricing } from '../usage/bill.ts';
import type { NodeLedger } from '../usage/open-ledger.ts';
import { ADMIN_BASE_PATH, type AdminCall, type AdminRoute, type StreamedReply } from './admin-route.ts';
import { ADMIN_ROUTES } from './admin-routes.ts';

/** What the admin API needs. */
export interface AdminRouterOptions {
  /** Undefined on a node without books, where every call is `books_unavailable`. */
  readonly books: Books | undefined;
  readonly keyUses: Pick<KeyUses, 'note'> | undefined;
  /** Reads the books again after a change, so that the next call finds what was changed. */
  readonly apps: Pick<AppMirror, 'refresh' | 'isConfigured'> | undefined;
  readonly clients: ClientLimits;
  readonly rateLimiter: RateLimiter;
  readonly idempotency: IdempotencyStore;
  readonly bodyMemory: BodyMemory;
  readonly region: string;
  /** Default: nothing costs anything. */
  readonly pricing?: Pricing;
  /** Undefined on a node that signs no ledger. */
  readonly ledger: NodeLedger | undefined;
  readonly logger: Logger;
  /** Milliseconds since any moment, never going back. */
  readonly now: () => number;
}

/** People and their tools; a machine that asks more often has a mistake. */
const CALLS_PER_SECOND = 20;
/** What the shelves and shares of apps know the admin API by; no app has such an id. */
const SHARE = ':admin';
const BEARER = /^Bearer +(cwa_[A-Za-z0-9_-]{1,128}) *$/i;
const VERSION = /^"([0-9]{1,15})"$/;
const NO_KEY = {} as BookedKey;

/** The admin API, to be mounted at the root. Pages of other origins cannot read it: it sends no CORS headers. */
export function createAdminRouter(options: AdminRouterOptions): Router {
  const admin = express.Router();
  admin.use(identifyRequest(options.region), logRequests(options.logger, options.now));
  for (const [path, routes] of Map.groupBy(ADMIN_ROUTES, (route) => route.path)) {
    const endpoint = admin.route(path);
    for (const route of routes) endpoint[route.method]((request, response) => carryOut(route, options, request, response));
    endpoint.all((request, response) => refuseMethod(routes, request, response));
  }
  admin.use(refusePath, sendErrors(options.logger));
  return express.Router().use(ADMIN_BASE_PATH, admin);
}

async function carryOut(route: AdminRoute, options: AdminRouterOptions, request: Request, response: Response): Promise<void> {
  const { books, rateLimiter, apps, pricing = FREE } = options;
  if (books === undefined) throw new SfuError('books_unavailable', 'this node keeps no books; CAUSEWAY_BOOKS says where they are');
  const key = route.access === 'set-up' ? NO_KEY : await identifyKey(books, options, request);
  const retryAfterMs = rateLimiter.take(`${SHARE} ${key.id ?? ''}`, CALLS_PER_SECOND);
  if (retryAfterMs > 0) throw new SfuError('rate_limited', `the admin API takes ${CALLS_PER_SECOND} calls a second`, { retryAfterMs });
  const body = route.request === undefined ? undefined : await readJsonBody(request, options.bodyMemory, SHARE);
  const { params, query } = request;
  const isConfigured = (appId: string): boolean => apps?.isConfigured(appId) === true;
  const call: AdminCall = {
    books,
    key,
    params: params as Record<string, string>,
    query,
    url: request.originalUrl,
    body,
    ifVersion: ifVersionOf(request),
    isConfigured,
    pricing,
    ledger: options.ledger,
    wallClockMs: Date.now(),
  };
  if (route.stream !== undefined) {
    await streamReply(response, await route.stream(call));
    return;
  }
  const handle = (): Promise<TypedReply> => carryOutOnce(route, call, options, request);
  // A stranger may try set-up tokens as little as secrets.
  const reply = route.access === 'set-up' ? await options.clients.authenticated(request, handle) : await handle();
  if (route.method !== 'get') await apps?.refresh();
  for (const [name, value] of Object.entries(reply.headers)) response.setHeader(name, value);
  sendText(response, reply.httpStatus, reply);
}

function identifyKey(books: Books, { clients, keyUses }: AdminRouterOptions, request: Request): Promise<BookedKey> {
  return clients.authenticated(request, async () => {
    const [, secret] = BEARER.exec(request.headers.authorization ?? '') ?? [];
    const digest = secret === undefined ? undefined : digestSecret(secret);
    const key = digest === undefined ? undefined : await books.findAdminKey(digest);
    if (key === undefined || digest === undefined) {
      throw new SfuError('unauthorized', 'send "Authorization: Bearer <key of the admin API>", which begins with cwa_');
    }
    keyUses?.note(digest, Date.now());
    return key;
  });
}

/** What has begun cannot be answered by an error any more: the reader finds that the end is missing. */
async function streamReply(response: Response, { type, chunks }: StreamedReply): Promise<void> {
  response.writeHead(200, { 'Content-Type': type, 'Cache-Control': 'no-store', 'X-Content-Type-Options': 'nosniff' });
  try {
    await pipeline(chunks, response);
  } catch {
    response.destroy();
  }
}

/** A reply with its `Content-Type`. */
interface TypedReply extends CallReply {
  readonly type: string;
}

async function carryOutOnce(
  route: AdminRoute,
  call: AdminCall,
  { idempotency }: AdminRouterOptions,
  request: Request,
): Promise<TypedReply> {
  let type: string = JSON_TYPE;
  let headers: Readonly<Record<string, string>> = {};
  const execute = async (): Promise<string> => {
    const reply = await route.handle(call);
    headers = reply.headers ?? {};
    if ('body' in reply) return JSON.stringify(reply.body);
    ({ type } = reply);
    return reply.text;
  };
  const idempotencyKey = route.method === 'get' ? undefined : request.get('Idempotency-Key');
  if (idempotencyKey === undefined) return { httpStatus: 200, text: await execute(), type, headers };
  if (idempotencyKey.length === 0 || idempotencyKey.length > LIMITS.maxIdempotencyKeyLength) {
    const message = `the Idempotency-Key header must be 1 to ${LIMITS.maxIdempotencyKeyLength} characters long`;
    throw new SfuError('invalid_params', message, { details: { path: 'Idempotency-Key' } });
  }
  const key = JSON.stringify([route.operationId, call.key.id, request.path, idempotencyKey]);
  const { json, isReplay } = await idempotency.run({ appId: SHARE, key, fingerprint: digestOf(call.body) }, execute);
  return { httpStatus: 200, text: json, type, headers: isReplay ? { 'Idempotency-Replayed': 'true' } : headers };
}

/** @throws invalid_params – the header is not the `ETag` of an app */
function ifVersionOf(request: Request): number | undefined {
  const text = request.get('If-Match');
  if (text === undefined || text === '*') return undefined;
  const [, version] = VERSION.exec(text) ?? [];
  if (version !== undefined) return Number(version);
  throw new SfuError('invalid_params', 'If-Match must be the ETag of an app, such as "3"', { details: { path: 'If-Match' } });
}

function refuseMethod(routes: readonly AdminRoute[], request: Request, response: Response): never {
  const allowed = routes.map((route) => route.method.toUpperCase()).join(', ');
  response.setHeader('Allow', allowed);
  throw new SfuError('method_not_allowed', `${request.method} is not possible here; use ${allowed}`);
}

function refusePath(request: Request): never {
  throw new SfuError('route_not_found', `there is no ${request.method} ${request.baseUrl}${request.path}`);
}
