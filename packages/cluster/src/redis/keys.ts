/**
 * Every key in Redis. The part in braces selects the slot in a Redis Cluster: the keys of one app are in one slot and
 * those of the nodes in another, so a script never needs keys of two slots. An app id has no colon, so no app can be
 * called `:nodes`.
 */

const NODES = 'sfu:{:nodes}';

/** One life of one node, as part of keys and in sets. */
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
  /** Sorted set: node number by the end of its lease, milliseconds of Redis's clock; 0 when it said goodbye. */
  leases: `${NODES}:leases`,
  /** Hash: node number to its signed record. */
  records: `${NODES}:records`,
  /** Sorted set: node number by the serial of the last change of its record. */
  changes: `${NODES}:changes`,
  /** Set of lives that may have records in apps. */
  lives: `${NODES}:lives`,
  /** Set of apps that a life has records in. */
  appsOf: (life: LifeName) => `${NODES}:apps:${life}`,
  /** Who sweeps up after a dead life; expires. */
  sweeperOf: (life: LifeName) => `${NODES}:sweep:${life}`,
  /** Stream of signed revocations of tokens, of a day. */
  revocations: `${NODES}:revoked`,
  /** Sorted set: app by when it was used last, milliseconds of Redis's clock. */
  usageApps: `${NODES}:usage-apps`,
  /** Stream of ids of apps whose records have changed, of some minutes. */
  appChanges: `${NODES}:app-changes`,
} as const;

/** Channel on which nodes hear that the table of nodes has changed. */
export const NODE_HINTS = `${NODES}:hints`;

/** Channel on which nodes hear that there is another revocation. */
export const REVOCATION_HINTS = `${NODES}:revoked:hints`;

/** Channel on which nodes hear that the record of an app has changed. */
export const APP_HINTS = `${NODES}:app-changes:hints`;

export interface AppKeys {
  /** Text: the app, signed; expires when it would no longer be believed. */
  readonly record: string;
  /** Sorted set: session id by its serial, which is its age. */
  readonly index: string;
  /** Text: the serial given last. */
  readonly serial: string;
  /** Hash of one session: `life`, `serial`, `record` (JSON). */
  session(sessionId: string): string;
  /** Hash: publication id to the record of the track (JSON). */
  tracks(sessionId: string): string;
  /** Set of ids of the sessions that a life has records of. */
  ownedBy(life: LifeName): string;
  /** Text: how many writes of a life have been carried out. */
  writesOf(life: LifeName): string;
  /** Text: the number of the last batch of usage of a life that was counted; expires. */
  usageMarkOf(life: LifeName): string;
  /** Hash: metric to bytes; expires. */
  usage(day: string): string;
  /** Hash: what each life has used and was granted of the quota of a month; expires. */
  quota(month: string): string;
  /** Text: a node with books wants batches of usage; expires. */
  readonly usageWanted: string;
  /** Stream: batches of usage that wait for the books (JSON of lines of the ledger); expires. */
  readonly usageBatches: string;
  /** Hash: life to number and hash of its newest leaf of the ledger; expires. */
  readonly usageHeads: string;
  /** Text: the life that carries out the calls with an idempotency key; expires. */
  claim(key: string): string;
  /** Sorted set: the keys of all claims, by when they end; expires. */
  readonly claims: string;
  /** Stream: what happens in the app; expires. */
  readonly events: string;
  /** Hash: `last`, `cut` and `loss` of that stream; expires. */
  readonly eventsState: string;
  /** Hash: what a life has appended to that stream last; expires. */
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
