/** Which process of a cluster on one machine has which number, port and environment. Does nothing; `infra/compose.yml` follows it. */

export interface Region {
  readonly name: string;
  /** In session ids. */
  readonly nodeNo: number;
  /** Latitude and longitude, as `CAUSEWAY_LOCATION` takes them. */
  readonly location: string;
}

/** Three places on three continents. */
export const REGIONS: readonly Region[] = [
  { name: 'eu', nodeNo: 101, location: '50.11,8.68' },
  { name: 'us', nodeNo: 102, location: '39.04,-77.49' },
  { name: 'ap', nodeNo: 103, location: '1.35,103.82' },
];

export interface App {
  readonly appId: string;
  readonly secret: string;
}

export interface ClusterPlanOptions {
  /** HTTP ports follow this one. */
  readonly basePort: number;
  readonly app: App;
  readonly clusterKey: string;
  readonly redisUrl: string;
  /** Whether links and internal calls go through proxies that can be impaired. */
  readonly isImpairable: boolean;
  /** The users that nodes run as, by region, where it is not the one who starts them. */
  readonly uids?: Readonly<Record<string, number>>;
  /** More for every node. */
  readonly environment?: Readonly<Record<string, string>>;
}

export interface PlannedNode extends Region {
  readonly url: string;
  readonly httpPort: number;
  readonly udpPort: number;
  readonly debugPort: number;
  readonly linkProxyPort: number;
  readonly apiProxyPort: number;
  readonly uid: number | undefined;
  /** All that its daemon is told. */
  readonly environment: Readonly<Record<string, string>>;
}

/** Offsets from the base port; a region adds 1, 2 or 3. */
const UDP_OFFSET = 10;
const DEBUG_OFFSET = 20;
const LINK_PROXY_OFFSET = 30;
const API_PROXY_OFFSET = 40;
const REDIS_OFFSET = 50;
/** A cluster takes no port at or above its base and so many. */
export const PORTS_OF_A_CLUSTER = 60;

/** The port of the Redis that a cluster brings with it. */
export function redisPortOf(basePort: number): number {
  return basePort + REDIS_OFFSET;
}

export function planNodes(options: ClusterPlanOptions): readonly PlannedNode[] {
  return REGIONS.map((region, index) => planNode(region, options.basePort + index + 1, options));
}

function planNode(region: Region, httpPort: number, options: ClusterPlanOptions): PlannedNode {
  const ports = {
    httpPort,
    udpPort: httpPort + UDP_OFFSET,
    debugPort: httpPort + DEBUG_OFFSET,
    linkProxyPort: httpPort + LINK_PROXY_OFFSET,
    apiProxyPort: httpPort + API_PROXY_OFFSET,
  };
  const environment = {
    ...environmentOf(region, options),
    CAUSEWAY_HTTP_PORT: String(ports.httpPort),
    CAUSEWAY_UDP_PORT: String(ports.udpPort),
    CAUSEWAY_DEBUG_PORT: String(ports.debugPort),
    CAUSEWAY_INTERNAL_URL: `http://127.0.0.1:${options.isImpairable ? ports.apiProxyPort : ports.httpPort}`,
    CAUSEWAY_LINK_ADDRESS: `127.0.0.1:${options.isImpairable ? ports.linkProxyPort : ports.udpPort}`,
    ...options.environment,
  };
  return { ...region, ...ports, url: `http://127.0.0.1:${httpPort}`, uid: options.uids?.[region.name], environment };
}

function environmentOf({ name, nodeNo, location }: Region, { app, clusterKey, redisUrl }: ClusterPlanOptions): Record<string, string> {
  return {
    CAUSEWAY_REGION: name,
    CAUSEWAY_NODE: String(nodeNo),
    CAUSEWAY_LOCATION: location,
    CAUSEWAY_APP_ID: app.appId,
    CAUSEWAY_APP_SECRET: app.secret,
    CAUSEWAY_REDIS_URL: redisUrl,
    CAUSEWAY_CLUSTER_KEY: clusterKey,
    // Who stops a cluster on their own machine does not want to wait.
    CAUSEWAY_DRAIN_SECONDS: '0',
  };
}
