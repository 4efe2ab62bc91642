import { quotaLedgerContract } from '@causeway/accounts/quota-ledger-contract';
import { appKeys } from '../../src/redis/keys.ts';
import type { RedisLink } from '../../src/redis/redis-link.ts';
import { RedisQuotaLedger } from '../../src/usage/redis-quota-ledger.ts';
import { EVERY_REDIS, type RedisUnderTest } from '../doubles/every-redis.ts';

describe.each(EVERY_REDIS)('quotas in $name', ({ start }) => {
  let redis: RedisUnderTest;
  let link: RedisLink;

  beforeAll(async () => {
    redis = await start();
    link = await redis.connect();
  });

  afterAll(() => redis.stop());

  /** Redis has the time of the machine, so what it knows is made older instead. */
  async function advance(ms: number): Promise<void> {
    const key = appKeys('demo').quota('2026-11');
    const words = (await link.send(['HGETALL', key])) as string[];
    for (let index = 0; index < words.length; index += 2) {
      const [field = '', value = ''] = words.slice(index, index + 2);
      if (field.startsWith('t:')) await link.send(['HSET', key, field, Number(value) - ms]);
    }
  }

  test.each(quotaLedgerContract)('$name', async ({ run }) => {
    const create = async () => {
      await link.send(['FLUSHALL']);
      return { ledger: new RedisQuotaLedger(link), advance };
    };

    await expect(run(create)).resolves.toBeUndefined();
  });

  test('numbers beyond 32 bits stay whole, and nothing is kept for ever', async () => {
    await link.send(['FLUSHALL']);
    const ledger = new RedisQuotaLedger(link);
    const draw = { appId: 'demo' as never, life: { nodeNo: 101, epoch: 7 }, month: '2026-11', quotaBytes: 10 ** 15 };

    const grant = await ledger.draw({ ...draw, usedBytes: 2 ** 45 + 1, sliceBytes: 10 });

    expect(grant).toEqual({ grantedBytes: 2 ** 45 + 11, totalBytes: 2 ** 45 + 1, passed: [] });
    expect(Number(await link.send(['TTL', appKeys('demo').quota('2026-11')]))).toBeGreaterThan(61 * 86_400);
  });
});
