import { AppId } from '@causeway/protocol';
import { MemoryCallClaims } from '../../src/claims/call-claims.ts';
import { callClaimsContract } from '../../src/claims/call-claims-contract.ts';
import { RedisCallClaims } from '../../src/claims/redis-call-claims.ts';
import type { RedisLink } from '../../src/redis/redis-link.ts';
import { EVERY_REDIS, type RedisUnderTest } from '../doubles/every-redis.ts';

const TEN_MINUTES_MS = 600_000;

describe('claims in memory', () => {
  test.each(callClaimsContract)('$name', ({ run }) => run(async () => new MemoryCallClaims()));
});

describe.each(EVERY_REDIS)('claims in $name', ({ start }) => {
  let redis: RedisUnderTest;
  let link: RedisLink;

  beforeAll(async () => {
    redis = await start();
    link = await redis.connect();
  });
  beforeEach(() => link.send(['FLUSHALL']));
  afterAll(() => redis.stop());

  test.each(callClaimsContract)('$name', ({ run }) => run(async () => new RedisCallClaims(link)));

  test('are good for ten minutes, and not made longer by those who come second', async () => {
    const claims = new RedisCallClaims(link);
    await claims.claim(AppId.parse('app'), 'key', { nodeNo: 101, epoch: 7 }, undefined);
    const [key] = (await link.send(['KEYS', 'sfu:{app}:*'])) as string[];
    await link.send(['PEXPIRE', String(key), 60_000]);
    await claims.claim(AppId.parse('app'), 'key', { nodeNo: 102, epoch: 1 }, undefined);
    const left = await link.send(['PTTL', String(key)]);

    await link.send(['DEL', String(key)]);
    await claims.claim(AppId.parse('app'), 'key', { nodeNo: 102, epoch: 1 }, undefined);
    const fresh = await link.send(['PTTL', String(key)]);

    expect(Number(left)).toBeLessThanOrEqual(60_000);
    expect(Number(fresh)).toBeGreaterThan(TEN_MINUTES_MS - 60_000);
    expect(Number(fresh)).toBeLessThanOrEqual(TEN_MINUTES_MS);
  });
});
