import { createStaticAppStore } from '@causeway/accounts';
import { createSfu, openFilesLimit, type Sfu } from '@causeway/sfu';
import type { Config } from '../config/config.ts';
import { OPTIONS } from '../config/options.ts';
import { MemoryIdempotencyStore } from '../limits/idempotency.ts';
import { createRateLimiter } from '../limits/rate-limiter.ts';
import type { Logger } from '../logging/logger.ts';
import { createDebugListener } from '../monitoring/debug-listener.ts';
import { inspectNode } from '../monitoring/inspect-node.ts';
import { ReplyCounters } from '../monitoring/reply-counters.ts';
import { createGatewayApp } from './gateway-app.ts';
import { closeHttpServer, createHttpServer, listen } from './http-server.ts';
import { type MadeUpApp, makeUpApp } from './made-up-app.ts';
import { explainListenFailure } from './start-failure.ts';
import { urlHostOf } from './url-host.ts';
import { describeMadeUpApp } from './welcome.ts';

/** Calls that wait for a negotiation take up to 5 s; whoever stops the daemon does not want to wait that long. */
const CLOSE_GRACE_MS = 3_000;
/** What the debug port shows is for nobody but this machine. */
const DEBUG_ADDRESS = '127.0.0.1';
const BYTES_PER_MB = 1024 * 1024;
/** Half of the files that may be open are for clients' media; some must be left for the log and the like. */
const CONNECTIONS_SHARE_OF_FILES = 0.4;
const MAX_CONNECTIONS = 10_000;
const MAX_DEBUG_CONNECTIONS = 16;

export interface DaemonServices {
  readonly logger: Logger;
  readonly dashboardFolder: string;
  /** Shows a text to the person who started the daemon. */
  readonly print: (text: string) => void;
}

export interface Daemon {
  readonly httpPort: number;
  /** Lets calls under way finish, then says goodbye to every client. */
  stop(): Promise<void>;
}

/**
 * Opens all ports and serves until stopped.
 *
 * @throws ConfigError – a port cannot be opened
 */
export async function startDaemon(config: Config, services: DaemonServices): Promise<Daemon> {
  const { logger } = services;
  const madeUpApp = config.apps.length === 0 ? makeUpApp() : undefined;
  const sfu = await openSfu(config, logger);
  const servers = createServers(sfu, madeUpApp === undefined ? config : { ...config, apps: [madeUpApp.app] }, services);
  const ports = await openHttp(servers, config).catch(async (error: unknown) => {
    await sfu.close();
    throw error;
  });
  announce({ ...ports, udpPort: sfu.udpPort }, config, madeUpApp, services);
  return {
    httpPort: ports.httpPort,
    async stop() {
      logger.log('info', 'stopping', { sessions: sfu.stats.sessions });
      await Promise.all([closeHttpServer(servers.http, CLOSE_GRACE_MS), closeHttpServer(servers.debug, 0)]);
      await sfu.close();
      logger.log('info', 'stopped');
    },
  };
}

async function openSfu(config: Config, logger: Logger): Promise<Sfu> {
  const { udpPort, listenAddress, announcedAddresses, nodeNumber, workers, maxSessions, maxEventLoopDelayMs, maxMemoryMb } = config;
  try {
    return await createSfu({
      udpPort,
      announcedAddresses,
      nodeNo: nodeNumber,
      workers,
      onShardLost: (loss) => logger.log('error', 'a worker thread is gone and is replaced; its sessions are closed', { ...loss }),
      overload: { maxSessions, maxEventLoopDelayMs },
      ...(maxMemoryMb === undefined ? {} : { maxMemoryBytes: maxMemoryMb * BYTES_PER_MB }),
      // Like the HTTP server, which takes IPv4 on `::` as well.
      ...(listenAddress === undefined || listenAddress === '::' ? {} : { listenAddress }),
    });
  } catch (error) {
    throw explainListenFailure(error, 'UDP', udpPort, OPTIONS.udpPort);
  }
}

function createServers(sfu: Sfu, { apps, region }: Pick<Config, 'apps' | 'region'>, { logger, dashboardFolder }: DaemonServices) {
  const now = () => performance.now();
  const counted = { rateLimiter: createRateLimiter(now), idempotency: new MemoryIdempotencyStore(now), replies: new ReplyCounters() };
  const app = createGatewayApp({ sfu, apps: createStaticAppStore(apps), region, logger, dashboardFolder, ...counted });
  const maxConnections = Math.floor(Math.min(MAX_CONNECTIONS, openFilesLimit() * CONNECTIONS_SHARE_OF_FILES));
  const http = createHttpServer(app, { maxConnections });
  const inspect = () => inspectNode({ sfu, server: http, ...counted });
  const reportDefect = (error: unknown) => logger.log('error', 'the node cannot be inspected', { error });
  const debug = createHttpServer(createDebugListener(inspect, reportDefect), { maxConnections: MAX_DEBUG_CONNECTIONS });
  return { http, debug };
}

interface OpenPorts {
  readonly httpPort: number;
  /** Undefined if none was asked for. */
  readonly debugPort: number | undefined;
}

async function openHttp({ http, debug }: ReturnType<typeof createServers>, config: Config): Promise<OpenPorts> {
  const debugPort = config.debugPort === undefined ? undefined : await openPort(debug, config.debugPort, DEBUG_ADDRESS, OPTIONS.debugPort);
  try {
    return { debugPort, httpPort: await openPort(http, config.httpPort, config.listenAddress, OPTIONS.httpPort) };
  } catch (error) {
    await closeHttpServer(debug, 0);
    throw error;
  }
}

async function openPort(
  ...[server, port, address, option]: [...Parameters<typeof listen>, { readonly variable: string }]
): Promise<number> {
  try {
    return await listen(server, port, address);
  } catch (error) {
    throw explainListenFailure(error, 'TCP', port, option);
  }
}

function announce(
  { httpPort, debugPort, udpPort }: OpenPorts & { readonly udpPort: number },
  { listenAddress, region, nodeNumber }: Config,
  madeUpApp: MadeUpApp | undefined,
  { logger, print }: DaemonServices,
): void {
  const host = urlHostOf(listenAddress);
  const page = `http://${host}:${httpPort}/`;
  logger.log('info', 'ready', { page, udpPort, region, node: nodeNumber, ...(debugPort === undefined ? {} : { debugPort }) });
  if (madeUpApp !== undefined) print(describeMadeUpApp(madeUpApp, page, `stun:${host}:${udpPort}`));
}
