import { usageLedgerContract } from '@causeway/accounts/usage-ledger-contract';
import { AppId } from '@causeway/protocol';
import { appKeys } from '../../src/redis/keys.ts';
import { RedisUsageLedger } from '../../src/usage/redis-usage-ledger.ts';
import { describeWithEveryRedis } from '../doubles/every-redis.ts';

describeWithEveryRedis('the usage ledger in $name', (lab) => {
  test.each(usageLedgerContract)('$name', async ({ run }) => {
    await run(async () => {
      await lab.link.send(['FLUSHALL']);
      return new RedisUsageLedger(lab.link);
    });
  });

  test('what is kept expires after more than a year', async () => {
    await lab.link.send(['FLUSHALL']);
    const bytes = { down: 1, up: 0, relay: 0, retransmitted: 0, data: 0 };
    const life = { appId: AppId.parse('demo'), nodeNo: 101, epoch: 7 };
    const batch = { ...life, seq: 1, follows: 0, closedAtMs: Date.UTC(2026, 10, 24), region: 'eu', bytes, parts: [] };

    await new RedisUsageLedger(lab.link).record(batch);

    const keys = [appKeys('demo').usageMarkOf('101:7'), appKeys('demo').usage('2026-11-24')];
    const lives = (await lab.link.sendAll(keys.map((key) => ['TTL', key]))) as number[];
    expect(lives.every((seconds) => seconds > 399 * 86_400)).toBe(true);
    expect(await lab.link.send(['DBSIZE'])).toBe(keys.length);
  });
});
