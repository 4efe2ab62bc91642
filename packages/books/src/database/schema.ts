/** The tables of the books. Times are milliseconds since 1970, truth values 0 and 1, so that both kinds of database store the same. */
import type { ColumnType, Generated, Kysely } from 'kysely';

type Fixed<Value> = ColumnType<Value, Value, never>;

export interface OrgsTable {
  id: Fixed<string>;
  name: string;
  createdAtMs: Fixed<number>;
}

export interface AppsTable {
  id: Fixed<string>;
  orgId: Fixed<string>;
  name: string;
  /** JSON of `AppSettings`; what is not set is as by default, also if the default changes. */
  settings: string;
  version: number;
  /** Of the last change of the app or its keys. */
  serial: number;
  createdAtMs: Fixed<number>;
  removedAtMs: number | null;
}

export interface KeysTable {
  id: Fixed<string>;
  orgId: Fixed<string>;
  appId: Fixed<string | null>;
  kind: Fixed<string>;
  name: Fixed<string>;
  prefix: Fixed<string>;
  last4: Fixed<string>;
  /** SHA-256 of a secret in hex; null for a signing key. */
  digest: Fixed<string | null>;
  /** For a signing key: its algorithm, and the public key in base64 (SPKI). */
  alg: Fixed<string | null>;
  publicKey: Fixed<string | null>;
  createdAtMs: Fixed<number>;
  lastUsedAtMs: number | null;
  expiresAtMs: number | null;
  revokedAtMs: number | null;
}

export interface AuditTable {
  id: Generated<number>;
  orgId: Fixed<string>;
  appId: Fixed<string | null>;
  actorKind: Fixed<string>;
  actorId: Fixed<string>;
  action: Fixed<string>;
  subject: Fixed<string>;
  atMs: Fixed<number>;
}

export interface SerialsTable {
  name: Fixed<string>;
  value: number;
}

/** At most one row: the token that the node has printed. */
export interface SetUpsTable {
  digest: Fixed<string>;
  createdAtMs: Fixed<number>;
}

/** The number of the last batch of an app that was counted, of each life of a node. */
export interface UsageMarksTable {
  appId: Fixed<string>;
  nodeNo: Fixed<number>;
  epoch: Fixed<number>;
  seq: number;
}

/** What one session got or sent of one track in an hour. */
export interface UsageHoursTable {
  appId: Fixed<string>;
  /** When the hour begins. */
  hourMs: Fixed<number>;
  region: Fixed<string>;
  kind: Fixed<string>;
  sessionId: Fixed<string>;
  track: Fixed<string>;
  down: number;
  up: number;
  relay: number;
  retransmitted: number;
  data: number;
}

/** The ledger: each sealed batch of usage. */
export interface UsageLeavesTable {
  appId: Fixed<string>;
  nodeNo: Fixed<number>;
  epoch: Fixed<number>;
  seq: Fixed<number>;
  closedAtMs: Fixed<number>;
  /** Hash of the leaf, in hex. */
  leafHash: Fixed<string>;
  /** JSON of `LedgerLeafLine`. */
  line: Fixed<string>;
}

export interface PeopleTable {
  id: Fixed<string>;
  /** In lower case. */
  email: Fixed<string>;
  name: string;
  /** Salted argon2id in the PHC string format. */
  password: string;
  createdAtMs: Fixed<number>;
}

export interface MembersTable {
  orgId: Fixed<string>;
  personId: Fixed<string>;
  role: string;
  joinedAtMs: Fixed<number>;
}

export interface InvitationsTable {
  id: Fixed<string>;
  orgId: Fixed<string>;
  email: Fixed<string>;
  role: Fixed<string>;
  digest: Fixed<string>;
  createdAtMs: Fixed<number>;
  expiresAtMs: Fixed<number>;
}

export interface SignInsTable {
  /** SHA-256 of the token in the cookie, in hex. */
  digest: Fixed<string>;
  personId: Fixed<string>;
  createdAtMs: Fixed<number>;
  usedAtMs: number;
}

/** The authenticator of a person. */
export interface TotpsTable {
  personId: Fixed<string>;
  /** The seed in hex, as `sealText` writes it. */
  sealedSeed: string;
  /** 0 until a code was confirmed. */
  isOn: number;
  /** The time step of the newest code that was used. */
  lastStep: number;
  /** JSON: SHA-256 of each recovery code that is left, in hex. */
  recoveryDigests: string;
  /** Wrong codes since the last right one, and when the newest of them came. */
  failures: number;
  failedAtMs: number;
}

/** The passkeys of people. */
export interface PasskeysTable {
  /** As the authenticator calls it, in base64url. */
  id: Fixed<string>;
  personId: Fixed<string>;
  /** The domain that it belongs to. */
  rpId: Fixed<string>;
  /** COSE, in base64url. */
  publicKey: Fixed<string>;
  /** How often it was used, by its own count; 0 where it does not count. */
  counter: number;
  /** JSON: how browsers reach it. */
  transports: Fixed<string>;
  name: Fixed<string>;
  createdAtMs: Fixed<number>;
  lastUsedAtMs: number | null;
}

/** What browsers are to answer or bring back. */
export interface ChallengesTable {
  /** SHA-256 in hex. */
  digest: Fixed<string>;
  purpose: Fixed<string>;
  data: Fixed<string>;
  expiresAtMs: Fixed<number>;
}

/** The webhooks of apps. */
export interface WebhooksTable {
  id: Fixed<string>;
  orgId: Fixed<string>;
  appId: Fixed<string>;
  url: string;
  description: string;
  /** JSON: a list of types. */
  events: string;
  version: number;
  disabledReason: string | null;
  disabledAtMs: number | null;
  failingSinceMs: number | null;
  /** Whether events were left out because too many wait, and the receiver is still to be told so. */
  hasOverflowed: number;
  createdAtMs: Fixed<number>;
  updatedAtMs: number;
  secretNo: number;
  sealedSecret: string;
  formerSealedSecret: string | null;
  formerSecretEndsAtMs: number | null;
}

/** Who sends the webhooks of an app, and how far its events have been read. */
export interface WebhookLeadsTable {
  appId: Fixed<string>;
  holder: string | null;
  term: number;
  position: string | null;
  /** The number given last to an event or a delivery of the app. */
  lastNo: number;
}

/** Nodes that send webhooks. */
export interface WebhookSendersTable {
  name: Fixed<string>;
  beat: number;
  seenAtMs: number;
}

/** Events of apps that have webhooks. */
export interface WebhookEventsTable {
  appId: Fixed<string>;
  no: Fixed<number>;
  id: Fixed<string>;
  type: Fixed<string>;
  atMs: Fixed<number>;
  /** Empty for what concerns no session. */
  sessionId: Fixed<string>;
  json: Fixed<string>;
  /** Null for what happened in the app; otherwise the one webhook that it is for. */
  webhookId: Fixed<string | null>;
  keptAtMs: Fixed<number>;
}

export interface WebhookDeliveriesTable {
  appId: Fixed<string>;
  no: Fixed<number>;
  webhookId: Fixed<string>;
  eventNo: Fixed<number>;
  /** Deliveries to one webhook that have the same are sent one after the other. */
  queue: Fixed<string>;
  state: string;
  /** Null unless it waits for its time as the first of its queue. */
  nextAtMs: number | null;
  /** JSON: a list of attempts. */
  attempts: string;
  response: string | null;
  queuedAtMs: Fixed<number>;
}

export interface BooksTables {
  passkeys: PasskeysTable;
  challenges: ChallengesTable;
  totps: TotpsTable;
  webhooks: WebhooksTable;
  webhookLeads: WebhookLeadsTable;
  webhookSenders: WebhookSendersTable;
  webhookEvents: WebhookEventsTable;
  webhookDeliveries: WebhookDeliveriesTable;
  people: PeopleTable;
  members: MembersTable;
  invitations: InvitationsTable;
  signIns: SignInsTable;
  usageLeaves: UsageLeavesTable;
  usageMarks: UsageMarksTable;
  usageHours: UsageHoursTable;
  setUps: SetUpsTable;
  orgs: OrgsTable;
  apps: AppsTable;
  keys: KeysTable;
  audit: AuditTable;
  serials: SerialsTable;
}

/** The books' database, whichever kind it is; or a transaction in it. */
export type BooksDatabase = Kysely<BooksTables>;
