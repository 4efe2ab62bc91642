/**
 * The books: who runs which apps, with which keys. What media and calls need of them is copied into memory and Redis, so that both go
 * on while the books cannot be reached.
 */
import type { AppId, AppSettings, AppSettingsPatch } from '@causeway/protocol';
import type { App } from '../app/app.ts';
import type { NewAppTokenKey } from '../app/app-token-key.ts';
import type { SecretDigest } from '../app/secret.ts';
import type { UsageBooks } from '../usage/usage-books.ts';

/** Who changes something, for the audit. */
export type Actor =
  | { readonly kind: 'person'; readonly id: string }
  | { readonly kind: 'key'; readonly id: string }
  /** Someone with access to the machine. */
  | { readonly kind: 'operator' }
  /** A node, by itself. */
  | { readonly kind: 'node' };

/** An organisation: it owns apps, and people are its members. */
export interface Org {
  readonly id: string;
  readonly name: string;
  readonly createdAtMs: number;
}

/** An app as the books have it. */
export interface BookedApp {
  readonly id: AppId;
  readonly orgId: string;
  readonly name: string;
  readonly settings: AppSettings;
  /** Rises with every change of name or settings. */
  readonly version: number;
  readonly createdAtMs: number;
}

/** What a key is good for: a `secret` opens its app, a `signing` key verifies tokens that the app's backend has signed, an `admin` key manages its organisation. */
export type KeyKind = 'secret' | 'signing' | 'admin';

/** A key as it can be shown: without what makes it one. */
export interface BookedKey {
  readonly id: string;
  readonly kind: KeyKind;
  readonly orgId: string;
  /** Undefined for an `admin` key. */
  readonly appId: AppId | undefined;
  readonly name: string;
  /** How the key begins; its `kid` for a signing key. */
  readonly prefix: string;
  /** How it ends; empty for a signing key. */
  readonly last4: string;
  readonly createdAtMs: number;
  /** To the minute; undefined if it was never used, and for signing keys. */
  readonly lastUsedAtMs: number | undefined;
  readonly expiresAtMs: number | undefined;
  readonly revokedAtMs: number | undefined;
}

/** A new key, and the one time that its secret is told. */
export interface IssuedKey {
  readonly key: BookedKey;
  readonly secret: string;
}

/** One line of the audit. */
export interface AuditEntry {
  readonly id: number;
  readonly orgId: string;
  readonly appId: AppId | undefined;
  readonly actor: Actor;
  /** A verb and its object: `app.created`. */
  readonly action: string;
  /** What it was done to: the id of a key, the name of a setting. */
  readonly subject: string;
  readonly atMs: number;
}

/** What has changed in the apps since a serial number. */
export interface AppChanges {
  /** The newest serial; to be asked with next time. */
  readonly serial: number;
  /** As calls need them, in no order. */
  readonly changed: readonly App[];
  readonly removed: readonly AppId[];
}

/** Where a list continues, and how long it may be. */
export interface PageRequest {
  /** Undefined for the beginning. */
  readonly after?: string;
  readonly limit: number;
}

/** An app as it is asked for. */
export interface NewBookedApp {
  readonly orgId: string;
  /** Default: a random one. */
  readonly id?: AppId;
  readonly name: string;
  readonly settings?: Partial<AppSettings>;
}

/** What to change of an app; what is missing stays. */
export interface AppPatch {
  readonly name?: string;
  /** A setting that is null is no longer set. */
  readonly settings?: AppSettingsPatch;
  /** Only if the app still has this version. */
  readonly ifVersion?: number;
}

/** A key as it is asked for. */
export interface NewKey {
  readonly name: string;
  /** Milliseconds from now; undefined for one that does not expire. */
  readonly expiresInMs?: number;
}

/** That a key was used, by its digest. */
export interface KeyUse {
  readonly digest: SecretDigest;
  readonly usedAtMs: number;
}

/**
 * The books. Every change is in the audit, or neither is made. Every implementation passes `booksContract`.
 *
 * All methods reject with SfuError `books_unavailable` if the books cannot be reached now.
 */
export interface Books extends UsageBooks {
  /**
   * A one-time token for the operator who starts the first node, which replaces any before it.
   *
   * @returns undefined if there is an organisation already
   */
  openSetUp(): Promise<string | undefined>;
  /** Makes the first organisation and a key to manage it. @throws SfuError `unauthorized` – it is not the newest token, or was used */
  completeSetUp(token: string, orgName: string): Promise<{ readonly org: Org; readonly issued: IssuedKey }>;

  createOrg(name: string, actor: Actor): Promise<Org>;
  /** @throws SfuError `org_not_found` */
  findOrg(orgId: string): Promise<Org>;
  /** By id. */
  listOrgs(page: PageRequest): Promise<readonly Org[]>;

  /** @throws SfuError `org_not_found`; `app_conflict` – there is or was an app of this id */
  createApp(app: NewBookedApp, actor: Actor): Promise<BookedApp>;
  /** @throws SfuError `app_not_found` */
  findApp(appId: AppId): Promise<BookedApp>;
  /** By id. */
  listApps(orgId: string, page: PageRequest): Promise<readonly BookedApp[]>;
  /** @throws SfuError `app_not_found`; `version_conflict` – another change was faster */
  updateApp(appId: AppId, patch: AppPatch, actor: Actor): Promise<BookedApp>;
  /** Its keys end with it. Its id is not given again. @throws SfuError `app_not_found` */
  removeApp(appId: AppId, actor: Actor): Promise<void>;
  /** What calls need to know of apps that have changed. With 0, all apps. */
  appChanges(sinceSerial: number): Promise<AppChanges>;

  /** @throws SfuError `app_not_found`; `quota_exceeded` – the app has two live ones */
  createSecret(appId: AppId, key: NewKey, actor: Actor): Promise<IssuedKey>;
  /** @throws SfuError `app_not_found`; `invalid_params` – it is no public key; `quota_exceeded`; `key_conflict` – the `kid` is taken */
  addSigningKey(appId: AppId, key: NewAppTokenKey & { readonly name: string }, actor: Actor): Promise<BookedKey>;
  /** Those of an app, the newest first, ended ones included. @throws SfuError `app_not_found` */
  listKeys(appId: AppId): Promise<readonly BookedKey[]>;
  /**
   * Replaces a secret by a new one of the same name.
   *
   * @param overlapMs how long the old one stays good; 0 ends it at once
   * @throws SfuError `key_not_found`; `quota_exceeded` – the app has another live secret, and this one is to stay good
   */
  rollKey(keyId: string, overlapMs: number, actor: Actor): Promise<IssuedKey>;
  /** Ends a key now; one that has ended stays as it is. @throws SfuError `key_not_found` */
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

  /** The newest first; `after` is the id of an entry. */
  listAudit(orgId: string, page: PageRequest): Promise<readonly AuditEntry[]>;
}
