/** Creates, replaces and revokes keys of apps and organisations within the transaction of a change. */
import { randomBytes } from 'node:crypto';
import {
  type Actor,
  type BookedKey,
  createAppTokenKey,
  digestSecret,
  generateSecret,
  type IssuedKey,
  type KeyKind,
  type KeyUse,
  MAX_SECRETS_PER_APP,
  MAX_TOKEN_KEYS_PER_APP,
  type NewAppTokenKey,
  type NewKey,
  type SecretDigest,
} from '@causeway/accounts';
import { type AppId, SfuError } from '@causeway/protocol';
import { noteChange } from './audit.ts';
import type { BooksDatabase } from './database/schema.ts';
import { liveApp, orgRow } from './look-ups.ts';
import { isLive, type KeyRow, keyOf } from './rows.ts';
import { nextSerial } from './serials.ts';

const ID_SIZE_BYTES = 9;
/** Prefixes by which people and secret scanners recognise keys. */
const SECRET_PREFIXES = { secret: 'cws_', admin: 'cwa_' } as const;
/** Enough characters to identify a key, with more than 200 bits still unknown. */
const SHOWN_LENGTH = 8;
const MS_PER_MINUTE = 60_000;
/** Bounds the list, in which revoked and expired keys remain so that their last use can be seen. */
const MAX_LISTED = 1_000;

interface NewRow {
  readonly kind: KeyKind;
  readonly orgId: string;
  readonly appId: AppId | null;
  readonly name: string;
  readonly expiresAtMs: number | null;
}

export class KeyRows {
  readonly #nowMs: () => number;

  /** @param nowMs milliseconds since 1970 */
  constructor(nowMs: () => number) {
    this.#nowMs = nowMs;
  }

  async createSecret(database: BooksDatabase, appId: AppId, { name, expiresInMs }: NewKey, actor: Actor): Promise<IssuedKey> {
    const { orgId } = await this.#touchApp(database, appId);
    const live = await this.#liveKeys(database, appId, 'secret');
    if (live.length >= MAX_SECRETS_PER_APP) throw tooMany(appId, `${MAX_SECRETS_PER_APP} live secrets: roll or revoke one`);
    return this.#issue(database, { kind: 'secret', orgId, appId, name, expiresAtMs: this.#end(expiresInMs) }, actor);
  }

  async createAdminKey(database: BooksDatabase, orgId: string, { name, expiresInMs }: NewKey, actor: Actor): Promise<IssuedKey> {
    await orgRow(database, orgId);
    return this.#issue(database, { kind: 'admin', orgId, appId: null, name, expiresAtMs: this.#end(expiresInMs) }, actor);
  }

  async addSigningKey(
    database: BooksDatabase,
    appId: AppId,
    { name, ...given }: NewAppTokenKey & { readonly name: string },
    actor: Actor,
  ): Promise<BookedKey> {
    const { kid, alg, key } = readSigningKey(given);
    const { orgId } = await this.#touchApp(database, appId);
    const live = await this.#liveKeys(database, appId, 'signing');
    if (live.some(({ prefix }) => prefix === kid)) throw new SfuError('key_conflict', `app ${appId} already has a signing key ${kid}`);
    if (live.length >= MAX_TOKEN_KEYS_PER_APP) throw tooMany(appId, `${MAX_TOKEN_KEYS_PER_APP} live signing keys: revoke one`);
    const row = { ...this.#newRow({ kind: 'signing', orgId, appId, name, expiresAtMs: null }), prefix: kid, alg, publicKey: key };
    return this.#insert(database, row, 'key.created', actor);
  }

  /** Lists keys, newest first. */
  async list(database: BooksDatabase, owner: { readonly appId: AppId } | { readonly orgId: string }): Promise<readonly BookedKey[]> {
    const all = database.selectFrom('keys').selectAll().orderBy('createdAtMs', 'desc').orderBy('id').limit(MAX_LISTED);
    const query =
      'appId' in owner ? all.where('appId', '=', owner.appId) : all.where('orgId', '=', owner.orgId).where('kind', '=', 'admin');
    return (await query.execute()).map(keyOf);
  }

  async find(database: BooksDatabase, keyId: string): Promise<BookedKey> {
    return keyOf(await this.#row(database, keyId));
  }

  async roll(database: BooksDatabase, keyId: string, overlapMs: number, actor: Actor): Promise<IssuedKey> {
    const { orgId, appId, kind, name } = await this.find(database, keyId);
    if (kind === 'signing')
      throw new SfuError('key_conflict', 'signing keys cannot be rolled: add the new public key, then revoke the old one');
    if (appId !== undefined) await this.#touchApp(database, appId);
    const row = await this.#row(database, keyId);
    if (!isLive(row, this.#nowMs())) throw new SfuError('key_conflict', `key ${keyId} has expired or was revoked; create a new one`);
    const endMs = this.#nowMs() + overlapMs;
    await database
      .updateTable('keys')
      .set(overlapMs === 0 ? { revokedAtMs: endMs } : { expiresAtMs: Math.min(row.expiresAtMs ?? endMs, endMs) })
      .where('id', '=', keyId)
      .execute();
    if (appId !== undefined && (await this.#liveKeys(database, appId, 'secret')).length >= MAX_SECRETS_PER_APP) {
      throw tooMany(appId, `${MAX_SECRETS_PER_APP} live secrets: roll this one without overlap, or revoke the other`);
    }
    await this.#note(database, row, 'key.rolled', actor);
    return this.#issue(database, { kind, orgId, appId: appId ?? null, name, expiresAtMs: null }, actor);
  }

  async revoke(database: BooksDatabase, keyId: string, actor: Actor): Promise<BookedKey> {
    const { appId } = await this.#row(database, keyId);
    if (appId !== null) await nextSerialOf(database, appId);
    const row = await this.#row(database, keyId);
    if (row.revokedAtMs !== null) return keyOf(row);
    const revokedAtMs = this.#nowMs();
    await database.updateTable('keys').set({ revokedAtMs }).where('id', '=', keyId).execute();
    await this.#note(database, row, 'key.revoked', actor);
    return keyOf({ ...row, revokedAtMs });
  }

  async findAdminKey(database: BooksDatabase, digest: SecretDigest): Promise<BookedKey | undefined> {
    const row = await database.selectFrom('keys').selectAll().where('digest', '=', digest).where('kind', '=', 'admin').executeTakeFirst();
    return row !== undefined && isLive(row, this.#nowMs()) ? keyOf(row) : undefined;
  }

  /** Keeps the latest use, since nodes report uses of the same key in any order. */
  async noteUses(database: BooksDatabase, uses: readonly KeyUse[]): Promise<void> {
    for (const { digest, usedAtMs } of uses) {
      const lastUsedAtMs = Math.floor(usedAtMs / MS_PER_MINUTE) * MS_PER_MINUTE;
      await database
        .updateTable('keys')
        .set({ lastUsedAtMs })
        .where('digest', '=', digest)
        .where((row) => row.or([row('lastUsedAtMs', 'is', null), row('lastUsedAtMs', '<', lastUsedAtMs)]))
        .execute();
    }
  }

  #end(expiresInMs: number | undefined): number | null {
    return expiresInMs === undefined ? null : this.#nowMs() + expiresInMs;
  }

  /** Locks the keys of all apps against other changes, and marks the app as changed for mirrors. */
  async #touchApp(database: BooksDatabase, appId: AppId): Promise<{ readonly orgId: string }> {
    await nextSerialOf(database, appId);
    return liveApp(database, appId);
  }

  async #liveKeys(database: BooksDatabase, appId: AppId, kind: KeyKind): Promise<readonly KeyRow[]> {
    const rows = await database.selectFrom('keys').selectAll().where('appId', '=', appId).where('kind', '=', kind).execute();
    return rows.filter((row) => isLive(row, this.#nowMs()));
  }

  async #row(database: BooksDatabase, keyId: string): Promise<KeyRow> {
    const row = await database.selectFrom('keys').selectAll().where('id', '=', keyId).executeTakeFirst();
    if (row === undefined) throw new SfuError('key_not_found', `there is no key ${keyId}`);
    return row;
  }

  async #issue(database: BooksDatabase, wanted: NewRow & { readonly kind: 'secret' | 'admin' }, actor: Actor): Promise<IssuedKey> {
    const secret = `${SECRET_PREFIXES[wanted.kind]}${generateSecret()}`;
    const shown = { prefix: secret.slice(0, SHOWN_LENGTH), last4: secret.slice(-4), digest: digestSecret(secret) };
    return { key: await this.#insert(database, { ...this.#newRow(wanted), ...shown }, 'key.created', actor), secret };
  }

  #newRow({ kind, orgId, appId, name, expiresAtMs }: NewRow): KeyRow {
    const id = `key-${randomBytes(ID_SIZE_BYTES).toString('base64url')}`;
    const empty = { prefix: '', last4: '', digest: null, alg: null, publicKey: null, lastUsedAtMs: null, revokedAtMs: null };
    return { id, kind, orgId, appId, name, expiresAtMs, createdAtMs: this.#nowMs(), ...empty };
  }

  async #insert(database: BooksDatabase, row: KeyRow, action: string, actor: Actor): Promise<BookedKey> {
    await database.insertInto('keys').values(row).execute();
    await this.#note(database, row, action, actor);
    return keyOf(row);
  }

  #note(database: BooksDatabase, { id, orgId, appId }: KeyRow, action: string, actor: Actor): Promise<void> {
    return noteChange(database, {
      orgId,
      appId: (appId ?? undefined) as AppId | undefined,
      actor,
      action,
      subject: id,
      atMs: this.#nowMs(),
    });
  }
}

async function nextSerialOf(database: BooksDatabase, appId: string): Promise<void> {
  const serial = await nextSerial(database);
  await database.updateTable('apps').set({ serial }).where('id', '=', appId).execute();
}

function tooMany(appId: AppId, rest: string): SfuError {
  return new SfuError('quota_exceeded', `app ${appId} has ${rest}`);
}

/** Accepts only public keys, because a shared secret would have to be stored in plain text. */
function readSigningKey(given: NewAppTokenKey): ReturnType<typeof createAppTokenKey> {
  try {
    const key = createAppTokenKey(given);
    if (key.alg !== 'HS256') return key;
  } catch (error) {
    throw new SfuError('invalid_params', (error as Error).message, { details: { path: 'publicKey' } });
  }
  throw new SfuError('invalid_params', 'alg must be EdDSA or ES256: the books store only public keys', { details: { path: 'alg' } });
}
