/** Removes old deliveries and events. */
import { DELIVERIES_KEPT_FOR_MS, MAX_KEPT_PER_APP } from '@causeway/accounts';
import type { BooksDatabase } from '../database/schema.ts';

/** Limits of what is kept. */
export interface KeptDeliveries {
  readonly nowMs: number;
  /** Default: `MAX_KEPT_PER_APP`. */
  readonly maxPerApp?: number;
}

/**
 * Removes deliveries and events that are older than 30 days or exceed the limit of an app. Waiting deliveries are kept at any age; they end
 * with their attempts or with the webhook.
 */
export async function pruneDeliveries(database: BooksDatabase, { nowMs, maxPerApp = MAX_KEPT_PER_APP }: KeptDeliveries): Promise<void> {
  const oldestMs = nowMs - DELIVERIES_KEPT_FOR_MS;
  for (const { appId, lastNo } of await database.selectFrom('webhookLeads').select(['appId', 'lastNo']).execute()) {
    const firstKeptNo = lastNo - maxPerApp + 1;
    await database
      .deleteFrom('webhookDeliveries')
      .where('appId', '=', appId)
      .where('state', '!=', 'waiting')
      .where((row) => row.or([row('queuedAtMs', '<', oldestMs), row('no', '<', firstKeptNo)]))
      .execute();
    await database
      .deleteFrom('webhookEvents')
      .where('appId', '=', appId)
      .where((row) => row.or([row('keptAtMs', '<', oldestMs), row('no', '<', firstKeptNo)]))
      .where(({ not, exists, selectFrom }) =>
        not(
          exists(
            selectFrom('webhookDeliveries as d')
              .select('d.no')
              .whereRef('d.appId', '=', 'webhookEvents.appId')
              .whereRef('d.eventNo', '=', 'webhookEvents.no'),
          ),
        ),
      )
      .execute();
  }
}
