import type { Registry } from '@causeway/sfu';
import { registryContract } from '@causeway/sfu/registry-contract';
import type { IoredisLink } from '../../src/redis/ioredis-link.ts';
import { RedisForTests } from '../doubles/redis-for-tests.ts';
import { RegistryLab } from '../doubles/registry-lab.ts';

describe('the registry in Redis', () => {
  let redis: RedisForTests;
  let link: IoredisLink;
  let lab: RegistryLab;

  beforeAll(async () => {
    redis = await RedisForTests.start();
    link = await redis.connect();
  });

  beforeEach(async () => {
    await link.send(['FLUSHALL']);
    lab = new RegistryLab(link);
  });

  afterEach(() => lab.stop());

  afterAll(() => redis.stop());

  describe('asked where things were announced', () => {
    test.each(registryContract)('$name', async ({ run }) => {
      await run(async () => lab.startNode({ nodeNo: 101 }).registry);
    });
  });

  describe('asked on another node', () => {
    test.each(registryContract)('$name', async ({ run }) => {
      await run(async () => {
        const [here, there] = lab.startPair().map(({ registry }) => registry) as [Registry, Registry];
        return new Proxy(here, {
          get: (_, verb: keyof Registry) => {
            const of = /^(find|list|locate)/.test(verb) ? there : here;
            return typeof of[verb] === 'function' ? of[verb].bind(of) : of[verb];
          },
        });
      });
    });
  });
});
