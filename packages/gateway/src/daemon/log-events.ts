/** Logs a node's events for its operator, except those that a client can cause at will. */
import type { ClusterEvent } from '@causeway/cluster';
import type { LinkEvent, SfuEvent } from '@causeway/sfu';
import type { Logger, LogLevel } from '../logging/logger.ts';

type Wording<Type extends string> = Readonly<Record<Type, readonly [level: LogLevel, message: string]>>;

const OF_SFU: Partial<Wording<SfuEvent['type']>> = {
  'session.defect': ['error', 'a defect in the SFU ended a session'],
  // The cluster reports once that Redis is unavailable; the session continues, and is written when Redis is back.
  'registry.failed': ['debug', 'a session could not be announced'],
};

const OF_LINKS: Wording<LinkEvent['type']> = {
  'link.up': ['info', 'linked to a node'],
  'link.silent': ['warn', 'nothing arrives from a node'],
  'link.heard': ['info', 'packets arrive from a node again'],
  'link.down': ['warn', 'the link to a node is down'],
  'link.refused': ['warn', 'a link cannot be used: the protocol versions are incompatible'],
  'link.untold': ['error', 'this node has more links than it can report; relays use none of the others'],
  'link.defect': ['error', 'a defect in a relay'],
};

const OF_CLUSTER: Wording<ClusterEvent['type']> = {
  'redis.unavailable': ['warn', 'Redis does not answer; existing sessions continue'],
  'redis.available': ['info', 'Redis answers again'],
  'node.revived': ['warn', 'the lease of this node had lapsed and has been renewed'],
  'node.superseded': ['error', 'another process has taken the number of this node'],
  'node.stalled': ['error', 'media has stalled; this node lets its lease expire'],
  'lease.unrenewed': ['error', 'Redis does not renew the lease of this node; until it does, no node is considered dead'],
  'revocations.unknown': ['warn', 'revocations of other nodes cannot be read; revoked tokens may work until they expire'],
  'revocations.known': ['info', 'revocations of other nodes can be read again'],
  'app.restored': ['warn', 'the record of an app in Redis was not signed by this cluster or is too old; it has been replaced'],
  'registry.restored': ['info', 'sessions of this node were missing in Redis and have been restored'],
  'registry.swept': ['info', 'the records of a dead node have been removed from Redis'],
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
