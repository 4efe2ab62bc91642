import type { Server } from 'node:http';
import type { TokenCounts, TokenDesk, TokenOutcome } from '@causeway/accounts';
import type { Cluster, ClusterStatistics } from '@causeway/cluster';
import type { NodeState, Sfu, SfuInspection } from '@causeway/sfu';
import type { EventDesk } from '../events/event-desk.ts';
import type { AssertionRefusal } from '../forwarding/assertion-desk.ts';
import type { PassedCallOutcome } from '../forwarding/call-forwarder.ts';
import type { RequestIntake } from '../http/request-intake.ts';
import type { ClientLimits, ClientRefusal } from '../limits/client-limits.ts';
import type { ConnectionLimit } from '../limits/connection-limit.ts';
import type { MemoryIdempotencyStore } from '../limits/idempotency.ts';
import type { RateLimiter } from '../limits/rate-limiter.ts';
import type { ClusterCalls } from '../placement/cluster-calls.ts';
import type { UsageDesk, UsageReport } from '../usage/usage-desk.ts';
import type { WebhookDesk, WebhookReport } from '../webhooks/webhook-desk.ts';
import type { DefectKind, DefectLog } from './defect-log.ts';
import type { ReplyCount, ReplyCounters } from './reply-counters.ts';

/** All counts of one node's process. */
export interface NodeInspection {
  readonly sfu: SfuInspection;
  readonly http: { readonly connections: number; readonly requests: number };
  /** Clients that reached the limits of their address, by limit. */
  readonly clientsRefused: Readonly<Record<ClientRefusal | 'connections' | 'waiting_requests', number>>;
  /** Counted since the node began. */
  readonly idempotentRepliesForgottenEarly: number;
  /** Bounded state that outlives its client. */
  readonly kept: {
    readonly rateLimitedKeys: number;
    readonly clientAddresses: number;
    readonly idempotentReplies: number;
    readonly idempotentReplyBytes: number;
    readonly events: number;
  };
  readonly replies: readonly ReplyCount[];
  readonly tokens: TokenCounts & {
    readonly outcomes: Readonly<Record<TokenOutcome, number>>;
    readonly revocations: number;
  };
  readonly events: { readonly streams: number; readonly outstanding: number };
  readonly usage: UsageReport;
  /** Undefined on a node that sends no webhooks. */
  readonly webhooks: WebhookReport | undefined;
  /** Defects that belong to no session. Any value but 0 needs attention. */
  readonly defects: Readonly<Record<DefectKind, number>>;
  /** Undefined for a standalone node. */
  readonly cluster: ClusterInspection | undefined;
  readonly process: {
    readonly pid: number;
    readonly rssBytes: number;
    readonly heapUsedBytes: number;
    readonly externalBytes: number;
    readonly cpuSeconds: number;
    readonly uptimeSeconds: number;
    /** What keeps the event loop running, by kind: sockets, servers, timers. */
    readonly activeResources: Readonly<Record<string, number>>;
  };
}

/** A node's view of its cluster. */
export interface ClusterInspection extends ClusterStatistics {
  /** Live nodes as last known, including this one. */
  readonly nodes: Readonly<Record<NodeState, number>>;
  readonly assertionsRefused: Readonly<Record<AssertionRefusal, number>>;
  readonly callsPassedOn: Readonly<Record<PassedCallOutcome, number>>;
}

export interface InspectedNode {
  readonly sfu: Sfu;
  readonly server: Server;
  readonly connectionLimit: ConnectionLimit;
  readonly intake: RequestIntake;
  readonly rateLimiter: RateLimiter;
  readonly clients: ClientLimits;
  readonly idempotency: MemoryIdempotencyStore;
  readonly replies: ReplyCounters;
  readonly tokens: TokenDesk;
  readonly events: EventDesk;
  readonly usage: UsageDesk;
  /** Undefined on a node that sends no webhooks. */
  readonly webhooks: WebhookDesk | undefined;
  readonly defects: DefectLog;
  /** Undefined for a standalone node. */
  readonly membership: InspectedMembership | undefined;
}

export interface InspectedMembership {
  readonly cluster: Pick<Cluster, 'directory' | 'statistics'>;
  readonly calls: Pick<ClusterCalls, 'desk' | 'forwarder'>;
}

const MICROSECONDS_PER_SECOND = 1e6;

export async function inspectNode(node: InspectedNode): Promise<NodeInspection> {
  const { replies, bytes } = node.idempotency.kept;
  return {
    sfu: await node.sfu.inspect(),
    http: { connections: await countConnections(node.server), requests: node.replies.underWay },
    clientsRefused: refusalsOf(node),
    idempotentRepliesForgottenEarly: node.idempotency.forgottenEarly,
    kept: {
      rateLimitedKeys: node.rateLimiter.size,
      clientAddresses: node.clients.size,
      idempotentReplies: replies,
      idempotentReplyBytes: bytes,
      events: node.events.counts.events,
    },
    events: { streams: node.events.counts.streams, outstanding: node.events.counts.outstanding },
    usage: node.usage.report(),
    webhooks: node.webhooks?.report(),
    defects: node.defects.counts,
    cluster: node.membership === undefined ? undefined : inspectMembership(node.membership),
    replies: node.replies.list(),
    tokens: { outcomes: node.tokens.outcomes, ...node.tokens.counts, revocations: node.tokens.revocations.size },
    process: inspectProcess(),
  };
}

function refusalsOf({ clients, connectionLimit, intake }: InspectedNode): NodeInspection['clientsRefused'] {
  return { ...clients.refused, connections: connectionLimit.refused, waiting_requests: intake.connectionsClosed };
}

function inspectProcess(): NodeInspection['process'] {
  const { rss, heapUsed, external } = process.memoryUsage();
  const { user, system } = process.cpuUsage();
  const resources = Map.groupBy(process.getActiveResourcesInfo(), (kind) => kind);
  return {
    pid: process.pid,
    rssBytes: rss,
    heapUsedBytes: heapUsed,
    externalBytes: external,
    cpuSeconds: (user + system) / MICROSECONDS_PER_SECOND,
    uptimeSeconds: process.uptime(),
    activeResources: Object.fromEntries([...resources].map(([kind, each]) => [kind, each.length])),
  };
}

function countConnections(server: Server): Promise<number> {
  return new Promise((resolve, reject) => {
    server.getConnections((error, count) => (error === null ? resolve(count) : reject(error)));
  });
}

function inspectMembership({ cluster, calls }: InspectedMembership): ClusterInspection {
  const { self, others } = cluster.directory;
  const nodes = { serving: 0, stressed: 0, draining: 0 };
  for (const { state } of [self, ...others]) nodes[state]++;
  return { ...cluster.statistics, nodes, assertionsRefused: calls.desk.refused, callsPassedOn: calls.forwarder.outcomes };
}
