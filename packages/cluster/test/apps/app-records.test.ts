import { createApp } from '@causeway/accounts';
import { MAX_RECORD_AGE_MS } from '../../src/apps/app-record.ts';
import { AppRecords } from '../../src/apps/app-records.ts';
import { appKeys } from '../../src/redis/keys.ts';
import type { RedisLink } from '../../src/redis/redis-link.ts';
import { deriveClusterKeys } from '../../src/trust/cluster-keys.ts';
import { AppRedisModel } from '../doubles/app-redis-model.ts';
import { RedisForTests } from '../doubles/redis-for-tests.ts';

const { appRecords: key } = deriveClusterKeys('the cluster key of these tests alone');
const DEMO = createApp({ id: 'demo', secrets: ['the-secret-of-the-demo-app'] });
const RECORD_KEY = appKeys('demo').record;

let redis: RedisForTests;
let redisLink: RedisLink;

beforeAll(async () => {
  redis = await RedisForTests.start();
  redisLink = await redis.connect();
});
afterAll(() => redis.stop());

describe.each([
  ['Redis', () => redisLink],
  ['its model', () => new AppRedisModel(() => 0).link],
] as const)('records of apps in %s', (_name, linkOf) => {
  let records: AppRecords;

  beforeEach(async () => {
    await redisLink.send(['FLUSHALL']);
    records = new AppRecords({ link: linkOf(), key, clusterNowMs: () => 1_000 });
  });

  test('a new one is written and read', async () => {
    expect(await records.read(DEMO.id)).toEqual({ text: '', reading: { type: 'absent' } });

    expect(await records.replace('', { app: DEMO, revision: 7 })).toBe(true);

    const { reading } = await records.read(DEMO.id);
    expect(reading).toMatchObject({ type: 'record', record: { app: DEMO, revision: 7, issuedAtMs: 1_000 } });
  });

  test('one that was read is replaced, unless another node was faster', async () => {
    await records.replace('', { app: DEMO, revision: 7 });
    const { text } = await records.read(DEMO.id);

    expect(await records.replace(text, { app: DEMO, revision: 8 })).toBe(true);
    expect(await records.replace(text, { app: DEMO, revision: 9 })).toBe(false);
    expect(await records.replace('', { app: DEMO, revision: 9 })).toBe(false);

    expect((await records.read(DEMO.id)).reading).toMatchObject({ record: { revision: 8 } });
  });

  test('one that has gone since it was read is written', async () => {
    expect(await records.replace('what was read', { app: DEMO, revision: 7 })).toBe(true);
  });
});

describe('records of apps in Redis', () => {
  let records: AppRecords;

  beforeEach(async () => {
    await redisLink.send(['FLUSHALL']);
    records = new AppRecords({ link: redisLink, key, clusterNowMs: () => 1_000 });
  });

  test('expire when they would not be believed any more', async () => {
    await records.replace('', { app: DEMO, revision: 7 });

    const expiresInMs = Number(await redisLink.send(['PTTL', RECORD_KEY]));
    expect(expiresInMs).toBeLessThanOrEqual(MAX_RECORD_AGE_MS);
    expect(expiresInMs).toBeGreaterThan(MAX_RECORD_AGE_MS - 60_000);
  });

  test('replace values that are not text', async () => {
    await redisLink.send(['HSET', RECORD_KEY, 'field', 'value']);
    await expect(records.read(DEMO.id)).rejects.toThrow('WRONGTYPE');

    expect(await records.replace('', { app: DEMO, revision: 7 })).toBe(true);

    expect((await records.read(DEMO.id)).reading.type).toBe('record');
  });
});
