import { pipeline } from 'node:stream/promises';
import { type Accounts, type AppMirror, type Books, digestSecret, type KeyUses, type TokenDesk } from '@causeway/accounts';
import { type AdminNode, LIMITS, SfuError } from '@causeway/protocol';
import express, { type Request, type Response, type Router } from 'express';
import { digestOf } from '../forwarding/asserted-call.ts';
import type { CallReply } from '../forwarding/call-reply.ts';
import type { BodyMemory } from '../http/body-memory.ts';
import { readJsonBody } from '../http/json-body.ts';
import { JSON_TYPE, sendErrors, sendText } from '../http/reply.ts';
import { identifyRequest, logRequests } from '../http/request-context.ts';
import type { Tracer } from '../http/trace-context.ts';
import type { ClientLimits } from '../limits/client-limits.ts';
import type { IdempotencyStore } from '../limits/idempotency.ts';
import { createRateLimiter, type RateLimiter } from '../limits/rate-limiter.ts';
import type { Logger } from '../logging/logger.ts';
import { FREE, type Pricing } from '../usage/bill.ts';
import type { NodeLedger } from '../usage/open-ledger.ts';
import type { NodeWebhooks } from '../webhooks/open-webhooks.ts';
import type { AdminCarrier } from './admin-carrier.ts';
import {
  ADMIN_BASE_PATH,
  type AdminCall,
  type AdminCaller,
  type AdminReply,
  type AdminRoute,
  type AdminRouteDescription,
  type StreamedReply,
} from './admin-route.ts';
import { ADMIN_ROUTES } from './admin-routes.ts';
import { readSignInCookie, requireOwnOrigin, requireOwnPage, writeSignInCookie } from './sign-in-cookie.ts';

/** Options of the admin API's router. */
export interface AdminRouterOptions {
  /** Undefined on a node without books, where every call is carried to one that has them, or fails with `books_unavailable`. */
  readonly books: Books | undefined;
  /** The accounts of people; undefined on a node without books. */
  readonly accounts: Accounts | undefined;
  /** Undefined on a node that cannot send webhooks. */
  readonly webhooks: NodeWebhooks | undefined;
  readonly tokens: TokenDesk;
  readonly nodes: () => Promise<readonly AdminNode[]>;
  readonly keyUses: Pick<KeyUses, 'note'> | undefined;
  /** Reads the books again after a change, so that the next call sees it. */
  readonly apps: Pick<AppMirror, 'refresh' | 'isConfigured'> | undefined;
  /** Undefined on a standalone node. */
  readonly carrier: AdminCarrier | undefined;
  readonly clients: ClientLimits;
  readonly rateLimiter: RateLimiter;
  readonly idempotency: IdempotencyStore;
  readonly bodyMemory: BodyMemory;
  readonly region: string;
  /** Default: nothing has a price. */
  readonly pricing?: Pricing;
  /** Undefined on a node that signs no ledger. */
  readonly ledger: NodeLedger | undefined;
  /** The operator's name for the OpenID provider. Default: there is none. */
  readonly oidcName?: string | undefined;
  readonly logger: Logger;
  /** Undefined if requests are not recorded as spans. */
  readonly tracer: Tracer | undefined;
  /** Monotonic time in milliseconds. */
  readonly now: () => number;
}

/** Enough for people and their tools; a program that calls more often is faulty. */
const CALLS_PER_SECOND = 20;
/** The key of the admin API in queues and rate limits that are otherwise per app; no app can have such an id. */
const SHARE = ':admin';
const VERSION = /^"([0-9]{1,15})"$/;
/** Sign-in attempts for one e-mail address. More than these are guesses by a program. */
const SIGN_INS_PER_MINUTE = 10;
const SECONDS_PER_MINUTE = 60;

/**
 * Creates the router of the admin API, to be mounted at the root. It sends no CORS headers, so pages of other origins
 * cannot read its replies.
 */
export function createAdminRouter(options: AdminRouterOptions): Router {
  const admin = express.Router();
  const context = { ...options, signIns: createRateLimiter(options.now, SECONDS_PER_MINUTE) };
  admin.use(identifyRequest(options.region, options.tracer), logRequests(options.logger, options.now));
  for (const [path, routes] of Map.groupBy(ADMIN_ROUTES, (route) => route.path)) {
    const endpoint = admin.route(path);
    for (const route of routes) endpoint[route.method]((request, response) => carryOut(route, context, request, response));
    endpoint.all((request, response) => refuseMethod(routes, request, response));
  }
  admin.use(refusePath, sendErrors(options.logger));
  return express.Router().use(ADMIN_BASE_PATH, admin);
}

interface RouterContext extends AdminRouterOptions {
  readonly signIns: RateLimiter;
}

async function carryOut(route: AdminRoute, context: RouterContext, request: Request, response: Response): Promise<void> {
  const { books, accounts, carrier, keyUses, clients, rateLimiter, apps, tokens, nodes, pricing = FREE } = context;
  if (books === undefined || accounts === undefined) return carryAway(route, context, request, response);
  const carried = carrier?.admit(request);
  if (carried !== undefined) {
    clients.noteCarried(request, carried.address);
    // Pages, cookies and passkeys belong to the host that the client called.
    request.headers.host = carried.host;
  }
  if (route.setsCookie) requireOwnOrigin(request);
  const caller = await clients.authenticated(request, () => identifyCaller({ books, accounts, keyUses }, route, request));
  const retryAfterMs = caller.kind === 'stranger' ? 0 : rateLimiter.take(`${SHARE} ${idOf(caller)}`, CALLS_PER_SECOND);
  if (retryAfterMs > 0) throw new SfuError('rate_limited', `the admin API accepts ${CALLS_PER_SECOND} calls per second`, { retryAfterMs });
  const body = route.request === undefined ? undefined : await readJsonBody(request, context.bodyMemory, SHARE);
  carried?.checkBody(body);
  if (caller.kind === 'stranger') limitStranger(context, request, body);
  const { params, query } = request;
  const call: AdminCall = {
    books,
    accounts,
    webhooks: context.webhooks,
    tokens,
    nodes,
    isConfigured: (appId) => apps?.isConfigured(appId) === true,
    caller,
    params: params as Record<string, string>,
    query,
    url: request.originalUrl,
    host: request.headers.host ?? 'Causeway',
    origin: request.headers.origin,
    body,
    ifVersion: ifVersionOf(request),
    pricing,
    oidcName: context.oidcName,
    ledger: context.ledger,
    wallClockMs: Date.now(),
  };
  if (route.stream !== undefined) {
    await streamReply(response, await route.stream(call));
    return;
  }
  const handle = () => carryOutOnce(route, call, context, request);
  // An unauthenticated client may guess passwords and one-time tokens no more often than secrets.
  const { reply, signIn } = route.access === 'open' ? await clients.authenticated(request, handle) : await handle();
  if (route.method !== 'get') await apps?.refresh();
  if (signIn !== undefined) writeSignInCookie(request, response, signIn);
  for (const [name, value] of Object.entries(reply.headers)) response.setHeader(name, value);
  sendText(response, reply.httpStatus, reply);
}

/** @throws books_unavailable – there is no cluster whose nodes might keep books; whatever the carrier throws */
async function carryAway(route: AdminRoute, { carrier, bodyMemory }: RouterContext, request: Request, response: Response): Promise<void> {
  if (carrier === undefined) throw new SfuError('books_unavailable', 'this node keeps no books; set CAUSEWAY_BOOKS to use the admin API');
  await carrier.carry(request, response, route.request === undefined ? undefined : await readJsonBody(request, bodyMemory, SHARE));
}

/** @throws rate_limited – too many attempts by this client, or under this person's address, which need not exist */
function limitStranger({ clients, signIns }: RouterContext, request: Request, body: unknown): void {
  if (request.method === 'GET') return;
  clients.takeSignIn(request);
  const email = typeof body === 'object' && body !== null && 'email' in body ? String(body.email).trim().toLowerCase() : '';
  if (email === '') return;
  const retryAfterMs = signIns.take(digestSecret(email), SIGN_INS_PER_MINUTE / SECONDS_PER_MINUTE);
  if (retryAfterMs > 0) throw new SfuError('rate_limited', 'too many sign-in attempts for this address', { retryAfterMs });
}

/** Once a reply has begun, it cannot be replaced by an error; the reader notices that the end is missing. */
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

function idOf(caller: AdminCaller): string {
  if (caller.kind === 'key') return caller.key.id;
  return caller.kind === 'person' ? caller.person.id : '';
}

interface CarriedOut {
  readonly reply: TypedReply;
  readonly signIn: AdminReply['signIn'];
}

async function carryOutOnce(route: AdminRoute, call: AdminCall, { idempotency }: RouterContext, request: Request): Promise<CarriedOut> {
  let latest: AdminReply = { body: undefined };
  const execute = async (): Promise<string> => {
    latest = await route.handle(call);
    return 'body' in latest ? JSON.stringify(latest.body) : latest.text;
  };
  const done = (text: string, headers = latest.headers ?? {}): CarriedOut => ({
    reply: { httpStatus: 200, text, type: 'type' in latest ? latest.type : JSON_TYPE, headers },
    signIn: latest.signIn,
  });
  const idempotencyKey = route.method === 'get' || route.setsCookie ? undefined : request.get('Idempotency-Key');
  if (idempotencyKey === undefined) return done(await execute());
  if (idempotencyKey.length === 0 || idempotencyKey.length > LIMITS.maxIdempotencyKeyLength) {
    const message = `the Idempotency-Key header must be 1 to ${LIMITS.maxIdempotencyKeyLength} characters long`;
    throw new SfuError('invalid_params', message, { details: { path: 'Idempotency-Key' } });
  }
  const key = JSON.stringify([route.operationId, idOf(call.caller), request.path, idempotencyKey]);
  const { json, isReplay } = await idempotency.run({ appId: SHARE, key, fingerprint: digestOf(call.body) }, execute);
  return isReplay ? done(json, { 'Idempotency-Replayed': 'true' }) : done(json);
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
  throw new SfuError('method_not_allowed', `${request.method} is not allowed here; use ${allowed}`);
}

function refusePath(request: Request): never {
  throw new SfuError('route_not_found', `there is no ${request.method} ${request.baseUrl}${request.path}`);
}

/** Where credentials are looked up. */
export interface CallerSources {
  readonly books: Books;
  readonly accounts: Accounts;
  readonly keyUses: Pick<KeyUses, 'note'> | undefined;
}

const BEARER = /^Bearer +(cwa_[A-Za-z0-9_-]{1,128}) *$/i;

/**
 * @throws SfuError `unauthorized` – there is no valid credential; `forbidden` – the sign-in is valid, but the page that
 * uses it is from another origin
 */
async function identifyCaller(sources: CallerSources, { access }: AdminRouteDescription, request: Request): Promise<AdminCaller> {
  if (access === 'open') return { kind: 'stranger' };
  // A program that sends a key is identified by it, whatever cookie its HTTP client adds.
  const { authorization } = request.headers;
  const caller = authorization === undefined ? await identifyPerson(sources, request) : await identifyKey(sources, authorization);
  if (caller === undefined) {
    throw new SfuError('unauthorized', 'sign in, or send "Authorization: Bearer <key of the admin API>" with a key that begins with cwa_');
  }
  if (access === 'person' && caller.kind !== 'person')
    throw new SfuError('forbidden', 'only a person who is signed in can make this call, not a key');
  return caller;
}

async function identifyKey({ books, keyUses }: CallerSources, authorization: string): Promise<AdminCaller | undefined> {
  const [, secret] = BEARER.exec(authorization) ?? [];
  const digest = secret === undefined ? undefined : digestSecret(secret);
  const key = digest === undefined ? undefined : await books.findAdminKey(digest);
  if (key === undefined || digest === undefined) return undefined;
  keyUses?.note(digest, Date.now());
  return { kind: 'key', key };
}

async function identifyPerson({ accounts }: CallerSources, request: Request): Promise<AdminCaller | undefined> {
  const token = readSignInCookie(request);
  if (token === undefined) return undefined;
  const digest = digestSecret(token);
  const signedIn = await accounts.findSignIn(digest);
  if (signedIn === undefined) return undefined;
  requireOwnPage(request);
  return { kind: 'person', ...signedIn, digest };
}
