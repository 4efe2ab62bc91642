/** Daemons that share a real Redis, as a client and an operator see them. */
import { capturedOffer } from '@causeway/testkit/captured-offers';
import { type RunningDaemon, startDaemon } from './running-daemon.ts';

export const SECRET = 'secret-canary-of-the-tests';
export const CLUSTER_KEY = 'cluster-key-canary-0123456789abcdef';
/** The environment of a node that is configured with the app `demo`. */
export const APP = { CAUSEWAY_APP_ID: 'demo', CAUSEWAY_APP_SECRET: SECRET };
export const OFFER = { sessionDescription: { type: 'offer', sdp: capturedOffer('chromium-quick-start-publisher') } };

export interface ClusterDaemon {
  readonly daemon: RunningDaemon;
  readonly base: string;
  /** Calls the API as the app `demo`; `path` is below the app's base path. */
  call(method: string, path: string, body?: unknown): Promise<Response>;
  /** The same as anybody, for any app. */
  callAs(appId: string, secret: string, method: string, path: string, body?: unknown): Promise<Response>;
}

export function startClusterDaemon(
  redisUrl: string,
  nodeNo: number,
  region: string,
  environment: Record<string, string> = {},
): RunningDaemon {
  return startDaemon({
    CAUSEWAY_REDIS_URL: redisUrl,
    CAUSEWAY_CLUSTER_KEY: CLUSTER_KEY,
    CAUSEWAY_NODE: String(nodeNo),
    CAUSEWAY_REGION: region,
    CAUSEWAY_GEOIP: 'off',
    ...environment,
  });
}

/** Starts a node; it is ready when this resolves. */
export async function joinCluster(
  redisUrl: string,
  nodeNo: number,
  region: string,
  environment: Record<string, string> = {},
): Promise<ClusterDaemon> {
  const daemon = startClusterDaemon(redisUrl, nodeNo, region, environment);
  const [, base = ''] = /"page":"(http:[^"]+)\/"/.exec(await daemon.waitFor('"message":"ready"')) ?? [];
  const callAs: ClusterDaemon['callAs'] = (appId, secret, method, path, body) =>
    fetch(`${base}/api/sfu/${appId}${path}`, {
      method,
      headers: { Authorization: `Bearer ${secret}`, 'Content-Type': 'application/json' },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
  return { daemon, base, callAs, call: (method, path, body) => callAs('demo', SECRET, method, path, body) };
}
