/** Reads webhooks, and makes the changes that several operations share. */
import type { Actor, Webhook, WebhookDisabling } from '@causeway/accounts';
import { AppId, SfuError } from '@causeway/protocol';
import type { Selectable } from 'kysely';
import { noteChange } from '../audit.ts';
import type { BooksDatabase, WebhooksTable } from '../database/schema.ts';

export type WebhookRow = Selectable<WebhooksTable>;

export function webhookOf(row: WebhookRow, nowMs: number): Webhook {
  const { secretNo, sealedSecret, formerSealedSecret, formerSecretEndsAtMs } = row;
  const newest = { no: secretNo, sealed: sealedSecret };
  const hasFormer = formerSealedSecret !== null && formerSecretEndsAtMs !== null && formerSecretEndsAtMs > nowMs;
  return {
    id: row.id,
    orgId: row.orgId,
    appId: AppId.parse(row.appId),
    url: row.url,
    description: row.description,
    events: JSON.parse(row.events) as readonly string[],
    version: row.version,
    disabledReason: (row.disabledReason as WebhookDisabling | null) ?? undefined,
    disabledAtMs: row.disabledAtMs ?? undefined,
    failingSinceMs: row.failingSinceMs ?? undefined,
    createdAtMs: row.createdAtMs,
    updatedAtMs: row.updatedAtMs,
    secrets: hasFormer ? [newest, { no: secretNo - 1, sealed: formerSealedSecret }] : [newest],
    formerSecretEndsAtMs: hasFormer ? formerSecretEndsAtMs : undefined,
  };
}

/** @throws SfuError `webhook_not_found` */
export async function webhookRow(database: BooksDatabase, webhookId: string): Promise<WebhookRow> {
  const row = await database.selectFrom('webhooks').selectAll().where('id', '=', webhookId).executeTakeFirst();
  if (row === undefined) throw new SfuError('webhook_not_found', `there is no webhook ${webhookId}`);
  return row;
}

/** @throws SfuError `webhook_disabled` */
export function requireEnabled({ id, disabledReason }: WebhookRow): void {
  if (disabledReason !== null) throw new SfuError('webhook_disabled', `webhook ${id} is disabled (${disabledReason}); enable it first`);
}

export function webhooksOf(database: BooksDatabase, appId: string): Promise<WebhookRow[]> {
  return database.selectFrom('webhooks').selectAll().where('appId', '=', appId).orderBy('createdAtMs').orderBy('id').execute();
}

/** Disables a webhook and cancels its waiting deliveries. Call it in the transaction of the change. */
export async function disableWebhook(
  database: BooksDatabase,
  row: WebhookRow,
  { reason, actor, nowMs }: { readonly reason: WebhookDisabling; readonly actor: Actor; readonly nowMs: number },
): Promise<void> {
  const changed = { disabledReason: reason, disabledAtMs: nowMs, updatedAtMs: nowMs, version: row.version + 1 };
  await database.updateTable('webhooks').set(changed).where('id', '=', row.id).execute();
  await cancelWaiting(database, row.id);
  if (actor.kind === 'node')
    await noteWebhook(database, row, { action: 'webhook.disabled', subject: `${row.id}: ${reason}`, actor, nowMs });
}

async function cancelWaiting(database: BooksDatabase, webhookId: string): Promise<void> {
  await database
    .updateTable('webhookDeliveries')
    .set({ state: 'cancelled', nextAtMs: null })
    .where('webhookId', '=', webhookId)
    .where('state', '=', 'waiting')
    .execute();
}

/** Removes all webhooks of an app and their deliveries. */
export async function removeWebhooksOf(database: BooksDatabase, appId: string): Promise<void> {
  await database.deleteFrom('webhookDeliveries').where('appId', '=', appId).execute();
  await database.deleteFrom('webhookEvents').where('appId', '=', appId).execute();
  await database.deleteFrom('webhooks').where('appId', '=', appId).execute();
}

/** Records a change of a webhook in the audit. */
export function noteWebhook(
  database: BooksDatabase,
  { orgId, appId }: WebhookRow,
  change: { readonly action: string; readonly subject: string; readonly actor: Actor; readonly nowMs: number },
): Promise<void> {
  const { action, subject, actor, nowMs: atMs } = change;
  return noteChange(database, { orgId, appId: AppId.parse(appId), actor, action, subject, atMs });
}
