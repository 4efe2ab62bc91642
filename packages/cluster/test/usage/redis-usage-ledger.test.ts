import { usageLedgerContract } from '@causeway/accounts/usage-ledger-contract';
import { AppId } from '@causeway/protocol';
import { appKeys } from '../../src/redis/keys.ts';
import type { RedisLink } from '../../src/redis/redis-link.ts';
import { RedisUsageLedger } from '../../src/usage/redis-usage-ledger.ts';
import { EVERY_REDIS, type RedisUnderTest } from '../doubles/every-redis.ts';

describe.each(EVERY_REDIS)('the usage ledger in $name', ({ start }) => {
  let redis: RedisUnderTest;
  let link: RedisLink;

  beforeAll(async () => {
    redis = await start();
    link = await redis.connect();
  });

  afterAll(() => redis.stop());

  test.each(usageLedgerContract)('$name', async ({ run }) => {
    await run(async () => {
      await link.send(['FLUSHALL']);
      return new RedisUsageLedger(link);
    });
  });

  test('what is kept expires after more than a year', async () => {
    await link.send(['FLUSHALL']);
    const bytes = { down: 1, up: 0, relay: 0, retransmitted: 0, data: 0 };
    const life = { appId: AppId.parse('demo'), nodeNo: 101, epoch: 7 };
    const batch = { ...life, seq: 1, follows: 0, closedAtMs: Date.UTC(2026, 10, 24), region: 'eu', bytes, parts: [] };

    await new RedisUsageLedger(link).record(batch);

    const keys = [appKeys('demo').usageMarkOf('101:7'), appKeys('demo').usage('2026-11-24')];
    const lives = (await link.sendAll(keys.map((key) => ['TTL', key]))) as number[];
    expect(lives.every((seconds) => seconds > 399 * 86_400)).toBe(true);
    expect(await link.send(['DBSIZE'])).toBe(keys.length);
  });
});
