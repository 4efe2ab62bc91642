import { TokenDesk } from '@causeway/accounts';
import { type AdminNode, SfuError } from '@causeway/protocol';
import express, { type Express, type RequestHandler } from 'express';
import { AdminCarrier } from '../admin/admin-carrier.ts';
import { createAdminRouter } from '../admin/admin-router.ts';
import { type ApiRouterOptions, createApiRouter } from '../api-router.ts';
import { createDashboardRouter } from '../dashboard/dashboard-router.ts';
import { API_BASE_PATH } from '../forwarding/asserted-call.ts';
import { BodyMemory } from '../http/body-memory.ts';
import { allowCrossOrigin } from '../http/cors.ts';
import { sendErrors, sendJson } from '../http/reply.ts';
import { identifyRequest } from '../http/request-context.ts';
import { ClientLimits } from '../limits/client-limits.ts';
import { MemoryIdempotencyStore } from '../limits/idempotency.ts';
import { createRateLimiter } from '../limits/rate-limiter.ts';
import type { Logger } from '../logging/logger.ts';
import type { ReplyCounters } from '../monitoring/reply-counters.ts';
import { serveDescription } from '../openapi/serve-description.ts';
import { FREE, type Pricing } from '../usage/bill.ts';
import type { NodeLedger } from '../usage/open-ledger.ts';
import type { NodeWebhooks } from '../webhooks/open-webhooks.ts';
import type { Readiness } from './lifecycle.ts';
import type { NodeBooks } from './open-books.ts';

export interface GatewayAppOptions extends ApiRouterOptions {
  /** Default: none; calls of the admin API are then carried to a node of the cluster that has them, and fail if there is none. */
  readonly books?: Pick<NodeBooks, 'books' | 'accounts' | 'apps' | 'uses'>;
  /** Returns all live nodes for the admin API. Default: only this one. */
  readonly nodes?: () => Promise<readonly AdminNode[]>;
  readonly region: string;
  /** Default: nothing has a price. */
  readonly pricing?: Pricing;
  /** Default: none; the admin API then refuses calls about webhooks. */
  readonly webhooks?: NodeWebhooks | undefined;
  /** Default: none; ledgers then cannot be exported. */
  readonly ledger?: NodeLedger;
  /** What the operator calls the OpenID provider. Default: there is none. */
  readonly oidcName?: string | undefined;
  readonly logger: Logger;
  readonly dashboardFolder: string;
  readonly replies: ReplyCounters;
  readonly readiness: () => Readiness;
}

/** Creates everything that the daemon serves: the API, its description, the page at `/`, and two health checks for the process manager. */
export function createGatewayApp(options: GatewayAppOptions): Express {
  const app = express();
  app.disable('x-powered-by');
  app.use(options.replies.middleware());
  addProbes(app, options.readiness);
  // This comes before the API's router, whose own description has no admin API.
  const description = serveDescription({ hasAdminApi: true });
  app.use(description);
  app.use(API_BASE_PATH, description);
  const now = options.now ?? (() => performance.now());
  const { books, accounts, uses } = options.books ?? {};
  const shared = {
    now,
    clients: options.clients ?? new ClientLimits(now),
    rateLimiter: options.rateLimiter ?? createRateLimiter(now),
    idempotency: options.idempotency ?? new MemoryIdempotencyStore(now),
    bodyMemory: options.bodyMemory ?? new BodyMemory(),
    tokens: options.tokens ?? new TokenDesk(),
  };
  const { region, logger, tracer, pricing = FREE, nodes = async () => [] } = options;
  const ofBooks = { books, accounts, apps: options.books?.apps, keyUses: uses, webhooks: options.webhooks, ledger: options.ledger };
  const carrier = options.cluster && new AdminCarrier(options.cluster, now);
  app.use(createAdminRouter({ ...shared, ...ofBooks, carrier, region, logger, tracer, pricing, nodes, oidcName: options.oidcName }));
  app.use(createApiRouter({ ...options, ...shared, ...(uses === undefined ? {} : { keyUses: uses }) }));
  app.use(createDashboardRouter(options.dashboardFolder));
  app.use(identifyRequest(options.region), refusePath, sendErrors(options.logger));
  return app;
}

const refusePath: RequestHandler = (request) => {
  throw new SfuError('route_not_found', `there is nothing at ${request.path}`);
};

const RETRY_AFTER_MS = 1_000;

/** Creates what is served until the SFU exists: the two health checks. A cluster node may have to wait for Redis. */
export function createStartingApp(region: string, logger: Logger): Express {
  const app = express();
  app.disable('x-powered-by');
  addProbes(app, () => 'starting');
  app.use(identifyRequest(region), allowCrossOrigin(), refuse, sendErrors(logger));
  return app;
}

function refuse(): never {
  throw new SfuError('no_capacity', 'this node is starting; try again in a second', { retryAfterMs: RETRY_AFTER_MS });
}

/**
 * Adds two health checks. Liveness means that the event loop of the process runs; readiness means that it accepts new
 * sessions. Neither depends on another process.
 */
export function addProbes(app: Express, readiness: () => Readiness): void {
  app.get(
    '/healthz',
    replyWith(() => ({ httpStatus: 200, status: 'alive' })),
  );
  app.get(
    '/readyz',
    replyWith(() => {
      const status = readiness();
      return { httpStatus: status === 'ready' ? 200 : 503, status };
    }),
  );
}

function replyWith(probe: () => { readonly httpStatus: number; readonly status: string }): RequestHandler {
  return (_request, response) => {
    const { httpStatus, status } = probe();
    sendJson(response, httpStatus, JSON.stringify({ status }));
  };
}
