/** Queues events for the webhooks that select them. */
import {
  MAX_WAITING_PER_WEBHOOK,
  type ReadingStep,
  type Replayed,
  type ReplayStart,
  type WebhookEvent,
  type WebhookLead,
} from '@causeway/accounts';
import { SfuError } from '@causeway/protocol';
import type { BooksDatabase } from '../database/schema.ts';
import { insertDeliveries, insertEvents, type QueuedRow, takeNumbers } from './delivery-rows.ts';
import { holdLead } from './lead-rows.ts';
import { type WebhookRow, webhooksOf } from './webhook-rows.ts';

/** Every webhook receives this type, whatever it selects, because a receiver cannot know what it missed. */
const LOST_TYPE = 'events.lost';

/** The app and time at which events are queued. */
export interface QueueMoment {
  readonly nowMs: number;
  /** Default: `MAX_WAITING_PER_WEBHOOK`. */
  readonly maxWaiting?: number;
}

/** @returns false if another sender has taken the lead */
export async function enqueueEvents(
  database: BooksDatabase,
  lead: WebhookLead,
  { place, events }: { readonly place: ReadingStep; readonly events: readonly WebhookEvent[] },
  { nowMs, maxWaiting = MAX_WAITING_PER_WEBHOOK }: QueueMoment,
): Promise<boolean> {
  if (!(await holdLead(database, lead))) return false;
  const { appId } = lead;
  const { position } = await database.selectFrom('webhookLeads').select('position').where('appId', '=', appId).executeTakeFirstOrThrow();
  if (position !== (place.from ?? null)) return true;
  await database.updateTable('webhookLeads').set({ position: place.to }).where('appId', '=', appId).execute();
  if (events.length === 0) return true;
  const firstEventNo = await takeNumbers(database, appId, events.length);
  await insertEvents(
    database,
    events.map((event, index) => ({ ...event, appId, no: firstEventNo + index, webhookId: null, keptAtMs: nowMs })),
  );
  for (const webhook of await webhooksOf(database, appId)) {
    if (webhook.disabledReason === null) await enqueueFor(database, webhook, { events, firstEventNo, nowMs, maxWaiting });
  }
  return true;
}

interface QueuedBatch extends Required<QueueMoment> {
  readonly events: readonly WebhookEvent[];
  readonly firstEventNo: number;
}

/** Drops events while too many are waiting, and reports the loss to the receiver before later events. */
async function enqueueFor(database: BooksDatabase, webhook: WebhookRow, batch: QueuedBatch): Promise<void> {
  const { events, firstEventNo, nowMs, maxWaiting } = batch;
  const { id: webhookId, appId } = webhook;
  const wanted = events.flatMap(({ type, sessionId }, index): QueuedRow[] =>
    type === LOST_TYPE || isWanted(webhook, type) ? [{ webhookId, eventNo: firstEventNo + index, queue: sessionId }] : [],
  );
  if (wanted.length === 0) return;
  if (await isFull(database, webhookId, maxWaiting)) {
    await database.updateTable('webhooks').set({ hasOverflowed: 1 }).where('id', '=', webhookId).execute();
    return;
  }
  const loss = webhook.hasOverflowed === 1 ? [await addLoss(database, webhook, nowMs)] : [];
  const queued = [...loss, ...wanted];
  await insertDeliveries(database, queued, { appId, firstNo: await takeNumbers(database, appId, queued.length), nowMs });
}

export function isWanted({ events }: Pick<WebhookRow, 'events'>, type: string): boolean {
  const wanted = JSON.parse(events) as readonly string[];
  return wanted.includes('*') || wanted.includes(type) || wanted.includes(`${type.slice(0, type.indexOf('.'))}.*`);
}

async function isFull(database: BooksDatabase, webhookId: string, maxWaiting: number): Promise<boolean> {
  const [beyond] = await database
    .selectFrom('webhookDeliveries')
    .select('no')
    .where('webhookId', '=', webhookId)
    .where('state', '=', 'waiting')
    .limit(1)
    .offset(maxWaiting - 1)
    .execute();
  return beyond !== undefined;
}

async function addLoss(database: BooksDatabase, { id: webhookId, appId }: WebhookRow, nowMs: number): Promise<QueuedRow> {
  const no = await takeNumbers(database, appId, 1);
  const json = JSON.stringify({ at: new Date(nowMs).toISOString(), type: LOST_TYPE });
  const event = { id: `lost-${no}`, type: LOST_TYPE, atMs: nowMs, sessionId: '', json };
  await insertEvents(database, [{ ...event, appId, no, webhookId, keptAtMs: nowMs }]);
  await database.updateTable('webhooks').set({ hasOverflowed: 0 }).where('id', '=', webhookId).execute();
  return { webhookId, eventNo: no, queue: '' };
}

/** Queues kept events again, except those that are waiting. @throws SfuError `invalid_params` – there is no such event */
export async function replayEvents(
  database: BooksDatabase,
  webhook: WebhookRow,
  { start, maxEvents, nowMs }: { readonly start: ReplayStart; readonly maxEvents: number; readonly nowMs: number },
): Promise<Replayed> {
  const { id: webhookId, appId } = webhook;
  const ofApp = database.selectFrom('webhookEvents').where('appId', '=', appId).where('webhookId', 'is', null);
  const fromStart =
    'sinceMs' in start
      ? ofApp.where('atMs', '>=', start.sinceMs)
      : ofApp.where('no', '>', await numberOf(database, appId, start.afterEventId));
  const looked = await fromStart
    .select(['no', 'id', 'type', 'sessionId'])
    .orderBy('no')
    .limit(maxEvents + 1)
    .execute();
  const page = looked.slice(0, maxEvents);
  const waiting = await waitingEvents(database, webhookId, page[0]?.no ?? 0);
  const again = page.filter(({ no, type }) => (type === LOST_TYPE || isWanted(webhook, type)) && !waiting.has(no));
  const queued = again.map(({ no, sessionId }): QueuedRow => ({ webhookId, eventNo: no, queue: sessionId }));
  if (queued.length > 0) {
    await insertDeliveries(database, queued, { appId, firstNo: await takeNumbers(database, appId, queued.length), nowMs });
  }
  return { queued: queued.length, lastEventId: page.at(-1)?.id, hasMore: looked.length > maxEvents };
}

async function numberOf(database: BooksDatabase, appId: string, eventId: string): Promise<number> {
  const row = await database
    .selectFrom('webhookEvents')
    .select('no')
    .where('appId', '=', appId)
    .where('id', '=', eventId)
    .executeTakeFirst();
  if (row !== undefined) return row.no;
  throw new SfuError('invalid_params', `afterEventId: no event ${eventId} of this app is kept`, { details: { path: 'afterEventId' } });
}

async function waitingEvents(database: BooksDatabase, webhookId: string, fromNo: number): Promise<ReadonlySet<number>> {
  const rows = await database
    .selectFrom('webhookDeliveries')
    .select('eventNo')
    .where('webhookId', '=', webhookId)
    .where('state', '=', 'waiting')
    .where('eventNo', '>=', fromNo)
    .execute();
  return new Set(rows.map(({ eventNo }) => eventNo));
}
