/** Forgets deliveries and events. */
import { DELIVERIES_KEPT_FOR_MS, MAX_KEPT_PER_APP } from '@causeway/accounts';
import type { BooksDatabase } from '../database/schema.ts';

/** What is kept. */
export interface KeptDeliveries {
  readonly nowMs: number;
  /** Default: `MAX_KEPT_PER_APP`. */
  readonly maxPerApp?: number;
}

/**
 * Forgets what is older than 30 days, and what an app has too much of. A delivery that waits is kept whatever its age: it ends with its
 * attempts, or with its webhook.
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
