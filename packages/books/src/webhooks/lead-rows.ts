/** The leads of apps' webhooks. Only the holder of the newest term may make changes. */
import type { Attendance, LedApp, WebhookLead, WebhookPlace } from '@causeway/accounts';
import { AppId } from '@causeway/protocol';
import type { BooksDatabase } from '../database/schema.ts';

/** How long the row of a sender that ended without leaving is kept. It counts as dead much earlier. */
const SENDER_KEPT_FOR_MS = 86_400_000;

/** Prepares the lead of an app for its first webhook: reading starts over, while numbers continue. */
export async function openLead(database: BooksDatabase, appId: string): Promise<void> {
  await database
    .insertInto('webhookLeads')
    .values({ appId, holder: null, term: 1, position: null, lastNo: 0 })
    .onConflict((conflict) =>
      conflict.column('appId').doUpdateSet((row) => ({ holder: null, term: row('webhookLeads.term', '+', 1), position: null })),
    )
    .execute();
}

/** Locks the lead until the transaction ends. @returns whether it is still held */
export async function holdLead(database: BooksDatabase, { appId, term }: WebhookLead): Promise<boolean> {
  const { numUpdatedRows } = await database
    .updateTable('webhookLeads')
    .set({ term })
    .where('appId', '=', appId)
    .where('term', '=', term)
    .executeTakeFirst();
  return numUpdatedRows > 0;
}

/** @see WebhookBooks.attend */
export async function attend(database: BooksDatabase, sender: string, nowMs: number): Promise<Attendance> {
  const apps = await ledApps(database);
  if (apps.length === 0) {
    await leave(database, sender);
    return { senders: [], apps: [] };
  }
  await database
    .insertInto('webhookSenders')
    .values({ name: sender, beat: 1, seenAtMs: nowMs })
    .onConflict((conflict) => conflict.column('name').doUpdateSet((row) => ({ beat: row('webhookSenders.beat', '+', 1), seenAtMs: nowMs })))
    .execute();
  await database
    .deleteFrom('webhookSenders')
    .where('seenAtMs', '<', nowMs - SENDER_KEPT_FOR_MS)
    .execute();
  const senders = await database.selectFrom('webhookSenders').select(['name', 'beat']).execute();
  return { senders: senders.map(({ name, beat }) => ({ name, beat })), apps };
}

async function ledApps(database: BooksDatabase): Promise<readonly LedApp[]> {
  const rows = await database
    .selectFrom('webhookLeads as l')
    .select(['l.appId', 'l.holder', 'l.term', 'l.lastNo'])
    .select((row) =>
      row
        .selectFrom('webhookDeliveries as d')
        .select('d.queuedAtMs')
        .whereRef('d.appId', '=', 'l.appId')
        .where('d.state', '=', 'waiting')
        .orderBy('d.no')
        .limit(1)
        .as('oldestQueuedAtMs'),
    )
    .where((row) => row.exists(row.selectFrom('webhooks as w').select('w.id').whereRef('w.appId', '=', 'l.appId')))
    .execute();
  return rows.map(({ appId, holder, oldestQueuedAtMs, ...row }) => ({
    ...row,
    appId: AppId.parse(appId),
    holder: holder ?? undefined,
    oldestQueuedAtMs: oldestQueuedAtMs ?? undefined,
  }));
}

export async function leave(database: BooksDatabase, sender: string): Promise<void> {
  const known = await database.selectFrom('webhookSenders').select('name').where('name', '=', sender).executeTakeFirst();
  if (known !== undefined) await database.deleteFrom('webhookSenders').where('name', '=', sender).execute();
}

export async function takeLead(database: BooksDatabase, { appId, term }: WebhookLead, sender: string): Promise<WebhookLead | undefined> {
  const { numUpdatedRows } = await database
    .updateTable('webhookLeads')
    .set({ term: term + 1, holder: sender })
    .where('appId', '=', appId)
    .where('term', '=', term)
    .executeTakeFirst();
  return numUpdatedRows === 0n ? undefined : { appId, term: term + 1 };
}

export async function releaseLead(
  database: BooksDatabase,
  lead: WebhookLead,
  position?: { readonly is: string | undefined },
): Promise<void> {
  await database
    .updateTable('webhookLeads')
    .set({ holder: null, ...(position === undefined ? {} : { position: position.is ?? null }) })
    .where('appId', '=', lead.appId)
    .where('term', '=', lead.term)
    .execute();
}

export async function findPlace(database: BooksDatabase, { appId, term }: WebhookLead): Promise<WebhookPlace | undefined> {
  const row = await database
    .selectFrom('webhookLeads as l')
    .innerJoin('webhooks as w', 'w.appId', 'l.appId')
    .select(['l.position', 'w.createdAtMs'])
    .where('l.appId', '=', appId)
    .where('l.term', '=', term)
    .orderBy('w.createdAtMs')
    .limit(1)
    .executeTakeFirst();
  return row === undefined ? undefined : { position: row.position ?? undefined, sinceMs: row.createdAtMs };
}
