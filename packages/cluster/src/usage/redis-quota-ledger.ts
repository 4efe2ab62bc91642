import { QUOTA_MARKS, type QuotaDraw, type QuotaGrant, type QuotaLedger, SLICE_HELD_MS } from '@causeway/accounts';
import { z } from 'zod';
import { appKeys, lifeName } from '../redis/keys.ts';
import { loadLuaScript, type RedisLink } from '../redis/redis-link.ts';

/** Twice the length of a month. */
const KEPT_SECONDS = 62 * 86_400;

/** Numbers beyond 53 bits would lose precision; those of a quota are smaller. */
const Grant = z.tuple([z.coerce.number(), z.coerce.number(), z.number(), z.number()]);

/**
 * The quotas of a cluster, in Redis. If Redis loses a month, the quota is granted again, based on the usage that nodes
 * have reported since they started.
 */
export class RedisQuotaLedger implements QuotaLedger {
  readonly #link: RedisLink;
  readonly #script = loadLuaScript('quota-draw');

  constructor(link: RedisLink) {
    this.#link = link;
  }

  /** @throws SfuError `registry_unavailable` */
  async draw({ appId, life, month, quotaBytes, usedBytes, sliceBytes }: QuotaDraw): Promise<QuotaGrant> {
    const words = [lifeName(life), quotaBytes, usedBytes, Math.ceil(sliceBytes), SLICE_HELD_MS, KEPT_SECONDS];
    const reply = await this.#link.run(this.#script, [appKeys(appId).quota(month)], words);
    const [grantedBytes, totalBytes, before, now] = Grant.parse(reply);
    return { grantedBytes, totalBytes, passed: QUOTA_MARKS.filter((mark) => mark > before && mark <= now) };
  }
}
