/**
 * The books record organisations, their apps and keys. Media and calls use copies in memory and Redis, so that they continue to work
 * while the books cannot be reached.
 */
import type { AppId, AppSettings, AppSettingsPatch } from '@causeway/protocol';
import type { App } from '../app/app.ts';
import type { NewAppTokenKey } from '../app/app-token-key.ts';
import type { SecretDigest } from '../app/secret.ts';
import type { UsageBooks } from '../usage/usage-books.ts';

/** The author of a change, for the audit. */
export type Actor =
  | { readonly kind: 'person'; readonly id: string }
  | { readonly kind: 'key'; readonly id: string }
  /** A person with access to the machine. */
  | { readonly kind: 'operator' }
  /** A node acting by itself. */
  | { readonly kind: 'node' };

/** An organisation, which owns apps and has people as members. */
export interface Org {
  readonly id: string;
  readonly name: string;
  readonly createdAtMs: number;
}

/** An app in the books. */
export interface BookedApp {
  readonly id: AppId;
  readonly orgId: string;
  readonly name: string;
  readonly settings: AppSettings;
  /** Incremented with every change of name or settings. */
  readonly version: number;
  readonly createdAtMs: number;
}

/** A `secret` opens its app, a `signing` key verifies tokens signed by the app's backend, and an `admin` key manages its organisation. */
export type KeyKind = 'secret' | 'signing' | 'admin';

/** A key as it can be shown, without its secret part. */
export interface BookedKey {
  readonly id: string;
  readonly kind: KeyKind;
  readonly orgId: string;
  /** Undefined for an `admin` key. */
  readonly appId: AppId | undefined;
  readonly name: string;
  /** The first characters of the key; for a signing key, its `kid`. */
  readonly prefix: string;
  /** The last four characters; empty for a signing key. */
  readonly last4: string;
  readonly createdAtMs: number;
  /** Accurate to the minute; undefined if it was never used, and for signing keys. */
  readonly lastUsedAtMs: number | undefined;
  readonly expiresAtMs: number | undefined;
  readonly revokedAtMs: number | undefined;
}

/** A new key with its secret, which is shown only once. */
export interface IssuedKey {
  readonly key: BookedKey;
  readonly secret: string;
}

/** One entry of the audit. */
export interface AuditEntry {
  readonly id: number;
  readonly orgId: string;
  readonly appId: AppId | undefined;
  readonly actor: Actor;
  /** The kind of object and what was done to it, such as `app.created`. */
  readonly action: string;
  /** What was changed, such as the id of a key or the name of a setting. */
  readonly subject: string;
  readonly atMs: number;
}

/** The changes of apps since a serial number. */
export interface AppChanges {
  /** The newest serial, to be passed to the next call. */
  readonly serial: number;
  /** The changed apps in the form that calls use, in no particular order. */
  readonly changed: readonly App[];
  readonly removed: readonly AppId[];
}

/** The position and maximum length of a page of a list. */
export interface PageRequest {
  /** The last entry of the previous page; undefined for the first page. */
  readonly after?: string;
  readonly limit: number;
}

/** The parameters of a new app. */
export interface NewBookedApp {
  readonly orgId: string;
  /** Default: a random one. */
  readonly id?: AppId;
  readonly name: string;
  readonly settings?: Partial<AppSettings>;
}

/** Changes to an app; fields that are missing stay as they are. */
export interface AppPatch {
  readonly name?: string;
  /** A setting that is null is removed. */
  readonly settings?: AppSettingsPatch;
  /** Changes the app only if it still has this version. */
  readonly ifVersion?: number;
}

/** The parameters of a new key. */
export interface NewKey {
  readonly name: string;
  /** Undefined for a key that does not expire. */
  readonly expiresInMs?: number;
}

/** The time at which a key was used. */
export interface KeyUse {
  readonly digest: SecretDigest;
  readonly usedAtMs: number;
}

/**
 * The books. A change and its audit entry are made together or not at all. Every implementation passes `booksContract`.
 *
 * All methods reject with SfuError `books_unavailable` if the books cannot be reached.
 */
export interface Books extends UsageBooks {
  /**
   * Creates a one-time token for the operator who starts the first node. It replaces any earlier one.
   *
   * @returns undefined if an organisation exists already
   */
  openSetUp(): Promise<string | undefined>;
  /** Creates the first organisation and a key to manage it. @throws SfuError `unauthorized` – the token is not the newest, or was used */
  completeSetUp(token: string, orgName: string): Promise<{ readonly org: Org; readonly issued: IssuedKey }>;

  createOrg(name: string, actor: Actor): Promise<Org>;
  /** @throws SfuError `org_not_found` */
  findOrg(orgId: string): Promise<Org>;
  /** Returns a page of the organisations, in the order of their ids. */
  listOrgs(page: PageRequest): Promise<readonly Org[]>;

  /** @throws SfuError `org_not_found`; `app_conflict` – an app has or had this id */
  createApp(app: NewBookedApp, actor: Actor): Promise<BookedApp>;
  /** @throws SfuError `app_not_found` */
  findApp(appId: AppId): Promise<BookedApp>;
  /** Returns a page of the apps of an organisation, in the order of their ids. */
  listApps(orgId: string, page: PageRequest): Promise<readonly BookedApp[]>;
  /** @throws SfuError `app_not_found`; `version_conflict` – the app has another version */
  updateApp(appId: AppId, patch: AppPatch, actor: Actor): Promise<BookedApp>;
  /** Removes an app and revokes its keys. Its id is never reused. @throws SfuError `app_not_found` */
  removeApp(appId: AppId, actor: Actor): Promise<void>;
  /** Returns the apps changed after a serial; all apps for 0. */
  appChanges(sinceSerial: number): Promise<AppChanges>;

  /** @throws SfuError `app_not_found`; `quota_exceeded` – the app has two live secrets */
  createSecret(appId: AppId, key: NewKey, actor: Actor): Promise<IssuedKey>;
  /** @throws SfuError `app_not_found`; `invalid_params` – no public key; `quota_exceeded`; `key_conflict` – the `kid` is taken */
  addSigningKey(appId: AppId, key: NewAppTokenKey & { readonly name: string }, actor: Actor): Promise<BookedKey>;
  /** Lists the keys of an app, newest first, including revoked and expired ones. @throws SfuError `app_not_found` */
  listKeys(appId: AppId): Promise<readonly BookedKey[]>;
  /**
   * Replaces a secret with a new one of the same name.
   *
   * @param overlapMs how long the old one stays valid; 0 revokes it at once
   * @throws SfuError `key_not_found`; `quota_exceeded` – the app has another live secret, and this one would stay valid
   */
  rollKey(keyId: string, overlapMs: number, actor: Actor): Promise<IssuedKey>;
  /** Revokes a key; no effect on one that is revoked or expired. @throws SfuError `key_not_found` */
  revokeKey(keyId: string, actor: Actor): Promise<BookedKey>;
  /** @throws SfuError `key_not_found` */
  findKey(keyId: string): Promise<BookedKey>;
  noteKeyUses(uses: readonly KeyUse[]): Promise<void>;

  /** @throws SfuError `org_not_found` */
  createAdminKey(orgId: string, key: NewKey, actor: Actor): Promise<IssuedKey>;
  /** The newest first. */
  listAdminKeys(orgId: string): Promise<readonly BookedKey[]>;
  /** @returns undefined if no live admin key has this digest */
  findAdminKey(digest: SecretDigest): Promise<BookedKey | undefined>;

  /** Lists audit entries, newest first; `after` is the id of an entry. */
  listAudit(orgId: string, page: PageRequest): Promise<readonly AuditEntry[]>;
}
