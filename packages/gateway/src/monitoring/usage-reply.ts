import type { UsageBytes } from '@causeway/accounts';
import { type AppId, parseAppId, SfuError } from '@causeway/protocol';

/** What an operator may ask about the usage of apps. */
export interface UsageTotals {
  today(): string;
  totals(appId: AppId, day: string): Promise<UsageBytes>;
}

const DAY = /^\d{4}-\d{2}-\d{2}$/;

/** Answers `/debug/usage?app=demo&day=2026-11-27`. */
export async function usageReply(query: URLSearchParams, usage: UsageTotals): Promise<readonly [status: number, body: unknown]> {
  const app = parseAppId(query.get('app') ?? '');
  const day = query.get('day') ?? usage.today();
  if (app === undefined || !DAY.test(day)) return [400, { error: 'ask for ?app=ID, or ?app=ID&day=YYYY-MM-DD (UTC)' }];
  try {
    return [200, { app, day, bytes: await usage.totals(app, day) }];
  } catch (error) {
    if (error instanceof SfuError) return [503, { error: error.message }];
    throw error;
  }
}
