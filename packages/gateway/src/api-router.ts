import { type AppStore, type KeyUses, TokenDesk } from '@causeway/accounts';
import { SfuError } from '@causeway/protocol';
import type { Sfu } from '@causeway/sfu';
import express, { type Router } from 'express';
import type { Authorize } from './api/authorize.ts';
import { carryOut } from './api/carry-out.ts';
import { RefusalLog } from './api/refusal-log.ts';
import type { RouteDescription } from './api/route.ts';
import { ROUTES } from './api/routes.ts';
import { EVENT_ROUTES, type EventServices, streamEvents } from './api/stream-events.ts';
import { EventDesk } from './events/event-desk.ts';
import { API_BASE_PATH } from './forwarding/asserted-call.ts';
import { BodyMemory } from './http/body-memory.ts';
import { allowCrossOrigin } from './http/cors.ts';
import { sendErrors } from './http/reply.ts';
import { identifyRequest, logRequests } from './http/request-context.ts';
import { dropTinyChunks } from './http/tiny-chunks.ts';
import type { Tracer } from './http/trace-context.ts';
import { ClientLimits } from './limits/client-limits.ts';
import { type IdempotencyStore, MemoryIdempotencyStore } from './limits/idempotency.ts';
import { createRateLimiter, type RateLimiter } from './limits/rate-limiter.ts';
import { createJsonLogger, type Logger } from './logging/logger.ts';
import { serveDescription } from './openapi/serve-description.ts';
import type { ClusterCalls } from './placement/cluster-calls.ts';

/** Options of the API's router. */
export interface ApiRouterOptions {
  readonly sfu: Sfu;
  readonly apps: AppStore;
  /** Notified of the secrets that are used. */
  readonly keyUses?: Pick<KeyUses, 'note'>;
  /** Value of the `X-SFU-Region` header of every reply. */
  readonly region?: string;
  /** Default: warnings and errors as JSON on standard error. */
  readonly logger?: Logger;
  /**
   * Identifies the caller by the sign-in of the embedding application; see `Authorize`. Default: callers are identified
   * only by secret or token.
   */
  readonly authorize?: Authorize;
  /** Signs and verifies tokens. Default: a desk of its own, whose tokens are valid only while this process runs. */
  readonly tokens?: TokenDesk;
  /** Default: a store in the memory of this process. */
  readonly idempotency?: IdempotencyStore;
  /** Default: a limiter of its own. */
  readonly rateLimiter?: RateLimiter;
  /** Limits per client address. Default: generous limits, and no trusted proxies. */
  readonly clients?: ClientLimits;
  /** Default: 64 MiB for request bodies being received. */
  readonly bodyMemory?: BodyMemory;
  /** Monotonic time in milliseconds. */
  readonly now?: () => number;
  /** Whether new sessions are refused because this process is about to end. Default: never. */
  readonly isDraining?: () => boolean;
  /** Source of event streams. Default: a desk that receives all events of this SFU. */
  readonly events?: EventDesk;
  /** Records requests as spans. Default: it does not. */
  readonly tracer?: Tracer | undefined;
  /** The parts of a cluster node. Default: the node is standalone. */
  readonly cluster?: ClusterCalls;
}

/**
 * Creates the HTTP API as a router to be mounted at the root of an Express app. It handles everything below `/api/sfu`,
 * including errors, CORS, the OpenAPI document (`/api/sfu/openapi.json`) and a page that shows it (`/api/sfu/docs`),
 * and passes on all other requests.
 */
export function createApiRouter(options: ApiRouterOptions): Router {
  const { sfu, apps, region = 'local', logger = createJsonLogger('warn'), now = () => performance.now() } = options;
  const services = {
    sfu,
    apps,
    node: { region, isDraining: options.isDraining ?? (() => false) },
    cluster: options.cluster,
    rateLimiter: options.rateLimiter ?? createRateLimiter(now),
    clients: options.clients ?? new ClientLimits(now),
    idempotency: options.idempotency ?? new MemoryIdempotencyStore(now),
    bodyMemory: options.bodyMemory ?? new BodyMemory(),
    tokens: options.tokens ?? new TokenDesk(),
    authorize: options.authorize,
    keyUses: options.keyUses,
    refusals: new RefusalLog(now),
  };
  services.tokens.revocations.onRevoked(({ appId, revoked, closesSessions }) => {
    if (closesSessions) sfu.closeSessionsOf(appId, revoked);
  });
  const api = express.Router();
  api.use(dropChunks, identifyRequest(region, options.tracer), logRequests(logger, now), allowCrossOrigin());
  for (const [path, routes] of Map.groupBy(ROUTES, (route) => route.path)) {
    const endpoint = api.route(`/:sfu_app_id${path}`);
    for (const route of routes) endpoint[route.method]((request, response) => carryOut(route, services, request, response));
    endpoint.all(refuseMethod(path, routes));
  }
  addEventRoutes(api, { ...services, events: options.events ?? eventsOf(sfu) });
  api.use(refusePath, sendErrors(logger));
  const router = express.Router();
  router.use(API_BASE_PATH, serveDescription(), api);
  return router;
}

/** Streams end with the SFU, so that a server can close once its SFU is closed. */
function eventsOf(sfu: Sfu): EventDesk {
  const events = new EventDesk({ nodeNo: sfu.nodeNo });
  sfu.watch({ onEvent: (event) => events.note(event), onClosed: () => events.close() });
  return events;
}

/** The server of an embedder does not do this. */
const dropChunks: express.RequestHandler = (request, _response, next) => {
  dropTinyChunks(request);
  next();
};

function addEventRoutes(api: Router, services: EventServices): void {
  for (const route of EVENT_ROUTES) {
    const endpoint = api.route(`/:sfu_app_id${route.path}`);
    endpoint.get((request, response) => streamEvents(route, services, request, response));
    endpoint.all(refuseMethod(route.path, [route]));
  }
}

function refuseMethod(path: string, routes: readonly RouteDescription[]): express.RequestHandler {
  const allowed = routes.map((route) => route.method.toUpperCase()).join(', ');
  const verbs = verbsBeside(path);
  return (request, response) => {
    // A misspelt verb (`POST …/track/publihs`) looks like an id here, but its caller must be told that there is no such
    // call.
    if (verbs.has(request.method)) refusePath(request);
    response.setHeader('Allow', allowed);
    throw new SfuError('method_not_allowed', `${request.method} is not allowed here; use ${allowed}`);
  };
}

/** Returns the methods, in capitals, of calls with a verb where this path has an id, such as `/track/publish` beside `/track/:track_id`. */
function verbsBeside(path: string): ReadonlySet<string> {
  const [parent, last] = splitLast(path);
  if (!last.startsWith(':')) return new Set();
  const beside = ROUTES.filter((route) => {
    const [itsParent, itsLast] = splitLast(route.path);
    return itsParent === parent && !itsLast.startsWith(':');
  });
  return new Set(beside.map((route) => route.method.toUpperCase()));
}

function splitLast(path: string): readonly [parent: string, last: string] {
  const slash = path.lastIndexOf('/');
  return [path.slice(0, slash), path.slice(slash + 1)];
}

function refusePath(request: express.Request): never {
  throw new SfuError('route_not_found', `there is no ${request.method} ${request.baseUrl}${request.path}`);
}
