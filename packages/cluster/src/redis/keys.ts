/**
 * All keys in Redis. The part in braces selects the slot in a Redis Cluster: the keys of one app are in one slot, and
 * those of the nodes are in another, so a script never needs keys of two slots. App ids contain no colon, so no app can
 * be called `:nodes`.
 */

const NODES = 'sfu:{:nodes}';

/** One life of one node, as used in keys and sets. */
export type LifeName = `${number}:${number}`;

export function lifeName({ nodeNo, epoch }: { readonly nodeNo: number; readonly epoch: number }): LifeName {
  return `${nodeNo}:${epoch}`;
}

/** @returns undefined if the text is not the name of a life */
export function parseLifeName(text: string): { readonly nodeNo: number; readonly epoch: number } | undefined {
  const [, nodeNo, epoch] = /^(\d+):(\d+)$/.exec(text) ?? [];
  return nodeNo === undefined ? undefined : { nodeNo: Number(nodeNo), epoch: Number(epoch) };
}

export const NODE_KEYS = {
  /** Hash: node number to its newest epoch. Never expires. */
  epochs: `${NODES}:epochs`,
  /** Sorted set: node number by the end of its lease, in milliseconds of Redis's clock; 0 if the node has left. */
  leases: `${NODES}:leases`,
  /** Hash: node number to its signed record. */
  records: `${NODES}:records`,
  /** Sorted set: node number by the serial of the last change of its record. */
  changes: `${NODES}:changes`,
  /** Set of lives that may have records in apps. */
  lives: `${NODES}:lives`,
  /** Set of apps in which a life has records. */
  appsOf: (life: LifeName) => `${NODES}:apps:${life}`,
  /** The node that removes the records of a dead life; expires. */
  sweeperOf: (life: LifeName) => `${NODES}:sweep:${life}`,
  /** Stream of signed revocations of tokens; kept for a day. */
  revocations: `${NODES}:revoked`,
  /** Sorted set: app by the time of its last use, in milliseconds of Redis's clock. */
  usageApps: `${NODES}:usage-apps`,
  /** Stream of ids of apps whose records have changed; kept for some minutes. */
  appChanges: `${NODES}:app-changes`,
} as const;

/** Channel for hints that the table of nodes has changed. */
export const NODE_HINTS = `${NODES}:hints`;

/** Channel for hints that there is a new revocation. */
export const REVOCATION_HINTS = `${NODES}:revoked:hints`;

/** Channel for hints that the record of an app has changed. */
export const APP_HINTS = `${NODES}:app-changes:hints`;

export interface AppKeys {
  /** Text: the signed app; expires when it would no longer be accepted. */
  readonly record: string;
  /** Sorted set: session id by its serial, oldest first. */
  readonly index: string;
  /** Text: the last serial that was assigned. */
  readonly serial: string;
  /** Hash of one session: `life`, `serial`, `record` (JSON). */
  session(sessionId: string): string;
  /** Hash: publication id to the record of the track (JSON). */
  tracks(sessionId: string): string;
  /** Set of ids of the sessions that a life has records of. */
  ownedBy(life: LifeName): string;
  /** Text: the revision of a life's newest write about the app. */
  writesOf(life: LifeName): string;
  /** Text: the number of the last usage batch of a life that was counted; expires. */
  usageMarkOf(life: LifeName): string;
  /** Hash: metric to bytes; expires. */
  usage(day: string): string;
  /** Hash: what each life has used and was granted of a month's quota; expires. */
  quota(month: string): string;
  /** Text: set while a node with books wants usage batches; expires. */
  readonly usageWanted: string;
  /** Stream: usage batches that wait for the books (JSON of ledger lines); expires. */
  readonly usageBatches: string;
  /** Hash: life to the number and hash of its newest ledger leaf; expires. */
  readonly usageHeads: string;
  /** Text: the life that carries out the calls with this idempotency key; expires. */
  claim(key: string): string;
  /** Sorted set: the keys of all claims by their expiry; expires. */
  readonly claims: string;
  /** Stream: the app's events; expires. */
  readonly events: string;
  /** Hash: `last`, `cut` and `loss` of the event stream; expires. */
  readonly eventsState: string;
  /** Hash: the last events that a life has appended to the stream; expires. */
  eventsOf(life: LifeName): string;
}

export function appKeys(appId: string): AppKeys {
  const app = `sfu:{${appId}}`;
  return {
    record: `${app}:app`,
    index: `${app}:idx`,
    serial: `${app}:serial`,
    session: (sessionId) => `${app}:s:${sessionId}`,
    tracks: (sessionId) => `${app}:t:${sessionId}`,
    ownedBy: (life) => `${app}:own:${life}`,
    writesOf: (life) => `${app}:writes:${life}`,
    usageMarkOf: (life) => `${app}:hwm:${life}`,
    usage: (day) => `${app}:use:${day}`,
    quota: (month) => `${app}:quota:${month}`,
    usageWanted: `${app}:usw`,
    usageBatches: `${app}:usb`,
    usageHeads: `${app}:ush`,
    claim: (key) => `${app}:claim:${key}`,
    claims: `${app}:claims`,
    events: `${app}:ev`,
    eventsState: `${app}:evs`,
    eventsOf: (life) => `${app}:evw:${life}`,
  };
}
