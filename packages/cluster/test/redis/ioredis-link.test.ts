import { createHash } from 'node:crypto';
import { RedisServer } from '@causeway/lab';
import { SfuError } from '@causeway/protocol';
import { createNodeClock } from '@causeway/sfu';
import { connectRedis, REDIS_TIMEOUTS } from '../../src/redis/connect-redis.ts';
import { CircuitBreaker, IoredisLink } from '../../src/redis/ioredis-link.ts';
import type { LuaScript } from '../../src/redis/redis-link.ts';
import { parseRedisUrl } from '../../src/redis/redis-target.ts';
import { until } from '../doubles/until.ts';

const ADD_SOURCE = "return redis.call('INCRBY', KEYS[1], ARGV[1])";
const ADD: LuaScript = { name: 'add', source: ADD_SOURCE, sha1: createHash('sha1').update(ADD_SOURCE).digest('hex') };

describe('the link to one Redis', () => {
  let server: RedisServer;
  let link: IoredisLink;
  const told: string[] = [];

  beforeAll(async () => {
    server = await RedisServer.start();
    link = new IoredisLink(
      connectRedis(parseRedisUrl(server.url), 'test', () => 0.5),
      {
        timers: createNodeClock(),
        onAvailable: () => told.push('available'),
        onUnavailable: () => told.push('unavailable'),
      },
    );
    await until('it answers', async () => (await link.send(['PING'])) === 'PONG');
  });

  afterAll(async () => {
    link.close();
    await server.stop();
  });

  async function codeOf(call: Promise<unknown>): Promise<string> {
    return call.then(
      () => 'answered',
      (error: unknown) => (error instanceof SfuError ? error.code : String(error)),
    );
  }

  test('sends commands, one by one and together', async () => {
    await link.send(['SET', 'one', 1]);

    expect(
      await link.sendAll([
        ['GET', 'one'],
        ['HGETALL', 'none'],
        ['INCR', 'one'],
      ]),
    ).toEqual(['1', [], 2]);
  });

  test('an error that Redis answers is passed on and does not count as a failure of the link', async () => {
    const failures = link.failures;

    await expect(link.send(['HGETALL', 'one'])).rejects.toThrow('WRONGTYPE');
    await expect(
      link.sendAll([
        ['GET', 'one'],
        ['HGETALL', 'one'],
      ]),
    ).rejects.toThrow('WRONGTYPE');

    expect(link.failures).toBe(failures);
  });

  test('runs a script that the server has never seen, and one that it knows', async () => {
    expect(await link.run(ADD, ['sum'], [3])).toBe(3);
    expect(await server.command('SCRIPT', 'EXISTS', ADD.sha1)).toBe('1');
    expect(await link.run(ADD, ['sum'], [4])).toBe(7);

    await server.command('SCRIPT', 'FLUSH');
    expect(await link.run(ADD, ['sum'], [5])).toBe(12);
  });

  test('hears what is published, and still after the connection was lost', async () => {
    const heard: string[] = [];
    link.subscribe('hints', (message) => heard.push(message));
    const publish = async (message: string): Promise<boolean> => {
      await server.command('PUBLISH', 'hints', message);
      return heard.includes(message);
    };

    await until('the first is heard', () => publish('first'));
    await server.command('CLIENT', 'KILL', 'TYPE', 'pubsub');
    await until('the second is heard', () => publish('second'));
  });

  test('a server that does not answer costs a call less than a second, then nothing, until it answers again', async () => {
    told.length = 0;
    server.pause();
    const startedAtMs = performance.now();

    const first = await Promise.all(Array.from({ length: 5 }, () => codeOf(link.send(['PING']))));
    const firstTookMs = performance.now() - startedAtMs;
    await until('it is given up', async () => link.isGivenUp);
    const refusedAtMs = performance.now();
    const later = await Promise.all(Array.from({ length: 20 }, () => codeOf(link.send(['PING']))));
    const laterTookMs = performance.now() - refusedAtMs;
    server.resume();
    await until('it answers again', async () => (await codeOf(link.send(['PING']))) === 'answered');

    expect(new Set([...first, ...later])).toEqual(new Set(['registry_unavailable']));
    expect(firstTookMs).toBeLessThan(2_500);
    expect(laterTookMs).toBeLessThan(REDIS_TIMEOUTS.commandMs);
    expect(told).toEqual(['unavailable', 'available']);
  });

  test('a server that was killed and came back answers again', async () => {
    await server.kill();
    const startedAtMs = performance.now();
    const codes = [await codeOf(link.send(['PING'])), await codeOf(link.sendAll([['PING']]))];
    const tookMs = performance.now() - startedAtMs;

    await server.restart();
    await until('it answers again', async () => (await codeOf(link.send(['PING']))) === 'answered');

    expect(codes).toEqual(['registry_unavailable', 'registry_unavailable']);
    expect(tookMs).toBeLessThan(REDIS_TIMEOUTS.commandMs);
  });
});

function breaker() {
  const time = { nowMs: 0 };
  const changes: string[] = [];
  const circuit = new CircuitBreaker({
    nowMs: () => time.nowMs,
    onOpen: (error) => changes.push(`open at ${time.nowMs}: ${error}`),
    onClose: () => changes.push(`closed at ${time.nowMs}`),
  });
  return { time, changes, circuit };
}

function fail(circuit: CircuitBreaker, times: number): void {
  for (let time = 1; time <= times; time++) circuit.noteFailure(`failure ${time}`);
}

describe('the circuit breaker', () => {
  test('opens when five calls failed within ten seconds', () => {
    const { circuit, time, changes } = breaker();

    fail(circuit, 4);
    time.nowMs = 10_000;
    fail(circuit, 4);
    const wasOpen = circuit.isOpen;
    circuit.noteFailure('the fifth');

    expect(wasOpen).toBe(false);
    expect(circuit.isOpen).toBe(true);
    expect(changes).toEqual(['open at 10000: the fifth']);
    expect(circuit.lastError).toBe('the fifth');
  });

  test('a success makes former failures forgotten', () => {
    const { circuit } = breaker();

    fail(circuit, 4);
    circuit.noteSuccess();
    fail(circuit, 4);

    expect(circuit.isOpen).toBe(false);
  });

  test('stays open through more failures, whose last it keeps, until there is an answer', () => {
    const { circuit, time, changes } = breaker();
    fail(circuit, 5);

    time.nowMs = 60_000;
    circuit.noteFailure('still');
    const wasOpen = circuit.isOpen;
    circuit.noteSuccess();

    expect(wasOpen).toBe(true);
    expect(circuit.isOpen).toBe(false);
    expect(circuit.lastError).toBe('still');
    expect(changes).toEqual(['open at 0: failure 5', 'closed at 60000']);
  });
});
