import { AppId } from '@causeway/protocol';
import { MemoryCallClaims } from '../../src/claims/call-claims.ts';
import { callClaimsContract } from '../../src/claims/call-claims-contract.ts';
import { RedisCallClaims } from '../../src/claims/redis-call-claims.ts';
import { describeWithEveryRedis } from '../doubles/every-redis.ts';

const TEN_MINUTES_MS = 600_000;

describe('claims in memory', () => {
  test.each(callClaimsContract)('$name', ({ run }) => run(async () => new MemoryCallClaims()));
});

describeWithEveryRedis('claims in $name', (lab) => {
  beforeEach(() => lab.link.send(['FLUSHALL']));

  test.each(callClaimsContract)('$name', ({ run }) => run(async () => new RedisCallClaims(lab.link)));

  test('are valid for ten minutes, and later claimants do not extend them', async () => {
    const claims = new RedisCallClaims(lab.link);
    await claims.claim(AppId.parse('app'), 'key', { nodeNo: 101, epoch: 7 }, undefined);
    const [key] = (await lab.link.send(['KEYS', 'sfu:{app}:claim:*'])) as string[];
    await lab.link.send(['PEXPIRE', String(key), 60_000]);
    await claims.claim(AppId.parse('app'), 'key', { nodeNo: 102, epoch: 1 }, undefined);
    const left = await lab.link.send(['PTTL', String(key)]);

    await lab.link.send(['DEL', String(key)]);
    await claims.claim(AppId.parse('app'), 'key', { nodeNo: 102, epoch: 1 }, undefined);
    const fresh = await lab.link.send(['PTTL', String(key)]);

    expect(Number(left)).toBeLessThanOrEqual(60_000);
    expect(Number(fresh)).toBeGreaterThan(TEN_MINUTES_MS - 60_000);
    expect(Number(fresh)).toBeLessThanOrEqual(TEN_MINUTES_MS);
  });

  test('of one app there are never more than it may have: the oldest goes', async () => {
    const claims = new RedisCallClaims(lab.link, 3);
    const [app, other] = [AppId.parse('app'), AppId.parse('other')];
    const [first, second] = [
      { nodeNo: 101, epoch: 7 },
      { nodeNo: 102, epoch: 1 },
    ];
    await claims.claim(other, 'key-0', first, undefined);
    for (const key of ['key-0', 'key-1', 'key-2', 'key-3', 'key-4']) {
      await claims.claim(app, key, first, undefined);
      await new Promise((resolve) => setTimeout(resolve, 2));
    }

    const kept = (await lab.link.send(['KEYS', 'sfu:{app}:claim:*'])) as string[];

    expect(kept.sort()).toEqual([2, 3, 4].map((number) => `sfu:{app}:claim:key-${number}`));
    expect(await claims.claim(app, 'key-4', second, undefined)).toEqual(first);
    expect(await claims.claim(other, 'key-0', second, undefined)).toEqual(first);
    // A claim that made room is free again.
    expect(await claims.claim(app, 'key-0', second, undefined)).toEqual(second);
  });

  test('that have ended make room before any that have not', async () => {
    const claims = new RedisCallClaims(lab.link, 2);
    const [app, node] = [AppId.parse('app'), { nodeNo: 101, epoch: 7 }];
    await claims.claim(app, 'ended', node, undefined);
    await claims.claim(app, 'kept', node, undefined);
    await lab.link.send(['ZADD', 'sfu:{app}:claims', 1, 'sfu:{app}:claim:ended']);
    await claims.claim(app, 'new', node, undefined);

    expect(await lab.link.send(['ZRANGE', 'sfu:{app}:claims', 0, -1])).toEqual(['sfu:{app}:claim:kept', 'sfu:{app}:claim:new']);
  });
});
