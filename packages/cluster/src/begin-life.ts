import type { KeyObject } from 'node:crypto';
import { SfuError } from '@causeway/protocol';
import { type Clock, MAX_NODES, type NodeRecord } from '@causeway/sfu';
import { readNodeRecord } from './nodes/node-record-text.ts';
import type { NodeScripts, NodeUpReply } from './nodes/node-scripts.ts';
import { reasonOf } from './redis/until-answered.ts';

export interface BeginLifeOptions {
  readonly scripts: NodeScripts;
  /** Signs node records. */
  readonly key: KeyObject;
  readonly self: Pick<NodeRecord, 'nodeNo' | 'apiUrl'>;
  readonly clock: Clock;
  readonly timeoutMs: number;
}

const RETRY_MS = 200;

/**
 * Begins a life of this node. There is none without an epoch, so it waits for Redis; and for another node of this number to end, since
 * the number is in the ids of sessions.
 *
 * @throws Error – that did not come to pass in time; the message says what was waited for
 */
export async function beginLife({ scripts, key, self, clock, timeoutMs }: BeginLifeOptions): Promise<NodeUpReply> {
  const deadlineMs = clock.nowMs() + timeoutMs;
  for (;;) {
    const outcome = await tryToBegin(scripts, key, self);
    if (typeof outcome !== 'string') return outcome;
    if (clock.nowMs() > deadlineMs) throw new Error(`gave up after ${timeoutMs / 1000} s: ${outcome}`);
    await new Promise<void>((resolve) => void clock.schedule(RETRY_MS, resolve));
  }
}

/** @returns what is in the way, if something is that may pass */
async function tryToBegin(scripts: NodeScripts, key: KeyObject, self: BeginLifeOptions['self']): Promise<NodeUpReply | string> {
  try {
    return (await findObstacle(scripts, key, self)) ?? (await scripts.up(self.nodeNo));
  } catch (error) {
    if (error instanceof SfuError) return `Redis does not answer: ${reasonOf(error)}`;
    throw new Error('Redis answers, but not as it should; version 7 or newer is needed', { cause: error });
  }
}

async function findObstacle(
  scripts: NodeScripts,
  key: KeyObject,
  { nodeNo, apiUrl }: BeginLifeOptions['self'],
): Promise<string | undefined> {
  const { leases, records, redisNowMs } = await scripts.readTable('0');
  const living = leases.filter(({ endsAtMs }) => endsAtMs > redisNowMs);
  const others = living.filter((lease) => lease.nodeNo !== nodeNo).length;
  if (others >= MAX_NODES) return `the cluster has ${others} living nodes, and links can tell of ${MAX_NODES} at most`;
  if (others === living.length) return undefined;
  const text = records.find((row) => row.nodeNo === nodeNo)?.text ?? '';
  const holder = readNodeRecord(text, redisNowMs, key);
  if (holder === undefined)
    return `node number ${nodeNo} is that of a living node whose record cannot be read: do they share key and version?`;
  // A process that takes the place of one that died has its URL; one with another URL was given its number by mistake.
  return holder.apiUrl === apiUrl ? undefined : `node number ${nodeNo} is that of the node at ${holder.apiUrl}: every node needs its own`;
}
