import { USAGE_METRICS, type UsageBatch, type UsageBytes, type UsageLedger, type UsageReceipt, usageDayOf } from '@causeway/accounts';
import type { AppId } from '@causeway/protocol';
import { z } from 'zod';
import { appKeys, lifeName } from '../redis/keys.ts';
import { loadLuaScript, type RedisLink } from '../redis/redis-link.ts';

/** Totals are kept for a year; no life goes longer without usage of an app. */
const KEPT_DAYS = 400;

const Receipt = z.tuple([z.enum(['counted', 'duplicate', 'gap']), z.number()]);
const Totals = z.array(z.string().nullable());

/** The ledger of a cluster. It is the one thing in Redis that no node can write again: keep an append-only file of it. */
export class RedisUsageLedger implements UsageLedger {
  readonly #link: RedisLink;
  readonly #script = loadLuaScript('usage-count');

  constructor(link: RedisLink) {
    this.#link = link;
  }

  /** @throws SfuError `registry_unavailable` */
  async record({ appId, nodeNo, epoch, seq, follows, closedAtMs, bytes }: UsageBatch): Promise<UsageReceipt> {
    const keys = appKeys(appId);
    const counted = USAGE_METRICS.filter((metric) => bytes[metric] > 0).flatMap((metric) => [metric, bytes[metric]]);
    const scriptKeys = [keys.usageMarkOf(lifeName({ nodeNo, epoch })), keys.usage(usageDayOf(closedAtMs))];
    const [type, lastSeq] = Receipt.parse(await this.#link.run(this.#script, scriptKeys, [seq, follows, KEPT_DAYS, ...counted]));
    return type === 'gap' ? { type, lastSeq } : { type };
  }

  /** @throws SfuError `registry_unavailable` */
  async totals(appId: AppId, day: string): Promise<UsageBytes> {
    const totals = Totals.parse(await this.#link.send(['HMGET', appKeys(appId).usage(day), ...USAGE_METRICS]));
    const [down, up, relay, retransmitted, data] = totals.map(Number);
    return { down: down ?? 0, up: up ?? 0, relay: relay ?? 0, retransmitted: retransmitted ?? 0, data: data ?? 0 };
  }
}
