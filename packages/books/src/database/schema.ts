/** The tables of the books. Times are milliseconds since 1970 and booleans 0 or 1, so that both kinds of database store the same. */
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
  /** `AppSettings` as JSON; settings that are absent follow the default, even if it changes. */
  settings: string;
  version: number;
  /** The serial of the last change of the app or its keys. */
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
  /** The algorithm of a signing key, whose SPKI is in `publicKey` in base64. */
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

/** At most one row, with the set-up token that a node has printed. */
export interface SetUpsTable {
  digest: Fixed<string>;
  createdAtMs: Fixed<number>;
}

/** The last counted batch of each app in each life of a node. */
export interface UsageMarksTable {
  appId: Fixed<string>;
  nodeNo: Fixed<number>;
  epoch: Fixed<number>;
  seq: number;
}

/** What one session received or sent of one track in an hour. */
export interface UsageHoursTable {
  appId: Fixed<string>;
  /** The start of the hour. */
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

/** The ledger, with one row per sealed batch of usage. */
export interface UsageLeavesTable {
  appId: Fixed<string>;
  nodeNo: Fixed<number>;
  epoch: Fixed<number>;
  seq: Fixed<number>;
  closedAtMs: Fixed<number>;
  /** The hash of the leaf in hex. */
  leafHash: Fixed<string>;
  /** A `LedgerLeafLine` as JSON. */
  line: Fixed<string>;
}

export interface PeopleTable {
  id: Fixed<string>;
  /** The address in lower case. */
  email: Fixed<string>;
  name: string;
  /** A salted Argon2id hash in the PHC string format; empty for a person without a password, whom the OpenID provider signs in. */
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

/** The authenticators of people. */
export interface TotpsTable {
  personId: Fixed<string>;
  /** The seed in hex, sealed by `sealText`. */
  sealedSeed: string;
  /** 0 until a code is confirmed. */
  isOn: number;
  /** The time step of the newest code that was used. */
  lastStep: number;
  /** The SHA-256 digests of unused recovery codes in hex, as a JSON array. */
  recoveryDigests: string;
  /** The number of wrong codes since the last correct one, and the time of the newest. */
  failures: number;
  failedAtMs: number;
}

/** The passkeys of people. */
export interface PasskeysTable {
  /** The credential id in base64url. */
  id: Fixed<string>;
  personId: Fixed<string>;
  /** The relying party id. */
  rpId: Fixed<string>;
  /** The COSE key in base64url. */
  publicKey: Fixed<string>;
  /** The signature counter (WebAuthn §6.1.1); 0 if the authenticator has none. */
  counter: number;
  /** The `AuthenticatorTransport` values as a JSON array. */
  transports: Fixed<string>;
  name: Fixed<string>;
  createdAtMs: Fixed<number>;
  lastUsedAtMs: number | null;
}

/** Accounts at an OpenID provider, and the people they sign in. */
export interface OidcIdentitiesTable {
  issuer: Fixed<string>;
  subject: Fixed<string>;
  personId: Fixed<string>;
  /** Empty if the provider sent no address. */
  email: Fixed<string>;
  connectedAtMs: Fixed<number>;
  lastUsedAtMs: number | null;
}

/** Challenges that browsers must answer or return. */
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
  /** The event types as a JSON array. */
  events: string;
  version: number;
  disabledReason: string | null;
  disabledAtMs: number | null;
  failingSinceMs: number | null;
  /** Whether events were dropped because too many are waiting, and the receiver has not been told yet. */
  hasOverflowed: number;
  createdAtMs: Fixed<number>;
  updatedAtMs: number;
  secretNo: number;
  sealedSecret: string;
  formerSealedSecret: string | null;
  formerSecretEndsAtMs: number | null;
}

/** The lead of each app's webhooks, and its reading position in the log. */
export interface WebhookLeadsTable {
  appId: Fixed<string>;
  holder: string | null;
  term: number;
  position: string | null;
  /** The last number given to an event or a delivery of the app. */
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
  /** Empty for events that concern no session. */
  sessionId: Fixed<string>;
  json: Fixed<string>;
  /** The only webhook to receive the event, such as a ping; null for ordinary events. */
  webhookId: Fixed<string | null>;
  keptAtMs: Fixed<number>;
}

export interface WebhookDeliveriesTable {
  appId: Fixed<string>;
  no: Fixed<number>;
  webhookId: Fixed<string>;
  eventNo: Fixed<number>;
  /** Deliveries of one webhook in the same queue are sent one after the other. */
  queue: Fixed<string>;
  state: string;
  /** Null unless it is waiting as the first of its queue. */
  nextAtMs: number | null;
  /** The attempts as a JSON array. */
  attempts: string;
  response: string | null;
  queuedAtMs: Fixed<number>;
}

export interface BooksTables {
  passkeys: PasskeysTable;
  oidcIdentities: OidcIdentitiesTable;
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

/** A database of either kind, or a transaction in it. */
export type BooksDatabase = Kysely<BooksTables>;
