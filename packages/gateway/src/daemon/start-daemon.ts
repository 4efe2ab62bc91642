import { createSecretKey } from 'node:crypto';
import { type OwnApps, TokenDesk } from '@causeway/accounts';
import type { Cluster } from '@causeway/cluster';
import type { AppId } from '@causeway/protocol';
import type { JoinedCluster, OpenedNode, Sfu } from '@causeway/sfu';
import type { ClusterConfig } from '../config/cluster-config.ts';
import type { Config } from '../config/load-config.ts';
import { isLoopback } from '../config/network-kinds.ts';
import { OPTIONS } from '../config/options.ts';
import type { EventDesk } from '../events/event-desk.ts';
import { ClientLimits } from '../limits/client-limits.ts';
import { MemoryIdempotencyStore } from '../limits/idempotency.ts';
import { createRateLimiter } from '../limits/rate-limiter.ts';
import type { Logger } from '../logging/logger.ts';
import { createDebugListener, createMetricsListener } from '../monitoring/debug-listener.ts';
import type { DefectLog } from '../monitoring/defect-log.ts';
import { inspectNode } from '../monitoring/inspect-node.ts';
import { ReplyCounters } from '../monitoring/reply-counters.ts';
import { openTelemetry } from '../monitoring/telemetry/load-telemetry.ts';
import type { Telemetry } from '../monitoring/telemetry/telemetry.ts';
import type { Pricing } from '../usage/bill.ts';
import { type NodeUsage, openUsageDesk } from '../usage/open-usage-desk.ts';
import { type NodeWebhooks, openWebhooks } from '../webhooks/open-webhooks.ts';
import { createGatewayApp, createStartingApp } from './gateway-app.ts';
import { type ApiPort, checkLaterPorts, type HttpPort, openApiPort, openDebugPort, openMetricsPort, urlHostOf } from './http-ports.ts';
import type { Membership } from './join-cluster.ts';
import { announceLoad, Lifecycle, waitUntilEmpty } from './lifecycle.ts';
import { listNodes } from './list-nodes.ts';
import { logSfuEvent } from './log-events.ts';
import { describeMadeUpApp, type MadeUpApp, makeUpApp } from './made-up-app.ts';
import { describeSetUp, type NodeBooks, openBooks } from './open-books.ts';
import { openEventDesk, shareEvents } from './open-event-desk.ts';
import { checkUdpPort, openSfu } from './open-sfu.ts';

const MS_PER_SECOND = 1_000;

export interface DaemonServices {
  readonly logger: Logger;
  /** Receives defects that belong to no session. */
  readonly defects: DefectLog;
  readonly dashboardFolder: string;
  /** Shows a text to the person who started the daemon. */
  readonly print: (text: string) => void;
  /** Another process has taken this node's number in the cluster, so this one must stop and not restart by itself. */
  readonly onSuperseded: () => void;
}

export interface Daemon {
  readonly httpPort: number;
  /** Accepts no new sessions, and stops once the existing ones have ended or the deadline has passed. */
  drain(): Promise<void>;
  /** Notifies every client and the other nodes, and stops at once. May be called while draining, and repeatedly. */
  stop(): Promise<void>;
}

/**
 * Opens all ports and serves until stopped.
 *
 * @throws ConfigError – a port cannot be opened, or an option cannot be used
 * @throws StartError – the cluster cannot be joined
 */
export async function startDaemon(config: Config, services: DaemonServices): Promise<Daemon> {
  const http = await openApiPort(config, createStartingApp(config.region, services.logger));
  /** What is open, in the order in which it must be closed if a later step fails. */
  const opened: Closable[] = [http];
  try {
    const node = await startNode(config, services, http, opened);
    announceStart(node);
    await offerSetUp(node);
    return controlOf(node);
  } catch (error) {
    for (const each of opened) await each.close();
    throw error;
  }
}

interface Closable {
  close(): Promise<unknown>;
}

/** The parts of a daemon that has started. */
interface RunningNode {
  readonly config: Config;
  readonly services: DaemonServices;
  readonly lifecycle: Lifecycle;
  readonly events: EventDesk;
  readonly sfu: Sfu;
  readonly usage: NodeUsage;
  readonly books: NodeBooks;
  /** Undefined if this node sends no webhooks. */
  readonly webhooks: NodeWebhooks | undefined;
  /** Undefined if apps are configured. */
  readonly madeUpApp: MadeUpApp | undefined;
  /** Undefined for a standalone node. */
  readonly membership: Membership | undefined;
  readonly http: ApiPort;
  /** Undefined if it is not configured. */
  readonly debug: HttpPort | undefined;
  /** Undefined if it is not configured. */
  readonly metrics: HttpPort | undefined;
  /** Undefined if nothing is exported. */
  readonly telemetry: Telemetry | undefined;
}

async function startNode(config: Config, services: DaemonServices, http: ApiPort, opened: Closable[]): Promise<RunningNode> {
  const { logger, defects } = services;
  const lifecycle = new Lifecycle();
  await checkUdpPort(config);
  await checkLaterPorts(config);
  const { events, store } = await openEventDesk(config, logger);
  opened.unshift({ close: () => events.finish() });
  const books = await openBooks(config, logger);
  opened.unshift(books);
  const madeUpApp = config.cluster === undefined && books.apps.apps.length === 0 ? makeUpApp() : undefined;
  if (madeUpApp !== undefined) books.apps.add(madeUpApp.app);
  const keepsBooks = books.books !== undefined;
  const { sfu, membership } = await openNode(config, services, http.port, { events, apps: books.apps, keepsBooks });
  shareEvents(events, store, membership?.cluster, logger);
  opened.unshift(sfu, ...(membership === undefined ? [] : [membership]));
  const settingsOf = async (appId: AppId) => (await (membership?.cluster.appStore ?? books.apps).findApp(appId))?.settings;
  const onPassed = (appId: AppId, usedPercent: number): void => events.noteQuota(appId, usedPercent);
  const usage = await openUsageDesk({
    config,
    sfu,
    cluster: membership?.cluster,
    books: books.books,
    apps: books.apps,
    settingsOf,
    onPassed,
    logger,
  });
  opened.splice(1, 0, usage);
  const webhooks = openWebhooks({ config, books: books.webhooks, sealingKey: books.sealingKey, events, logger });
  if (webhooks !== undefined) opened.splice(1, 0, webhooks.desk);
  const now = () => performance.now();
  const counted = {
    rateLimiter: createRateLimiter(now),
    clients: createClientLimits(config, now),
    idempotency: new MemoryIdempotencyStore(now, config.maxIdempotencyKeysPerApp),
    replies: new ReplyCounters(),
    tokens: openTokenDesk(config, membership?.cluster),
  };
  const { server, connectionLimit, intake } = http;
  const inspect = () =>
    inspectNode({
      sfu,
      server,
      connectionLimit,
      intake,
      events,
      usage: usage.desk,
      webhooks: webhooks?.desk,
      membership,
      defects,
      ...counted,
    });
  const onDefect = (error: unknown) => logger.log('error', 'the node cannot be inspected', { error });
  const debug = await openDebugPort(config, createDebugListener({ inspect, usage: usage.desk, onDefect }));
  if (debug !== undefined) opened.push(debug);
  const metrics = await openMetricsPort(config, createMetricsListener({ inspect, onDefect }, config.metricsToken ?? ''));
  const telemetry = await openTelemetry(config, inspect, logger);
  if (telemetry !== undefined) opened.push(telemetry);
  const app = createGatewayApp({
    sfu,
    apps: membership?.cluster.appStore ?? books.apps,
    books,
    region: config.region,
    pricing: pricingOf(config),
    oidcName: config.oidc?.name,
    ledger: usage.ledger,
    webhooks,
    logger,
    dashboardFolder: services.dashboardFolder,
    events,
    readiness: () => lifecycle.readiness(sfu, membership?.cluster.directory),
    isDraining: () => lifecycle.isDraining,
    tracer: telemetry?.tracer,
    nodes: () => listNodes({ config, sfu, lifecycle, directory: membership?.cluster.directory }),
    ...(membership === undefined ? {} : { cluster: membership.calls }),
    ...counted,
  });
  http.serve(app);
  lifecycle.noteServing();
  return { config, services, lifecycle, events, sfu, usage, books, webhooks, madeUpApp, membership, http, debug, metrics, telemetry };
}

const BYTES_PER_GB = 1_000_000_000;

function pricingOf({ pricePerGb, freeGbPerMonth, currency }: Config): Pricing {
  return { pricePerGb, freeBytesPerMonth: freeGbPerMonth * BYTES_PER_GB, currency };
}

function createClientLimits(config: Config, now: () => number): ClientLimits {
  return new ClientLimits(now, {
    maxFailedAuthenticationsPerMinute: config.maxFailedAuthenticationsPerMinutePerClient,
    maxNewSessionsPerSecond: config.maxNewSessionsPerSecondPerClient,
    trustedProxies: config.trustedProxies,
  });
}

async function openNode(
  config: Config,
  { logger, defects, onSuperseded }: DaemonServices,
  httpPort: number,
  { events, apps, keepsBooks }: { readonly events: EventDesk; readonly apps: OwnApps; readonly keepsBooks: boolean },
): Promise<Pick<RunningNode, 'sfu' | 'membership'>> {
  const { cluster: access } = config;
  let membership: Membership | undefined;
  const join = async (access: ClusterConfig, opened: OpenedNode): Promise<JoinedCluster> => {
    // A standalone node does not load this module.
    const { joinCluster } = await import('./join-cluster.ts');
    membership = await joinCluster({ config, access, httpPort, logger, onSuperseded, apps, keepsBooks }, opened);
    return membership.joined;
  };
  const sfu = await openSfu(config, {
    onShardLost: (loss) => logger.log('error', 'a worker thread is gone and is replaced; its sessions are closed', { ...loss }),
    onDefect: (error) => defects.note('contained', error),
    onEvent(event) {
      events.note(event);
      logSfuEvent(logger, event);
    },
    ...(access === undefined ? {} : { joinCluster: (opened) => join(access, opened) }),
  });
  return { sfu, membership };
}

function controlOf(node: RunningNode): Daemon {
  const { config, services, lifecycle, events, sfu, membership } = node;
  const { logger } = services;
  const enough = new AbortController();
  const stopTelling = membership === undefined ? () => undefined : announceLoad(sfu, membership.cluster.directory);
  let closing: Promise<void> | undefined;
  const stop = (): Promise<void> => {
    enough.abort();
    stopTelling();
    closing ??= closeNode(node);
    return closing;
  };
  return {
    httpPort: node.http.port,
    stop,
    async drain() {
      const timeoutMs = config.drainSeconds * MS_PER_SECOND;
      lifecycle.noteDraining();
      membership?.cluster.directory.announce({ state: 'draining' });
      events.noteDraining(config.region, new Date(Date.now() + timeoutMs));
      logger.log('info', 'draining', { sessions: sfu.stats.sessions, seconds: config.drainSeconds });
      await waitUntilEmpty(() => sfu.stats.sessions, timeoutMs, enough.signal);
      await stop();
    },
  };
}

/** Sessions end first, so that further calls are told the reason, events report it, and all usage is counted. */
async function closeNode(node: RunningNode): Promise<void> {
  const { services, lifecycle, events, sfu, usage, books, webhooks, membership, http, debug, metrics, telemetry } = node;
  const { logger } = services;
  logger.log('info', 'stopping', { sessions: sfu.stats.sessions });
  lifecycle.noteDraining();
  await sfu.close();
  events.close();
  const [batches] = await Promise.all([usage.close(), http.close(), debug?.close(), metrics?.close(), webhooks?.desk.close()]);
  const outstanding = await events.finish();
  if (outstanding > 0)
    logger.log('warn', 'events were not sent; they are kept in the usage folder, or lost if there is none', { events: outstanding });
  if (batches > 0) logger.log('warn', 'usage was not counted; it is kept in the journal, or lost if there is none', { batches });
  await Promise.all([membership?.close(), books.close(), telemetry?.close()]);
  logger.log('info', 'stopped');
}

function announceStart({ config, services, sfu, http, debug, madeUpApp }: RunningNode): void {
  const { listenAddress, httpListenAddress, region, nodeNumber } = config;
  const host = urlHostOf(listenAddress);
  const page = `http://${urlHostOf(httpListenAddress ?? listenAddress)}:${http.port}/`;
  const udpPort = sfu.udpPort;
  services.logger.log('info', 'ready', {
    page,
    udpPort,
    region,
    node: nodeNumber,
    ...(debug === undefined ? {} : { debugPort: debug.port }),
  });
  warnOfLoopback(config, services.logger);
  if (madeUpApp !== undefined) services.print(describeMadeUpApp(madeUpApp, page, `stun:${host}:${udpPort}`));
}

/** This is useful for trying things out, and a common mistake behind a proxy: the API works there, but no media arrives. */
function warnOfLoopback({ listenAddress, announcedAddresses }: Config, logger: Logger): void {
  if (listenAddress === undefined || !isLoopback(listenAddress) || announcedAddresses.length > 0) return;
  const { listenAddress: listen, httpListenAddress: http } = OPTIONS;
  logger.log('warn', `only clients on this machine can reach the media port; for a proxy, set ${http.variable} instead`, {
    [listen.variable]: listenAddress,
  });
}

/** Shows the operator of the first node how to create the first organisation. Without books, there is nothing to set up. */
async function offerSetUp({ config, services, books: { books }, http }: RunningNode): Promise<void> {
  const token = await books?.openSetUp().catch(() => undefined);
  const { listenAddress, httpListenAddress } = config;
  const url = `http://${urlHostOf(httpListenAddress ?? listenAddress)}:${http.port}/`;
  if (token !== undefined) services.print(describeSetUp(token, url));
}

/** Returns the token desk of a node: that of its cluster, or its own. With a configured key, its tokens outlive the process. */
export function openTokenDesk({ tokenKey }: Pick<Config, 'tokenKey'>, cluster: Cluster | undefined): TokenDesk {
  if (cluster !== undefined) {
    const { tokenSecret: secret, revocations } = cluster;
    return new TokenDesk({ secret, revocations, nowMs: () => cluster.redisNowMs() });
  }
  return new TokenDesk(tokenKey === undefined ? {} : { secret: createSecretKey(Buffer.from(tokenKey, 'utf8')) });
}
