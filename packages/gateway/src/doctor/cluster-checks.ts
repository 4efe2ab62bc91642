/** Checks Redis, and the other nodes that are registered in it. */
import type { ClusterSurvey, SurveyedNode } from '@causeway/cluster';
import type { NodeRecord } from '@causeway/sfu';
import { askStun } from './ask-stun.ts';
import { type Finding, ok, problem, skipped, warning } from './finding.ts';

const ANSWER_WITHIN_MS = 3_000;
const MS_PER_SECOND = 1_000;
/** This is far below the minute by which tokens of backends may be ahead; leases depend only on Redis's clock. */
const CLOCK_WARNING_MS = 2_000;
const CLOCK_PROBLEM_MS = 60_000;
const OLDEST_REDIS_MAJOR = 7;
const RIGHTS = 'ACL SETUSER <user> ~sfu:* &sfu:* +@read +@write +@scripting +@pubsub +@connection +info +time';

/** This node as its configuration describes it. */
export interface OwnNode {
  readonly nodeNo: number;
  /** Undefined if it is derived from an address that only the running node knows. */
  readonly apiUrl: string | undefined;
  readonly isRedisOnThisMachine: boolean;
}

export function checkRedis(survey: ClusterSurvey, { isRedisOnThisMachine }: OwnNode): readonly Finding[] {
  const { redisVersion, clockAheadMs, isDurable, evictionPolicy, deniedCommands, hasPassword } = survey;
  return [
    Number.parseInt(redisVersion, 10) >= OLDEST_REDIS_MAJOR
      ? ok('redis', `version ${redisVersion}`)
      : problem('redis', `version ${redisVersion}, and ${OLDEST_REDIS_MAJOR} is the oldest that works`, 'apt-get install redis-server'),
    checkClock(clockAheadMs),
    isDurable
      ? ok('redis persistence', 'it keeps an append-only file')
      : warning('redis persistence', 'a restart of Redis loses what it has counted of usage', 'redis-cli CONFIG SET appendonly yes'),
    evictionPolicy === 'noeviction'
      ? ok('redis eviction', 'it throws nothing away')
      : problem(
          'redis eviction',
          `with ${evictionPolicy} it throws sessions away when memory is short`,
          'redis-cli CONFIG SET maxmemory-policy noeviction',
        ),
    deniedCommands.length === 0
      ? ok('redis rights', 'the user may do all that nodes need')
      : problem('redis rights', `the user may not use ${deniedCommands.join(', ')}`, RIGHTS),
    hasPassword || isRedisOnThisMachine
      ? ok('redis password', hasPassword ? 'there is one' : 'there is none; it is on this machine')
      : warning(
          'redis password',
          'there is none, and it is on another machine',
          'redis-cli CONFIG SET requirepass …, and the same in CAUSEWAY_REDIS_URL',
        ),
  ];
}

function checkClock(aheadMs: number): Finding {
  const seconds = `${(Math.abs(aheadMs) / MS_PER_SECOND).toFixed(1)} s`;
  const fact = `Redis's clock is ${seconds} ${aheadMs < 0 ? 'behind' : 'ahead of'} that of this machine`;
  const mend = 'timedatectl set-ntp true, on both machines';
  if (Math.abs(aheadMs) >= CLOCK_PROBLEM_MS) return problem('clock', fact, mend);
  return Math.abs(aheadMs) >= CLOCK_WARNING_MS ? warning('clock', fact, mend) : ok('clock', fact);
}

export async function checkNodes({ nodes }: ClusterSurvey, own: OwnNode): Promise<readonly Finding[]> {
  const others = nodes.flatMap(({ nodeNo, record }) => (record === undefined || nodeNo === own.nodeNo ? [] : [record]));
  const reached = await Promise.all(others.map(async (node) => [await checkUrl(node), await checkUdp(node)]));
  const none = skipped('other nodes', 'there is none that lives', 'start another node, and call the doctor again');
  return [checkKey(nodes), checkNumber(nodes, own), ...(others.length === 0 ? [none] : reached.flat())];
}

function checkKey(nodes: readonly SurveyedNode[]): Finding {
  const unread = nodes.filter(({ record }) => record === undefined).map(({ nodeNo }) => nodeNo);
  if (unread.length > 0) {
    return problem(
      'cluster key',
      `the records of nodes ${unread.join(', ')} are signed with another key`,
      'set the same CAUSEWAY_CLUSTER_KEY on all nodes',
    );
  }
  return ok('cluster key', nodes.length === 0 ? 'there is no node to compare it with' : `it is that of all ${nodes.length} nodes`);
}

function checkNumber(nodes: readonly SurveyedNode[], { nodeNo, apiUrl }: OwnNode): Finding {
  const holder = nodes.find((node) => node.nodeNo === nodeNo)?.record;
  if (holder === undefined) return ok('node number', `no living node has the number ${nodeNo}`);
  if (apiUrl === undefined || holder.apiUrl === apiUrl) return ok('node number', `${nodeNo} is that of the node at ${holder.apiUrl}`);
  return problem(
    'node number',
    `${nodeNo} is that of the node at ${holder.apiUrl} as well`,
    'give CAUSEWAY_NODE a number that no other node has',
  );
}

async function checkUrl({ nodeNo, apiUrl }: NodeRecord): Promise<Finding> {
  const check = `node ${nodeNo} url`;
  const mend = `open that port to this machine, or set CAUSEWAY_INTERNAL_URL on node ${nodeNo}`;
  try {
    const { status } = await fetch(new URL('/healthz', apiUrl), { signal: AbortSignal.timeout(ANSWER_WITHIN_MS) });
    return status === 200 ? ok(check, `${apiUrl} answers`) : problem(check, `${apiUrl} answers ${status}`, mend);
  } catch (error) {
    const { cause, message } = error as Error;
    return problem(check, `${apiUrl} cannot be reached: ${cause instanceof Error ? cause.message : message}`, mend);
  }
}

async function checkUdp({ nodeNo, linkAddresses }: NodeRecord): Promise<Finding> {
  const check = `node ${nodeNo} udp`;
  const answers = await Promise.all(linkAddresses.map(askStun));
  const list = linkAddresses.map(({ address, port }) => `${address}:${port}`).join(', ');
  if (answers.some((answer) => answer !== undefined)) return ok(check, `${list} answers`);
  return problem(check, `${list} does not answer`, `open that UDP port, or set CAUSEWAY_LINK_ADDRESS on node ${nodeNo}`);
}
