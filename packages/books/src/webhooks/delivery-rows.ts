/** Reads deliveries, and adds them to their queues. */
import type { DeliveryPage, LoggedAttempt, LoggedDelivery, WebhookDeliveryState } from '@causeway/accounts';
import type { Insertable } from 'kysely';
import type { BooksDatabase, WebhookDeliveriesTable, WebhookEventsTable } from '../database/schema.ts';

/** SQLite allows 32,766 parameters in a statement. */
const ROWS_PER_STATEMENT = 500;

/** A delivery to be queued. */
export interface QueuedRow {
  readonly webhookId: string;
  readonly eventNo: number;
  readonly queue: string;
}

interface JoinedRow {
  readonly no: number;
  readonly webhookId: string;
  readonly state: string;
  readonly queuedAtMs: number;
  readonly nextAtMs: number | null;
  readonly attempts: string;
  readonly response: string | null;
  readonly eventId: string;
  readonly type: string;
  readonly atMs: number;
  readonly sessionId: string;
  readonly json: string;
}

/** Joins deliveries with their events. */
export function joinDeliveries(database: BooksDatabase) {
  return database
    .selectFrom('webhookDeliveries as d')
    .innerJoin('webhookEvents as e', (join) => join.onRef('e.appId', '=', 'd.appId').onRef('e.no', '=', 'd.eventNo'))
    .select(['d.no', 'd.webhookId', 'd.state', 'd.queuedAtMs', 'd.nextAtMs', 'd.attempts', 'd.response'])
    .select(['e.id as eventId', 'e.type', 'e.atMs', 'e.sessionId', 'e.json']);
}

export function deliveryOf({ eventId, type, atMs, sessionId, json, ...row }: JoinedRow): LoggedDelivery {
  return {
    no: row.no,
    webhookId: row.webhookId,
    event: { id: eventId, type, atMs, sessionId, json },
    state: row.state as WebhookDeliveryState,
    queuedAtMs: row.queuedAtMs,
    nextAtMs: row.nextAtMs ?? undefined,
    attempts: JSON.parse(row.attempts) as readonly LoggedAttempt[],
    response: row.response ?? undefined,
  };
}

export async function listDeliveries(database: BooksDatabase, webhookId: string, page: DeliveryPage): Promise<readonly LoggedDelivery[]> {
  const { limit, before, state } = page;
  let query = joinDeliveries(database).where('d.webhookId', '=', webhookId).orderBy('d.no', 'desc').limit(limit);
  if (before !== undefined) query = query.where('d.no', '<', before);
  if (state !== undefined) query = query.where('d.state', '=', state);
  return (await query.execute()).map(deliveryOf);
}

/** Reserves the next numbers of an app. @returns the first of them */
export async function takeNumbers(database: BooksDatabase, appId: string, count: number): Promise<number> {
  const { lastNo } = await database
    .updateTable('webhookLeads')
    .set((row) => ({ lastNo: row('lastNo', '+', count) }))
    .where('appId', '=', appId)
    .returning('lastNo')
    .executeTakeFirstOrThrow();
  return lastNo - count + 1;
}

export async function insertEvents(database: BooksDatabase, rows: readonly Insertable<WebhookEventsTable>[]): Promise<void> {
  for (const part of partsOf(rows)) await database.insertInto('webhookEvents').values(part).execute();
}

/**
 * Queues deliveries. The first one of an empty queue is due immediately.
 *
 * @param firstNo the first of as many reserved numbers as there are rows
 */
export async function insertDeliveries(
  database: BooksDatabase,
  queued: readonly QueuedRow[],
  { appId, firstNo, nowMs }: { readonly appId: string; readonly firstNo: number; readonly nowMs: number },
): Promise<void> {
  const taken = await queuesWithWaiting(database, queued);
  const rows = queued.map((row, index): Insertable<WebhookDeliveriesTable> => {
    const name = nameOf(row);
    const isFirst = !taken.has(name);
    taken.add(name);
    const nextAtMs = isFirst ? nowMs : null;
    return { ...row, appId, no: firstNo + index, state: 'waiting', nextAtMs, attempts: '[]', response: null, queuedAtMs: nowMs };
  });
  for (const part of partsOf(rows)) await database.insertInto('webhookDeliveries').values(part).execute();
}

async function queuesWithWaiting(database: BooksDatabase, queued: readonly QueuedRow[]): Promise<Set<string>> {
  const taken = new Set<string>();
  for (const [webhookId, rows] of Map.groupBy(queued, (row) => row.webhookId)) {
    for (const part of partsOf([...new Set(rows.map(({ queue }) => queue))])) {
      const waiting = await database
        .selectFrom('webhookDeliveries')
        .select(['webhookId', 'queue'])
        .distinct()
        .where('webhookId', '=', webhookId)
        .where('state', '=', 'waiting')
        .where('queue', 'in', part)
        .execute();
      for (const row of waiting) taken.add(nameOf(row));
    }
  }
  return taken;
}

function nameOf({ webhookId, queue }: Pick<QueuedRow, 'webhookId' | 'queue'>): string {
  return `${webhookId} ${queue}`;
}

/** Splits items into portions that fit into one statement. */
function* partsOf<Item>(items: readonly Item[]): Generator<Item[]> {
  for (let first = 0; first < items.length; first += ROWS_PER_STATEMENT) yield items.slice(first, first + ROWS_PER_STATEMENT);
}
