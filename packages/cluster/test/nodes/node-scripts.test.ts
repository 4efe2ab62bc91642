import { createNodeScripts } from '../../src/nodes/node-scripts.ts';
import type { RedisLink } from '../../src/redis/redis-link.ts';
import { describeNodeScripts } from '../contract/describe-node-scripts.ts';
import { NodeRows } from '../doubles/node-rows.ts';
import { RedisForTests } from '../doubles/redis-for-tests.ts';

describe('with Redis', () => {
  let redis: RedisForTests;
  let link: RedisLink;

  beforeAll(async () => {
    redis = await RedisForTests.start();
    link = await redis.connect();
  });

  afterAll(() => redis.stop());

  describeNodeScripts('the scripts of nodes', async () => {
    const forgetAll = async (): Promise<void> => void (await link.send(['FLUSHALL']));
    await forgetAll();
    return { scripts: createNodeScripts(link), forgetAll };
  });
});

describeNodeScripts('the model of the scripts of nodes', async () => {
  const rows = new NodeRows(() => Date.UTC(2026, 10, 24));
  return { scripts: rows, forgetAll: async () => rows.forgetAll() };
});
