/** Plans the numbers, ports and environment of a cluster's processes on one machine. `infra/compose.yml` follows the same plan. */

export interface Region {
  readonly name: string;
  /** The number of the first node in session ids; the others follow at intervals of a hundred. */
  readonly nodeNo: number;
  /** Latitude and longitude, in the format of `CAUSEWAY_LOCATION`. */
  readonly location: string;
}

/** Locations on six continents, in the order in which clusters use them. */
const PLACES: readonly Region[] = [
  { name: 'eu', nodeNo: 101, location: '50.11,8.68' },
  { name: 'us', nodeNo: 102, location: '39.04,-77.49' },
  { name: 'ap', nodeNo: 103, location: '1.35,103.82' },
  { name: 'sa', nodeNo: 104, location: '-23.55,-46.63' },
  { name: 'oc', nodeNo: 105, location: '-33.87,151.21' },
  { name: 'af', nodeNo: 106, location: '-26.20,28.05' },
];
export const MAX_REGIONS = PLACES.length;

/** The default regions of a cluster. */
export const REGIONS: readonly Region[] = PLACES.slice(0, 3);

/** Nodes use consecutive ports, and the ranges of different kinds of ports are ten apart. */
export const MAX_NODES_ON_ONE_MACHINE = 9;
const NODE_NO_STEP = 100;

export interface App {
  readonly appId: string;
  readonly secret: string;
}

export interface ClusterPlanOptions {
  /** HTTP ports start after this one. */
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
  /** The user ids that nodes run as, by region. Default: the current user. */
  readonly uids?: Readonly<Record<string, number>>;
  /** Additional variables for every node. */
  readonly environment?: Readonly<Record<string, string>>;
}

export interface PlannedNode extends Region {
  /** The name of its region if the region has no other node. */
  readonly name: string;
  readonly region: string;
  readonly url: string;
  readonly httpPort: number;
  readonly udpPort: number;
  readonly debugPort: number;
  readonly linkProxyPort: number;
  readonly apiProxyPort: number;
  readonly uid: number | undefined;
  /** The complete environment of its daemon. */
  readonly environment: Readonly<Record<string, string>>;
}

/** Offsets from the base port; a node adds 1 to 9. */
const UDP_OFFSET = 10;
const DEBUG_OFFSET = 20;
const LINK_PROXY_OFFSET = 30;
const API_PROXY_OFFSET = 40;
const REDIS_OFFSET = 50;
/** A cluster uses only ports below its base port plus this number. */
export const PORTS_OF_A_CLUSTER = 60;

/** Returns the port of the cluster's own Redis. */
export function redisPortOf(basePort: number): number {
  return basePort + REDIS_OFFSET;
}

/** @throws RangeError – there are more nodes than ports */
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
    // A developer who stops a local cluster does not want to wait.
    CAUSEWAY_DRAIN_SECONDS: '0',
  };
}
