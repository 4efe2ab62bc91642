/** What happens inside a node, as its operator reads it: nothing that a client can cause as often as it likes. */
import type { ClusterEvent } from '@causeway/cluster';
import type { LinkEvent, SfuEvent } from '@causeway/sfu';
import type { Logger, LogLevel } from '../logging/logger.ts';

type Wording<Type extends string> = Readonly<Record<Type, readonly [level: LogLevel, message: string]>>;

const OF_SFU: Partial<Wording<SfuEvent['type']>> = {
  'session.defect': ['error', 'a defect of the SFU has ended a session'],
  // That Redis is away is told once, by the cluster; the session goes on, and is written when it is back.
  'registry.failed': ['debug', 'a session could not be announced'],
};

const OF_LINKS: Wording<LinkEvent['type']> = {
  'link.up': ['info', 'linked to a node'],
  'link.silent': ['warn', 'nothing is heard of a node'],
  'link.heard': ['info', 'a node is heard again'],
  'link.down': ['warn', 'the link to a node is down'],
  'link.refused': ['warn', 'a link carries nothing, because versions do not fit'],
  'link.defect': ['error', 'a defect in a relay'],
};

const OF_CLUSTER: Wording<ClusterEvent['type']> = {
  'redis.unavailable': ['warn', 'Redis does not answer; what runs goes on'],
  'redis.available': ['info', 'Redis answers'],
  'node.revived': ['warn', 'the lease of this node had ended; it is back'],
  'node.superseded': ['error', 'another process has taken the number of this node'],
  'node.stalled': ['error', 'media stands still; the lease of this node is left to end'],
  'lease.unrenewed': ['error', 'Redis does not renew the lease of this node; until it does, no node is taken for dead'],
  'revocations.unknown': ['warn', 'what other nodes revoke is not known here; tokens are good until they end'],
  'revocations.known': ['info', 'what other nodes revoke is known again'],
  'app.restored': ['warn', 'the record of an app in Redis was not one of this cluster, or too old; it is written again'],
  'registry.restored': ['info', 'sessions of this node were missing in Redis and are written again'],
  'registry.swept': ['info', 'what a dead node left in Redis is gone'],
};

export function logSfuEvent(logger: Logger, { type, ...fields }: SfuEvent): void {
  const [level, message] = OF_SFU[type] ?? [];
  if (level !== undefined && message !== undefined) logger.log(level, message, fields);
}

export function logLinkEvent(logger: Logger, { type, ...fields }: LinkEvent): void {
  logger.log(...OF_LINKS[type], fields);
}

export function logClusterEvent(logger: Logger, { type, ...fields }: ClusterEvent): void {
  logger.log(...OF_CLUSTER[type], fields);
}
