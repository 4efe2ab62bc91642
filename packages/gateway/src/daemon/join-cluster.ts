/** Makes a node a member of a cluster. Only cluster nodes load this module. */
import type { OwnApps } from '@causeway/accounts';
import {
  type Cluster,
  createAddressSet,
  createCluster,
  createGeoChain,
  createStaticGeo,
  type GeoResolver,
  loadGeoipLite,
  parseRedisUrl,
} from '@causeway/cluster';
import type { JoinedCluster, OpenedNode } from '@causeway/sfu';
import type { ClusterConfig } from '../config/cluster-config.ts';
import type { Config } from '../config/load-config.ts';
import { OPTIONS } from '../config/options.ts';
import { isPublicAndPlain } from '../config/own-networks.ts';
import { ConfigError, StartError } from '../config/start-error.ts';
import type { Logger } from '../logging/logger.ts';
import { API_VERSION } from '../openapi/openapi-document.ts';
import { ClusterCalls } from '../placement/cluster-calls.ts';
import { urlHostOf } from './http-ports.ts';
import { logClusterEvent, logLinkEvent } from './log-events.ts';

export interface JoinOptions {
  readonly config: Config;
  readonly access: ClusterConfig;
  readonly httpPort: number;
  readonly logger: Logger;
  readonly onSuperseded: () => void;
  /** The apps of this node, which are announced to the other nodes. */
  readonly apps: OwnApps;
  /** Whether this node keeps books, so that others may carry calls of the admin API here. */
  readonly keepsBooks: boolean;
}

/** A node's membership of a cluster. */
export interface Membership {
  readonly cluster: Cluster;
  readonly calls: ClusterCalls;
  /** The parts that the SFU uses. */
  readonly joined: JoinedCluster;
  /** Tells the other nodes that this node leaves. */
  close(): Promise<void>;
}

/**
 * @throws ConfigError – an option cannot be used
 * @throws StartError – Redis does not answer
 */
export async function joinCluster(options: JoinOptions, opened: OpenedNode): Promise<Membership> {
  const { config, logger } = options;
  const geo = await openGeo(config);
  const cluster = await connect(options, opened);
  const { directory, assertionTrust, callClaims, linkTrust, registry } = cluster;
  const trustedProxies = createAddressSet(config.trustedProxies);
  const calls = new ClusterCalls({ directory, trust: assertionTrust, claims: callClaims, geo, trustedProxies }, () => performance.now());
  return {
    cluster,
    calls,
    joined: { directory, trust: linkTrust, registry, prices: pricesOf(config), onLinkEvent: (event) => logLinkEvent(logger, event) },
    async close() {
      calls.close();
      await cluster.close();
    },
  };
}

async function connect(
  { config, access, httpPort, logger, onSuperseded, apps, keepsBooks }: JoinOptions,
  opened: OpenedNode,
): Promise<Cluster> {
  const { fingerprint, linkAddresses, linkVersions, clock, isMediaAlive } = opened;
  const { region, location, nodeNumber } = config;
  checkRedisUrl(access.redisUrl);
  const apiUrl = config.internalUrl ?? `http://${urlHostOf(linkAddresses[0]?.address)}:${httpPort}`;
  if (isPublicAndPlain(apiUrl)) {
    logger.log('warn', 'calls between nodes cross the internet unencrypted; set CAUSEWAY_INTERNAL_URL to https or a private address', {
      apiUrl,
    });
  }
  try {
    return await createCluster({
      ...access,
      self: {
        nodeNo: nodeNumber,
        region,
        location,
        apiUrl,
        linkAddresses: config.linkAddresses ?? linkAddresses,
        fingerprint,
        linkVersions,
        softwareVersion: API_VERSION,
        ...(keepsBooks && { keepsBooks }),
      },
      isMediaAlive,
      apps,
      clock,
      onSuperseded,
      onEvent: (event) => logClusterEvent(logger, event),
    });
  } catch (error) {
    throw new StartError(error instanceof Error ? error.message : String(error), { cause: error });
  }
}

function checkRedisUrl(url: string): void {
  try {
    parseRedisUrl(url);
  } catch (error) {
    throw new ConfigError(`${OPTIONS.redisUrl.variable}: ${(error as Error).message}`);
  }
}

async function openGeo({ networks, geoip }: Config): Promise<GeoResolver> {
  const database = geoip === 'off' ? undefined : await loadGeoipLite();
  if (database === undefined && geoip === 'on') {
    throw new ConfigError(`${OPTIONS.geoip.variable} is on, but the npm package geoip-lite is not installed`);
  }
  return createGeoChain([createStaticGeo(networks), ...(database === undefined ? [] : [database])]);
}

/** An operator configures each price once, for both directions. */
function pricesOf({ regionPrices }: Config): NonNullable<JoinedCluster['prices']> {
  return regionPrices.flatMap(({ from, to, pricePerGb }) => [
    { fromRegion: from, toRegion: to, pricePerGb },
    { fromRegion: to, toRegion: from, pricePerGb },
  ]);
}
