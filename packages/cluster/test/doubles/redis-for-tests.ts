import { RedisServer } from '@causeway/lab';
import { createNodeClock } from '@causeway/sfu';
import { connectRedis, REDIS_TIMEOUTS, type RedisTimeouts } from '../../src/redis/connect-redis.ts';
import { IoredisLink } from '../../src/redis/ioredis-link.ts';
import { parseRedisUrl } from '../../src/redis/redis-target.ts';
import { until } from './until.ts';

/** A Redis of its own for the tests of one file, and links to it that are closed with it. */
export class RedisForTests {
  readonly server: RedisServer;
  readonly #links: IoredisLink[] = [];

  private constructor(server: RedisServer) {
    this.server = server;
  }

  static async start(): Promise<RedisForTests> {
    return new RedisForTests(await RedisServer.start());
  }

  /**
   * @param url default: the server itself
   * @param timeouts default: those of a node
   */
  async connect(url = this.server.url, timeouts: RedisTimeouts = REDIS_TIMEOUTS): Promise<IoredisLink> {
    const link = new IoredisLink(
      connectRedis(parseRedisUrl(url), 'test', () => 0.5, timeouts),
      { timers: createNodeClock() },
    );
    this.#links.push(link);
    await until('Redis answers', async () => (await link.send(['PING'])) === 'PONG');
    return link;
  }

  command(...words: readonly string[]): Promise<string> {
    return this.server.command(...words);
  }

  async stop(): Promise<void> {
    for (const link of this.#links) link.close();
    await this.server.stop();
  }
}
