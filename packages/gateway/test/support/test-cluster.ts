import { createSecretKey, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import {
  createApp,
  createStaticAppStore,
  MemoryRevocations,
  type NewAppTokenKey,
  TokenDesk,
  type TokenDeskOptions,
} from '@causeway/accounts';
import {
  createAddressSet,
  createGeoChain,
  type GeoResolver,
  MemoryCallClaims,
  MemoryEventLog,
  SignedAssertionTrust,
} from '@causeway/cluster';
import { type ClientLimitOptions, ClientLimits, createApiRouter } from '@causeway/gateway';
import { createNodeClock, type GeoPoint, type NodeRecord, type Sfu, StaticNodeDirectory } from '@causeway/sfu';
import express from 'express';
import { EventDesk } from '../../src/events/event-desk.ts';
import { ClusterCalls } from '../../src/placement/cluster-calls.ts';
import { MemorySfu } from './memory-sfu.ts';
import { APP_ID, SECRET, serve, silentLogger, type TestServer } from './test-server.ts';

export interface PlannedNode {
  readonly nodeNo: number;
  readonly region?: string;
  readonly location?: GeoPoint;
  /** Whose `X-Forwarded-For` it believes. */
  readonly trustedProxies?: readonly string[];
  readonly clientLimits?: Partial<ClientLimitOptions>;
  /** Default: a memory SFU. */
  readonly sfu?: Sfu;
}

/** A request as it arrived at a node. */
export interface ArrivedRequest {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
}

export interface TestNode extends TestServer {
  readonly nodeNo: number;
  readonly directory: StaticNodeDirectory;
  readonly cluster: ClusterCalls;
  readonly events: EventDesk;
  readonly arrived: readonly ArrivedRequest[];
  /** What this node and all others know of it from now on. */
  announce(change: Partial<NodeRecord>): void;
}

export const CLUSTER_TRUST = new SignedAssertionTrust(
  createSecretKey(Buffer.from('the key of this test cluster, and of no other')),
  () => 0,
);
export const EPOCH = 7;

interface TestClusterOptions {
  readonly geo?: GeoResolver;
  readonly now?: () => number;
  readonly tokenKeys?: readonly NewAppTokenKey[];
}

/** Several gateways in this process, each before a memory SFU, that know each other. Close them after the test. */
export async function startTestCluster(
  plan: readonly PlannedNode[],
  { geo = createGeoChain([]), now = () => performance.now(), tokenKeys = [] }: TestClusterOptions = {},
): Promise<readonly TestNode[]> {
  const claims = new MemoryCallClaims();
  const eventLog = new MemoryEventLog(Date.now);
  const tokenServices = { secret: createSecretKey(randomBytes(32)), revocations: new MemoryRevocations(now) };
  const nodes: TestNode[] = [];
  for (const planned of plan) nodes.push(await startNode(planned, { geo, claims, eventLog, now, tokenKeys, tokenServices }, nodes));
  for (const node of nodes) node.announce({});
  return nodes;
}

interface SharedServices {
  readonly geo: GeoResolver;
  readonly claims: MemoryCallClaims;
  readonly eventLog: MemoryEventLog;
  readonly now: () => number;
  readonly tokenKeys: readonly NewAppTokenKey[];
  /** The same for all nodes. */
  readonly tokenServices: TokenDeskOptions;
}

async function startNode(planned: PlannedNode, shared: SharedServices, nodes: readonly TestNode[]): Promise<TestNode> {
  const { geo, claims, eventLog, now, tokenKeys, tokenServices } = shared;
  const arrived: ArrivedRequest[] = [];
  let handle: RequestListener = () => undefined;
  const server = await serve((request, response) => {
    arrived.push({ method: String(request.method), url: String(request.url), headers: request.headers });
    handle(request, response);
  });
  const directory = new StaticNodeDirectory(recordOf(planned, server.url));
  const { trustedProxies = [], clientLimits } = planned;
  const addressSet = createAddressSet(trustedProxies);
  const cluster = new ClusterCalls({ directory, trust: CLUSTER_TRUST, claims, geo, trustedProxies: addressSet }, now);
  const clients = new ClientLimits(now, { trustedProxies, ...clientLimits });
  const memorySfu = new MemorySfu(planned.nodeNo);
  const sfu = planned.sfu ?? memorySfu;
  const tokens = new TokenDesk(tokenServices);
  const apps = createStaticAppStore([createApp({ id: APP_ID, secrets: [SECRET], tokenKeys })]);
  const isDraining = () => directory.self.state === 'draining';
  const { region } = directory.self;
  const events = new EventDesk({ nodeNo: planned.nodeNo });
  events.share({
    log: eventLog,
    life: { nodeNo: planned.nodeNo, epoch: EPOCH },
    clock: createNodeClock(),
    logNowMs: Date.now,
    onDefect: (error) => {
      throw error;
    },
  });
  handle = express().use(createApiRouter({ apps, sfu, region, logger: silentLogger, cluster, clients, events, tokens, isDraining, now }));
  return {
    ...server,
    sfu: memorySfu,
    nodeNo: planned.nodeNo,
    directory,
    cluster,
    events,
    arrived,
    announce(change) {
      directory.announce(change);
      for (const other of nodes) if (other.nodeNo !== planned.nodeNo) other.directory.put({ ...directory.self, ...change });
    },
    async close() {
      events.close();
      await events.finish();
      cluster.close();
      await server.close();
    },
  };
}

/** A node as it is told of at first: serving and idle. */
export function recordOf({ nodeNo, region = 'home', location }: PlannedNode, apiUrl: string): NodeRecord {
  return {
    nodeNo,
    epoch: EPOCH,
    region,
    location,
    apiUrl,
    linkAddresses: [],
    fingerprint: { algorithm: 'sha-256', value: '00' },
    linkVersions: { min: 1, max: 1 },
    softwareVersion: 'test',
    state: 'serving',
    load: 0,
  };
}

/** A server that counts requests and answers as it is told to. */
export async function startFakeNode(listener: RequestListener): Promise<{ readonly url: string; close(): Promise<void> }> {
  const server = createServer(listener).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}
