/** Finds due deliveries, and records the results of attempts. */
import {
  type Actor,
  type DisabledWebhook,
  type DueDeliveries,
  FAILING_DISABLES_AFTER_MS,
  type LoggedAttempt,
  type SettledDelivery,
  type WebhookLead,
} from '@causeway/accounts';
import type { BooksDatabase } from '../database/schema.ts';
import { deliveryOf, joinDeliveries } from './delivery-rows.ts';
import { holdLead } from './lead-rows.ts';
import { disableWebhook, type WebhookRow, webhookOf, webhooksOf } from './webhook-rows.ts';

const NODE: Actor = { kind: 'node' };

/** Parameters of a query for due deliveries. */
export interface DueQuestion {
  readonly nowMs: number;
  readonly busy: readonly number[];
  readonly maxPerWebhook: number;
}

/** @see WebhookBooks.dueDeliveries */
export async function dueDeliveries(
  database: BooksDatabase,
  { appId, term }: WebhookLead,
  { nowMs, busy, maxPerWebhook }: DueQuestion,
): Promise<DueDeliveries | undefined> {
  const lead = await database.selectFrom('webhookLeads').select('term').where('appId', '=', appId).executeTakeFirst();
  if (lead?.term !== term) return undefined;
  const webhooks = (await webhooksOf(database, appId)).filter(({ disabledReason }) => disabledReason === null);
  const deliveries = [];
  const isBusy = new Set(busy);
  let nextAtMs: number | undefined;
  for (const { id } of webhooks) {
    const rows = await joinDeliveries(database)
      .where('d.webhookId', '=', id)
      .where('d.state', '=', 'waiting')
      .where('d.nextAtMs', '<=', nowMs)
      .orderBy('d.nextAtMs')
      .orderBy('d.no')
      .limit(maxPerWebhook + busy.length)
      .execute();
    const next = await database
      .selectFrom('webhookDeliveries')
      .select('nextAtMs')
      .where('webhookId', '=', id)
      .where('state', '=', 'waiting')
      .where('nextAtMs', '>', nowMs)
      .orderBy('nextAtMs')
      .limit(1)
      .executeTakeFirst();
    const underWay = rows.filter(({ no }) => isBusy.has(no)).length;
    deliveries.push(...rows.filter(({ no }) => !isBusy.has(no)).slice(0, Math.max(0, maxPerWebhook - underWay)));
    if (typeof next?.nextAtMs === 'number') nextAtMs = Math.min(nextAtMs ?? next.nextAtMs, next.nextAtMs);
  }
  const named = new Set(deliveries.map(({ webhookId }) => webhookId));
  return {
    deliveries: deliveries.map(deliveryOf),
    webhooks: webhooks.filter(({ id }) => named.has(id)).map((row) => webhookOf(row, nowMs)),
    nextAtMs,
  };
}

/** @see WebhookBooks.settleDeliveries */
export async function settleDeliveries(
  database: BooksDatabase,
  lead: WebhookLead,
  settled: readonly SettledDelivery[],
  nowMs: number,
): Promise<readonly DisabledWebhook[] | undefined> {
  if (!(await holdLead(database, lead))) return undefined;
  const webhooks = new Map((await webhooksOf(database, lead.appId)).map((row) => [row.id, row]));
  const disabled: DisabledWebhook[] = [];
  for (const each of settled) {
    const webhook = webhooks.get(each.webhookId);
    if (webhook === undefined) continue;
    if (!(await settleOne(database, lead.appId, each, nowMs))) continue;
    const change = await noteHealth(database, webhook, each, nowMs);
    webhooks.set(webhook.id, { ...webhook, ...change });
    if (change.disabledReason === 'gone' || change.disabledReason === 'failing' || change.disabledReason === 'unreadable') {
      disabled.push({ webhookId: webhook.id, reason: change.disabledReason });
    }
  }
  return disabled;
}

/** A delivery that was cancelled stays cancelled. @returns false if the delivery does not exist, or the attempt is recorded already */
async function settleOne(
  database: BooksDatabase,
  appId: string,
  { no, attempt, response, next }: SettledDelivery,
  nowMs: number,
): Promise<boolean> {
  const row = await database
    .selectFrom('webhookDeliveries')
    .select(['state', 'attempts', 'webhookId', 'queue'])
    .where('appId', '=', appId)
    .where('no', '=', no)
    .executeTakeFirst();
  const before = JSON.parse(row?.attempts ?? '[]') as LoggedAttempt[];
  if (row === undefined || before.some(({ atMs }) => atMs === attempt.atMs)) return false;
  const attempts = JSON.stringify([...before, attempt]);
  const isCancelled = row.state === 'cancelled' && next.state !== 'delivered';
  const state = isCancelled ? 'cancelled' : next.state;
  const nextAtMs = state === 'waiting' && next.state === 'waiting' ? next.nextAtMs : null;
  const changed = { state, nextAtMs, attempts, response: response ?? null };
  await database.updateTable('webhookDeliveries').set(changed).where('appId', '=', appId).where('no', '=', no).execute();
  if (state !== 'waiting') await releaseNext(database, row.webhookId, row.queue, nowMs);
  return true;
}

/** Makes the oldest delivery of a queue due. */
async function releaseNext(database: BooksDatabase, webhookId: string, queue: string, nowMs: number): Promise<void> {
  const next = await database
    .selectFrom('webhookDeliveries')
    .select(['appId', 'no', 'nextAtMs'])
    .where('webhookId', '=', webhookId)
    .where('state', '=', 'waiting')
    .where('queue', '=', queue)
    .orderBy('no')
    .limit(1)
    .executeTakeFirst();
  if (next === undefined || next.nextAtMs !== null) return;
  await database
    .updateTable('webhookDeliveries')
    .set({ nextAtMs: nowMs })
    .where('appId', '=', next.appId)
    .where('no', '=', next.no)
    .execute();
}

async function noteHealth(
  database: BooksDatabase,
  webhook: WebhookRow,
  { attempt, next }: SettledDelivery,
  nowMs: number,
): Promise<Partial<WebhookRow>> {
  const failingSinceMs = next.state === 'delivered' ? null : (webhook.failingSinceMs ?? attempt.atMs);
  if (failingSinceMs !== webhook.failingSinceMs) {
    await database.updateTable('webhooks').set({ failingSinceMs }).where('id', '=', webhook.id).execute();
  }
  const hasFailedLong = failingSinceMs !== null && attempt.atMs - failingSinceMs >= FAILING_DISABLES_AFTER_MS;
  const reason = (next.state === 'failed' ? next.disables : undefined) ?? (hasFailedLong ? 'failing' : undefined);
  if (reason === undefined || webhook.disabledReason !== null) return { failingSinceMs };
  await disableWebhook(database, webhook, { reason, actor: NODE, nowMs });
  return { failingSinceMs, disabledReason: reason };
}
