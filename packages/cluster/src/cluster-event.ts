import type { AppRecordDefect } from './apps/app-record.ts';

/** What a node notices of its cluster, for logs. */
export type ClusterEvent =
  /** The connection was lost, is not answered, or is there again. */
  | { readonly type: 'redis.unavailable'; readonly connection: string; readonly error: unknown }
  | { readonly type: 'redis.available'; readonly connection: string }
  /** The lease ended while this process stood still, or Redis lost it: the node was gone for the others and is back. */
  | { readonly type: 'node.revived'; readonly cause: 'lapsed' | 'lost' }
  | { readonly type: 'node.superseded'; readonly byEpoch: number }
  /** The media loop does not tick: the lease is left to end. */
  | { readonly type: 'node.stalled' }
  /** Redis does not take the renewal of this node's lease, and so perhaps of nobody's: as long as that is so, nobody is taken for dead. */
  | { readonly type: 'lease.unrenewed'; readonly error: unknown }
  /** What other nodes revoke cannot be read, or can be again. */
  | { readonly type: 'revocations.unknown'; readonly error: unknown }
  | { readonly type: 'revocations.known' }
  /** The record of an app that this node is configured with was not to be believed, and is written again. */
  | { readonly type: 'app.restored'; readonly appId: string; readonly defect: AppRecordDefect }
  /** Records of this node's sessions were missing in Redis and have been written again. */
  | { readonly type: 'registry.restored'; readonly appId: string; readonly sessions: number }
  /** Records that a dead node had left in Redis are gone. */
  | { readonly type: 'registry.swept'; readonly nodeNo: number; readonly epoch: number; readonly sessions: number };
