import { randomBytes } from 'node:crypto';
import type {
  Actor,
  AppChanges,
  AppPatch,
  AuditEntry,
  BookedApp,
  BookedKey,
  Books,
  IssuedKey,
  KeyUse,
  LedgerExtent,
  LedgerRecord,
  LedgerSpan,
  NewAppTokenKey,
  NewBookedApp,
  NewKey,
  Org,
  PageRequest,
  SecretDigest,
  UsageBatch,
  UsageBytes,
  UsageQuery,
  UsageReceipt,
  UsageRow,
} from '@causeway/accounts';
import { AppId, AppSettings, AppSettingsPatch, SfuError } from '@causeway/protocol';
import { readAppChanges } from './app-changes.ts';
import { listAudit, noteChange } from './audit.ts';
import type { BooksDatabase } from './database/schema.ts';
import { KeyRows } from './key-rows.ts';
import { liveApp, orgRow } from './look-ups.ts';
import { createOrg } from './org-rows.ts';
import { appOf, orgOf } from './rows.ts';
import { nextSerial } from './serials.ts';
import { openSetUp, takeSetUp } from './set-up.ts';
import { ledgerExtent, ledgerRecords } from './usage/ledger-rows.ts';
import { pruneUsage } from './usage/prune-usage.ts';
import { queryUsage, usageTotals } from './usage/query-usage.ts';
import { recordUsage } from './usage/record-usage.ts';
import { removeWebhooksOf } from './webhooks/webhook-rows.ts';

const ID_SIZE_BYTES = 9;

/** Implements `Books` on a database, in the calling thread. */
export class SqlBooks implements Books {
  readonly #database: BooksDatabase;
  readonly #nowMs: () => number;
  readonly #keys: KeyRows;

  /** @param nowMs milliseconds since 1970 */
  constructor(database: BooksDatabase, nowMs: () => number) {
    this.#database = database;
    this.#nowMs = nowMs;
    this.#keys = new KeyRows(nowMs);
  }

  openSetUp(): Promise<string | undefined> {
    return this.#change((database) => openSetUp(database, this.#nowMs()));
  }

  completeSetUp(token: string, orgName: string): Promise<{ readonly org: Org; readonly issued: IssuedKey }> {
    return this.#change(async (database) => {
      await takeSetUp(database, token);
      const actor: Actor = { kind: 'operator' };
      const org = await this.#createOrg(database, orgName, actor);
      return { org, issued: await this.#keys.createAdminKey(database, org.id, { name: 'set-up' }, actor) };
    });
  }

  createOrg(name: string, actor: Actor): Promise<Org> {
    return this.#change((database) => this.#createOrg(database, name, actor));
  }

  async findOrg(orgId: string): Promise<Org> {
    return orgOf(await orgRow(this.#database, orgId));
  }

  async listOrgs({ after = '', limit }: PageRequest): Promise<readonly Org[]> {
    const rows = await this.#database.selectFrom('orgs').selectAll().where('id', '>', after).orderBy('id').limit(limit).execute();
    return rows.map(orgOf);
  }

  createApp({ orgId, id = randomAppId(), name, settings = {} }: NewBookedApp, actor: Actor): Promise<BookedApp> {
    return this.#change(async (database) => {
      await orgRow(database, orgId);
      const serial = await nextSerial(database);
      const former = await database.selectFrom('apps').select('id').where('id', '=', id).executeTakeFirst();
      if (former !== undefined) throw new SfuError('app_conflict', `the app id ${id} is or was in use; ids cannot be used again`);
      const row = {
        id,
        orgId,
        name,
        settings: JSON.stringify(AppSettings.partial().parse(settings)),
        version: 1,
        serial,
        createdAtMs: this.#nowMs(),
        removedAtMs: null,
      };
      await database.insertInto('apps').values(row).execute();
      await noteChange(database, { orgId, appId: id, actor, action: 'app.created', subject: name, atMs: this.#nowMs() });
      return appOf(row);
    });
  }

  async findApp(appId: AppId): Promise<BookedApp> {
    return appOf(await liveApp(this.#database, appId));
  }

  async listApps(orgId: string, { after = '', limit }: PageRequest): Promise<readonly BookedApp[]> {
    const rows = await this.#database
      .selectFrom('apps')
      .selectAll()
      .where('orgId', '=', orgId)
      .where('removedAtMs', 'is', null)
      .where('id', '>', after)
      .orderBy('id')
      .limit(limit)
      .execute();
    return rows.map(appOf);
  }

  updateApp(appId: AppId, { name, settings, ifVersion }: AppPatch, actor: Actor): Promise<BookedApp> {
    return this.#change(async (database) => {
      const serial = await nextSerial(database);
      const row = await liveApp(database, appId);
      if (ifVersion !== undefined && ifVersion !== row.version) {
        throw new SfuError('version_conflict', `app ${appId} is now at version ${row.version}, not ${ifVersion}`);
      }
      const merged = Object.entries({ ...JSON.parse(row.settings), ...AppSettingsPatch.parse(settings ?? {}) });
      const kept = Object.fromEntries(merged.filter(([, value]) => value !== null));
      const changed = { name: name ?? row.name, settings: JSON.stringify(kept), version: row.version + 1, serial };
      await database.updateTable('apps').set(changed).where('id', '=', appId).execute();
      const subject = [...(name === undefined ? [] : ['name']), ...Object.keys(settings ?? {})].join(', ');
      await noteChange(database, { orgId: row.orgId, appId, actor, action: 'app.changed', subject, atMs: this.#nowMs() });
      return appOf({ ...row, ...changed });
    });
  }

  removeApp(appId: AppId, actor: Actor): Promise<void> {
    return this.#change(async (database) => {
      const serial = await nextSerial(database);
      const { orgId, name } = await liveApp(database, appId);
      const atMs = this.#nowMs();
      await database.updateTable('apps').set({ removedAtMs: atMs, serial }).where('id', '=', appId).execute();
      await database.updateTable('keys').set({ revokedAtMs: atMs }).where('appId', '=', appId).where('revokedAtMs', 'is', null).execute();
      await removeWebhooksOf(database, appId);
      await noteChange(database, { orgId, appId, actor, action: 'app.removed', subject: name, atMs });
    });
  }

  appChanges(sinceSerial: number): Promise<AppChanges> {
    return readAppChanges(this.#database, sinceSerial, this.#nowMs());
  }

  createSecret(appId: AppId, key: NewKey, actor: Actor): Promise<IssuedKey> {
    return this.#change((database) => this.#keys.createSecret(database, appId, key, actor));
  }

  addSigningKey(appId: AppId, key: NewAppTokenKey & { readonly name: string }, actor: Actor): Promise<BookedKey> {
    return this.#change((database) => this.#keys.addSigningKey(database, appId, key, actor));
  }

  async listKeys(appId: AppId): Promise<readonly BookedKey[]> {
    await liveApp(this.#database, appId);
    return this.#keys.list(this.#database, { appId });
  }

  rollKey(keyId: string, overlapMs: number, actor: Actor): Promise<IssuedKey> {
    return this.#change((database) => this.#keys.roll(database, keyId, overlapMs, actor));
  }

  revokeKey(keyId: string, actor: Actor): Promise<BookedKey> {
    return this.#change((database) => this.#keys.revoke(database, keyId, actor));
  }

  findKey(keyId: string): Promise<BookedKey> {
    return this.#keys.find(this.#database, keyId);
  }

  noteKeyUses(uses: readonly KeyUse[]): Promise<void> {
    return this.#keys.noteUses(this.#database, uses);
  }

  createAdminKey(orgId: string, key: NewKey, actor: Actor): Promise<IssuedKey> {
    return this.#change((database) => this.#keys.createAdminKey(database, orgId, key, actor));
  }

  listAdminKeys(orgId: string): Promise<readonly BookedKey[]> {
    return this.#keys.list(this.#database, { orgId });
  }

  findAdminKey(digest: SecretDigest): Promise<BookedKey | undefined> {
    return this.#keys.findAdminKey(this.#database, digest);
  }

  listAudit(orgId: string, page: PageRequest): Promise<readonly AuditEntry[]> {
    return listAudit(this.#database, orgId, page);
  }

  recordUsage(batches: readonly UsageBatch[]): Promise<readonly UsageReceipt[]> {
    return this.#change((database) => recordUsage(database, batches));
  }

  usageTotals(appId: AppId, day: string): Promise<UsageBytes> {
    return usageTotals(this.#database, appId, day);
  }

  queryUsage(query: UsageQuery): Promise<readonly UsageRow[]> {
    return queryUsage(this.#database, query);
  }

  pruneUsage(beforeMs: number): Promise<number> {
    return this.#change((database) => pruneUsage(database, beforeMs));
  }

  ledgerExtent(appId: AppId, fromMs: number, toMs: number): Promise<LedgerExtent> {
    return ledgerExtent(this.#database, appId, fromMs, toMs);
  }

  ledgerRecords(appId: AppId, span: LedgerSpan, limit: number): Promise<readonly LedgerRecord[]> {
    return ledgerRecords(this.#database, appId, span, limit);
  }

  #createOrg(database: BooksDatabase, name: string, actor: Actor): Promise<Org> {
    return createOrg(database, name, actor, this.#nowMs());
  }

  #change<Result>(change: (database: BooksDatabase) => Promise<Result>): Promise<Result> {
    return this.#database.transaction().execute(change);
  }
}

function randomAppId(): AppId {
  return AppId.parse(`app-${randomBytes(ID_SIZE_BYTES).toString('base64url')}`);
}
