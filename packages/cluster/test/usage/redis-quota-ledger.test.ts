import { quotaLedgerContract } from '@causeway/accounts/quota-ledger-contract';
import { appKeys } from '../../src/redis/keys.ts';
import { RedisQuotaLedger } from '../../src/usage/redis-quota-ledger.ts';
import { describeWithEveryRedis } from '../doubles/every-redis.ts';

describeWithEveryRedis('quotas in $name', (lab) => {
  /** Redis has the time of the machine, so what it knows is made older instead. */
  async function advance(ms: number): Promise<void> {
    const key = appKeys('demo').quota('2026-11');
    const words = (await lab.link.send(['HGETALL', key])) as string[];
    for (let index = 0; index < words.length; index += 2) {
      const [field = '', value = ''] = words.slice(index, index + 2);
      if (field.startsWith('t:')) await lab.link.send(['HSET', key, field, Number(value) - ms]);
    }
  }

  test.each(quotaLedgerContract)('$name', async ({ run }) => {
    const create = async () => {
      await lab.link.send(['FLUSHALL']);
      return { ledger: new RedisQuotaLedger(lab.link), advance };
    };

    await expect(run(create)).resolves.toBeUndefined();
  });

  test('numbers beyond 32 bits stay whole, and nothing is kept for ever', async () => {
    await lab.link.send(['FLUSHALL']);
    const ledger = new RedisQuotaLedger(lab.link);
    const draw = { appId: 'demo' as never, life: { nodeNo: 101, epoch: 7 }, month: '2026-11', quotaBytes: 10 ** 15 };

    const grant = await ledger.draw({ ...draw, usedBytes: 2 ** 45 + 1, sliceBytes: 10 });

    expect(grant).toEqual({ grantedBytes: 2 ** 45 + 11, totalBytes: 2 ** 45 + 1, passed: [] });
    expect(Number(await lab.link.send(['TTL', appKeys('demo').quota('2026-11')]))).toBeGreaterThan(61 * 86_400);
  });
});
