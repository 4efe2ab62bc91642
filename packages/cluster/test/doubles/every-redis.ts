import { createNodeClock } from '@causeway/sfu';
import { ModelRedis, ModelRedisClient, type ModelRedisOptions } from '@causeway/testkit/model-redis';
import { IoredisLink } from '../../src/redis/ioredis-link.ts';
import { RedisForTests } from './redis-for-tests.ts';
import { until } from './until.ts';

/** A Redis of its own for the tests of one block, and links to it that are closed with it. */
export interface RedisUnderTest {
  connect(): Promise<IoredisLink>;
  /** One command, as typed into `redis-cli`. @returns what it prints */
  command(...words: readonly string[]): Promise<string>;
  stop(): Promise<void>;
}

/** What is tested with both is what the model promises to those who test with it alone. */
export const EVERY_REDIS: readonly { readonly name: string; readonly start: () => Promise<RedisUnderTest> }[] = [
  { name: 'Redis', start: startRedis },
  { name: 'the model of Redis', start: () => startModel() },
];

/** These tests are about what Redis answers, and it may take its time on a machine with other work. */
async function startRedis(): Promise<RedisUnderTest> {
  const redis = await RedisForTests.start();
  return {
    connect: () => redis.connect(undefined, { commandMs: 30_000, silenceMs: 30_000 }),
    command: (...words) => redis.command(...words),
    stop: () => redis.stop(),
  };
}

export async function startModel(options: Pick<ModelRedisOptions, 'canFailOver'> = {}): Promise<RedisUnderTest> {
  const clock = createNodeClock();
  const server = new ModelRedis({ clock, random: () => 0.5, ...options });
  const links: IoredisLink[] = [];
  return {
    async connect() {
      const client = new ModelRedisClient(server, {
        clock,
        random: () => 0.5,
        way: () => ({ state: 'open', oneWayMs: 0 }),
        patienceMs: 30_000,
      });
      const link = new IoredisLink(client, { timers: clock });
      links.push(link);
      await until('the model answers', async () => (await link.send(['PING'])) === 'PONG');
      return link;
    },
    async command(...words) {
      return String(server.carryOut(words));
    },
    async stop() {
      for (const link of links) link.close();
    },
  };
}

/** The Redis of a block of tests, and a link to it. */
export interface RedisLab {
  readonly redis: RedisUnderTest;
  readonly link: IoredisLink;
}

/**
 * Runs a block of tests with each of them.
 *
 * @param title `$name` stands for the Redis
 * @param tests given what is there from the first `beforeAll` of the block on
 */
export function describeWithEveryRedis(title: string, tests: (lab: RedisLab) => void): void {
  describe.each(EVERY_REDIS)(title, ({ start }) => {
    const opened: { redis?: RedisUnderTest; link?: IoredisLink } = {};

    beforeAll(async () => {
      opened.redis = await start();
      opened.link = await opened.redis.connect();
    });

    afterAll(() => opened.redis?.stop());

    tests(opened as RedisLab);
  });
}
