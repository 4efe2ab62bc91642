import { createStaticAppStore } from '@causeway/accounts';
import { createSfu, type Sfu } from '@causeway/sfu';
import type { Config } from '../config/config.ts';
import type { Logger } from '../logging/logger.ts';
import { createGatewayApp } from './gateway-app.ts';
import { closeHttpServer, createHttpServer, listen } from './http-server.ts';
import { makeUpApp } from './made-up-app.ts';
import { explainListenFailure } from './start-failure.ts';
import { urlHostOf } from './url-host.ts';
import { describeMadeUpApp } from './welcome.ts';

/** Calls that wait for a negotiation take up to 5 s; whoever stops the daemon does not want to wait that long. */
const CLOSE_GRACE_MS = 3_000;

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
 * Opens both ports and serves until stopped.
 *
 * @throws ConfigError – a port cannot be opened
 */
export async function startDaemon(config: Config, { logger, dashboardFolder, print }: DaemonServices): Promise<Daemon> {
  const madeUpApp = config.apps.length === 0 ? makeUpApp() : undefined;
  const apps = createStaticAppStore(madeUpApp === undefined ? config.apps : [madeUpApp.app]);
  const sfu = await openSfu(config);
  const server = createHttpServer(createGatewayApp({ sfu, apps, region: config.region, logger, dashboardFolder }));
  const httpPort = await openHttp(server, config, sfu);
  const pageUrl = `http://${urlHostOf(config.listenAddress)}:${httpPort}/`;
  logger.log('info', 'ready', { page: pageUrl, udpPort: sfu.udpPort, region: config.region, node: config.nodeNumber });
  if (madeUpApp !== undefined) print(describeMadeUpApp(madeUpApp, pageUrl, `stun:${urlHostOf(config.listenAddress)}:${sfu.udpPort}`));
  return {
    httpPort,
    async stop() {
      logger.log('info', 'stopping', { sessions: sfu.stats.sessions });
      await closeHttpServer(server, CLOSE_GRACE_MS);
      await sfu.close();
      logger.log('info', 'stopped');
    },
  };
}

async function openSfu({ udpPort, listenAddress, announcedAddresses, nodeNumber }: Config): Promise<Sfu> {
  try {
    return await createSfu({
      udpPort,
      announcedAddresses,
      nodeNo: nodeNumber,
      // Like the HTTP server, which takes IPv4 on `::` as well.
      ...(listenAddress === undefined || listenAddress === '::' ? {} : { listenAddress }),
    });
  } catch (error) {
    throw explainListenFailure(error, 'UDP', udpPort);
  }
}

async function openHttp(server: ReturnType<typeof createHttpServer>, { httpPort, listenAddress }: Config, sfu: Sfu): Promise<number> {
  try {
    return await listen(server, httpPort, listenAddress);
  } catch (error) {
    await sfu.close();
    throw explainListenFailure(error, 'TCP', httpPort);
  }
}
