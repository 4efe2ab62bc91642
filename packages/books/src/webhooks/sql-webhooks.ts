import {
  type Actor,
  type Attendance,
  type DeliveryPage,
  type DisabledWebhook,
  type DueDeliveries,
  type LoggedDelivery,
  MAX_WEBHOOKS_PER_APP,
  type NewWebhook,
  type ReadingStep,
  type Replayed,
  type ReplayStart,
  type SealedWebhookSecret,
  type SettledDelivery,
  type Webhook,
  type WebhookBooks,
  type WebhookEvent,
  type WebhookLead,
  type WebhookPatch,
  type WebhookPlace,
} from '@causeway/accounts';
import { type AppId, SfuError } from '@causeway/protocol';
import type { BooksDatabase } from '../database/schema.ts';
import { liveApp } from '../look-ups.ts';
import { nextSerial } from '../serials.ts';
import { deliveryOf, insertEvents, joinDeliveries, listDeliveries, takeNumbers } from './delivery-rows.ts';
import { enqueueEvents, replayEvents } from './enqueue.ts';
import { attend, findPlace, leave, openLead, releaseLead, takeLead } from './lead-rows.ts';
import { pruneDeliveries } from './prune.ts';
import { dueDeliveries, settleDeliveries } from './settle.ts';
import { disableWebhook, noteWebhook, requireEnabled, type WebhookRow, webhookOf, webhookRow, webhooksOf } from './webhook-rows.ts';

/** Limits that tests can lower. Default: those of `WebhookBooks`. */
export interface SqlWebhooksOptions {
  readonly maxWaiting?: number;
  readonly maxPerApp?: number;
}

/** Implements `WebhookBooks` on the database of the books, in the calling thread. */
export class SqlWebhooks implements WebhookBooks {
  readonly #database: BooksDatabase;
  readonly #nowMs: () => number;
  readonly #options: SqlWebhooksOptions;

  /** @param nowMs milliseconds since 1970 */
  constructor(database: BooksDatabase, nowMs: () => number, options: SqlWebhooksOptions = {}) {
    this.#database = database;
    this.#nowMs = nowMs;
    this.#options = options;
  }

  createWebhook({ id, appId, url, description, events, sealedSecret }: NewWebhook, actor: Actor): Promise<Webhook> {
    return this.#change(async (database) => {
      await nextSerial(database);
      const { orgId } = await liveApp(database, appId);
      const others = await webhooksOf(database, appId);
      if (others.length >= MAX_WEBHOOKS_PER_APP) {
        throw new SfuError('quota_exceeded', `app ${appId} has ${MAX_WEBHOOKS_PER_APP} webhooks; remove one first`);
      }
      const nowMs = this.#nowMs();
      const row: WebhookRow = {
        id,
        orgId,
        appId,
        url,
        description,
        events: JSON.stringify(events),
        version: 1,
        disabledReason: null,
        disabledAtMs: null,
        failingSinceMs: null,
        hasOverflowed: 0,
        createdAtMs: nowMs,
        updatedAtMs: nowMs,
        secretNo: 1,
        sealedSecret,
        formerSealedSecret: null,
        formerSecretEndsAtMs: null,
      };
      if (others.length === 0) await openLead(database, appId);
      await database.insertInto('webhooks').values(row).execute();
      await noteWebhook(database, row, { action: 'webhook.created', subject: id, actor, nowMs });
      return webhookOf(row, nowMs);
    });
  }

  async listWebhooks(appId: AppId): Promise<readonly Webhook[]> {
    await liveApp(this.#database, appId);
    const nowMs = this.#nowMs();
    return (await webhooksOf(this.#database, appId)).map((row) => webhookOf(row, nowMs));
  }

  async findWebhook(webhookId: string): Promise<Webhook> {
    return webhookOf(await webhookRow(this.#database, webhookId), this.#nowMs());
  }

  updateWebhook(webhookId: string, { ifVersion, isDisabled, ...patch }: WebhookPatch, actor: Actor): Promise<Webhook> {
    return this.#change(async (database) => {
      await nextSerial(database);
      const row = await webhookRow(database, webhookId);
      if (ifVersion !== undefined && ifVersion !== row.version) {
        throw new SfuError('version_conflict', `webhook ${webhookId} is now at version ${row.version}, not ${ifVersion}`);
      }
      const nowMs = this.#nowMs();
      const { events, ...texts } = patch;
      const enables = isDisabled === false && row.disabledReason !== null;
      if (isDisabled === true && row.disabledReason === null) await disableWebhook(database, row, { reason: 'requested', actor, nowMs });
      const changed = {
        ...texts,
        ...(events === undefined ? {} : { events: JSON.stringify(events) }),
        ...(enables ? { disabledReason: null, disabledAtMs: null, failingSinceMs: null } : {}),
        version: row.version + 1,
        updatedAtMs: nowMs,
      };
      await database.updateTable('webhooks').set(changed).where('id', '=', webhookId).execute();
      const fields = [...Object.keys(patch), ...(isDisabled === undefined ? [] : [isDisabled ? 'disabled' : 'enabled'])].join(', ');
      await noteWebhook(database, row, { action: 'webhook.changed', subject: `${webhookId}: ${fields}`, actor, nowMs });
      return webhookOf(await webhookRow(database, webhookId), nowMs);
    });
  }

  removeWebhook(webhookId: string, actor: Actor): Promise<void> {
    return this.#change(async (database) => {
      await nextSerial(database);
      const row = await webhookRow(database, webhookId);
      await database.deleteFrom('webhookDeliveries').where('webhookId', '=', webhookId).execute();
      await database.deleteFrom('webhooks').where('id', '=', webhookId).execute();
      await noteWebhook(database, row, { action: 'webhook.removed', subject: webhookId, actor, nowMs: this.#nowMs() });
    });
  }

  rotateWebhookSecret(webhookId: string, secret: SealedWebhookSecret, overlapMs: number, actor: Actor): Promise<Webhook> {
    return this.#change(async (database) => {
      await nextSerial(database);
      const row = await webhookRow(database, webhookId);
      if (secret.no !== row.secretNo + 1)
        throw new SfuError('version_conflict', `the secret of webhook ${webhookId} has just been replaced`);
      const nowMs = this.#nowMs();
      const changed = {
        secretNo: secret.no,
        sealedSecret: secret.sealed,
        formerSealedSecret: overlapMs === 0 ? null : row.sealedSecret,
        formerSecretEndsAtMs: overlapMs === 0 ? null : nowMs + overlapMs,
        version: row.version + 1,
        updatedAtMs: nowMs,
      };
      await database.updateTable('webhooks').set(changed).where('id', '=', webhookId).execute();
      await noteWebhook(database, row, { action: 'webhook.secret-rotated', subject: webhookId, actor, nowMs });
      return webhookOf({ ...row, ...changed }, nowMs);
    });
  }

  async listDeliveries(webhookId: string, page: DeliveryPage): Promise<readonly LoggedDelivery[]> {
    await webhookRow(this.#database, webhookId);
    return listDeliveries(this.#database, webhookId, page);
  }

  logPing(
    webhookId: string,
    event: WebhookEvent,
    { attempt, response, next }: Omit<SettledDelivery, 'no' | 'webhookId'>,
    actor: Actor,
  ): Promise<LoggedDelivery> {
    return this.#change(async (database) => {
      const row = await webhookRow(database, webhookId);
      const { appId } = row;
      const nowMs = this.#nowMs();
      const no = await takeNumbers(database, appId, 2);
      await insertEvents(database, [{ ...event, appId, no, webhookId, keptAtMs: nowMs }]);
      const delivery = {
        appId,
        no: no + 1,
        webhookId,
        eventNo: no,
        queue: queueOfItsOwn(no + 1),
        state: next.state === 'delivered' ? 'delivered' : 'failed',
        nextAtMs: null,
        attempts: JSON.stringify([attempt]),
        response: response ?? null,
        queuedAtMs: nowMs,
      };
      await database.insertInto('webhookDeliveries').values(delivery).execute();
      await noteWebhook(database, row, { action: 'webhook.pinged', subject: webhookId, actor, nowMs });
      return this.#delivery(database, row, no + 1);
    });
  }

  redeliver(webhookId: string, no: number, actor: Actor): Promise<LoggedDelivery> {
    return this.#change(async (database) => {
      const row = await webhookRow(database, webhookId);
      requireEnabled(row);
      const { appId } = row;
      const fresh = await takeNumbers(database, appId, 1);
      const former = await database
        .selectFrom('webhookDeliveries')
        .select('eventNo')
        .where('appId', '=', appId)
        .where('no', '=', no)
        .where('webhookId', '=', webhookId)
        .executeTakeFirst();
      if (former === undefined) throw new SfuError('delivery_not_found', `webhook ${webhookId} has no delivery ${no}`);
      const nowMs = this.#nowMs();
      const queued = { webhookId, eventNo: former.eventNo, queue: queueOfItsOwn(fresh), state: 'waiting', nextAtMs: nowMs };
      await database
        .insertInto('webhookDeliveries')
        .values({ ...queued, appId, no: fresh, attempts: '[]', response: null, queuedAtMs: nowMs })
        .execute();
      await noteWebhook(database, row, { action: 'webhook.redelivered', subject: `${webhookId}: ${no}`, actor, nowMs });
      return this.#delivery(database, row, fresh);
    });
  }

  replay(webhookId: string, start: ReplayStart, maxEvents: number, actor: Actor): Promise<Replayed> {
    return this.#change(async (database) => {
      const row = await webhookRow(database, webhookId);
      requireEnabled(row);
      // This locks the numbers of the app before the waiting deliveries are read.
      await takeNumbers(database, row.appId, 0);
      const nowMs = this.#nowMs();
      const replayed = await replayEvents(database, row, { start, maxEvents, nowMs });
      const from = 'sinceMs' in start ? new Date(start.sinceMs).toISOString() : start.afterEventId;
      await noteWebhook(database, row, { action: 'webhook.replayed', subject: `${webhookId}: ${from}`, actor, nowMs });
      return replayed;
    });
  }

  attend(sender: string): Promise<Attendance> {
    return this.#change((database) => attend(database, sender, this.#nowMs()));
  }

  leave(sender: string): Promise<void> {
    return leave(this.#database, sender);
  }

  takeLead(lead: WebhookLead, sender: string): Promise<WebhookLead | undefined> {
    return takeLead(this.#database, lead, sender);
  }

  releaseLead(lead: WebhookLead, position?: { readonly is: string | undefined }): Promise<void> {
    return releaseLead(this.#database, lead, position);
  }

  findPlace(lead: WebhookLead): Promise<WebhookPlace | undefined> {
    return findPlace(this.#database, lead);
  }

  enqueue(lead: WebhookLead, place: ReadingStep, events: readonly WebhookEvent[]): Promise<boolean> {
    const moment = { nowMs: this.#nowMs(), ...(this.#options.maxWaiting === undefined ? {} : { maxWaiting: this.#options.maxWaiting }) };
    return this.#change((database) => enqueueEvents(database, lead, { place, events }, moment));
  }

  dueDeliveries(lead: WebhookLead, nowMs: number, busy: readonly number[], maxPerWebhook: number): Promise<DueDeliveries | undefined> {
    return dueDeliveries(this.#database, lead, { nowMs, busy, maxPerWebhook });
  }

  settleDeliveries(lead: WebhookLead, settled: readonly SettledDelivery[]): Promise<readonly DisabledWebhook[] | undefined> {
    return this.#change((database) => settleDeliveries(database, lead, settled, this.#nowMs()));
  }

  pruneDeliveries(): Promise<void> {
    const { maxPerApp } = this.#options;
    return this.#change((database) =>
      pruneDeliveries(database, { nowMs: this.#nowMs(), ...(maxPerApp === undefined ? {} : { maxPerApp }) }),
    );
  }

  async #delivery(database: BooksDatabase, { appId }: WebhookRow, no: number): Promise<LoggedDelivery> {
    return deliveryOf(await joinDeliveries(database).where('d.appId', '=', appId).where('d.no', '=', no).executeTakeFirstOrThrow());
  }

  #change<Result>(change: (database: BooksDatabase) => Promise<Result>): Promise<Result> {
    return this.#database.transaction().execute(change);
  }
}

/** Returns a queue that no session has, so that the delivery waits for no other. */
function queueOfItsOwn(no: number): string {
  return `:${no}`;
}
