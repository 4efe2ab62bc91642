/** Which process of a cluster on one machine has which number, port and environment. Does nothing; `infra/compose.yml` follows it. */

export interface Region {
  readonly name: string;
  /** Of its first node, in session ids; the others follow a hundred apart. */
  readonly nodeNo: number;
  /** Latitude and longitude, as `CAUSEWAY_LOCATION` takes them. */
  readonly location: string;
}

/** Places on six continents, in the order in which clusters grow. */
const PLACES: readonly Region[] = [
  { name: 'eu', nodeNo: 101, location: '50.11,8.68' },
  { name: 'us', nodeNo: 102, location: '39.04,-77.49' },
  { name: 'ap', nodeNo: 103, location: '1.35,103.82' },
  { name: 'sa', nodeNo: 104, location: '-23.55,-46.63' },
  { name: 'oc', nodeNo: 105, location: '-33.87,151.21' },
  { name: 'af', nodeNo: 106, location: '-26.20,28.05' },
];
export const MAX_REGIONS = PLACES.length;

/** The regions of a cluster unless it is told how many. */
export const REGIONS: readonly Region[] = PLACES.slice(0, 3);

/** Each node takes the port after the one before it, and the next kind of port begins after ten. */
export const MAX_NODES_ON_ONE_MACHINE = 9;
const NODE_NO_STEP = 100;

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
  /** Default 3. */
  readonly regions?: number;
  /** Default 1. */
  readonly nodesPerRegion?: number;
  /** The users that nodes run as, by region, where it is not the one who starts them. */
  readonly uids?: Readonly<Record<string, number>>;
  /** More for every node. */
  readonly environment?: Readonly<Record<string, string>>;
}

export interface PlannedNode extends Region {
  /** That of its region where the region has no other node. */
  readonly name: string;
  readonly region: string;
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

/** Offsets from the base port; a node adds 1 to 9. */
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

/** @throws RangeError – there are more of them than ports */
export function planNodes(options: ClusterPlanOptions): readonly PlannedNode[] {
  const { regions = REGIONS.length, nodesPerRegion = 1 } = options;
  if (regions * nodesPerRegion > MAX_NODES_ON_ONE_MACHINE)
    throw new RangeError(`a cluster on one machine has ${MAX_NODES_ON_ONE_MACHINE} nodes at most, not ${regions} times ${nodesPerRegion}`);
  const nodes = PLACES.slice(0, regions).flatMap((region) =>
    Array.from({ length: nodesPerRegion }, (_, place) => ({
      ...region,
      region: region.name,
      name: nodesPerRegion === 1 ? region.name : `${region.name}-${place + 1}`,
      nodeNo: region.nodeNo + place * NODE_NO_STEP,
    })),
  );
  return nodes.map((node, index) => planNode(node, options.basePort + index + 1, options));
}

interface PlacedNode extends Region {
  readonly region: string;
}

function planNode(node: PlacedNode, httpPort: number, options: ClusterPlanOptions): PlannedNode {
  const ports = {
    httpPort,
    udpPort: httpPort + UDP_OFFSET,
    debugPort: httpPort + DEBUG_OFFSET,
    linkProxyPort: httpPort + LINK_PROXY_OFFSET,
    apiProxyPort: httpPort + API_PROXY_OFFSET,
  };
  const environment = {
    ...environmentOf(node, options),
    CAUSEWAY_HTTP_PORT: String(ports.httpPort),
    CAUSEWAY_UDP_PORT: String(ports.udpPort),
    CAUSEWAY_DEBUG_PORT: String(ports.debugPort),
    CAUSEWAY_INTERNAL_URL: `http://127.0.0.1:${options.isImpairable ? ports.apiProxyPort : ports.httpPort}`,
    CAUSEWAY_LINK_ADDRESS: `127.0.0.1:${options.isImpairable ? ports.linkProxyPort : ports.udpPort}`,
    ...options.environment,
  };
  return { ...node, ...ports, url: `http://127.0.0.1:${httpPort}`, uid: options.uids?.[node.region], environment };
}

function environmentOf(
  { region, nodeNo, location }: PlacedNode,
  { app, clusterKey, redisUrl }: ClusterPlanOptions,
): Record<string, string> {
  return {
    CAUSEWAY_REGION: region,
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
