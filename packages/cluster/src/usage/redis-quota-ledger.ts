import { QUOTA_MARKS, type QuotaDraw, type QuotaGrant, type QuotaLedger, SLICE_HELD_MS } from '@causeway/accounts';
import { z } from 'zod';
import { appKeys, lifeName } from '../redis/keys.ts';
import { loadLuaScript, type RedisLink } from '../redis/redis-link.ts';

/** A month, and as long again. */
const KEPT_SECONDS = 62 * 86_400;

/** Numbers beyond 53 bits would be rounded on their way; those of a quota are not. */
const Grant = z.tuple([z.coerce.number(), z.coerce.number(), z.number(), z.number()]);

/** The quotas of a cluster, in Redis. One that forgets a month gives it out again from what nodes report since their start. */
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
