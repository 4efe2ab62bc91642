/** Holds the model of Redis to the real one: the same commands and scripts, drawn from seeds, in both, and the same answers. */
import { ModelRedis } from '@causeway/testkit/model-redis';
import { seededRandom } from '@causeway/testkit/seeded-random';

import { loadLuaScript, type RedisCommand, type RedisLink, type RedisReply } from '../../src/redis/redis-link.ts';
import { EVERY_REDIS, type RedisUnderTest, startModel } from '../doubles/every-redis.ts';

const STEPS_PER_SEED = 60;
const SEEDS = Array.from({ length: 25 }, (_, index) => index + 1);
/** One of each type, and one of each slot of the scripts: what one command leaves another one meets. */
const KEYS = ['text', 'hash', 'set', 'zset', 'other-set', 'other-text'];
const WORDS = ['1', '2', '3', '1:1', '1:2', '2:1', '', 'record'];

describe('the model of Redis compared with the real one', () => {
  const redis: RedisUnderTest[] = [];
  let links: readonly RedisLink[];

  beforeAll(async () => {
    for (const { start } of EVERY_REDIS) redis.push(await start());
    // One that cannot fail over keeps no former values, and changes what it has in place.
    redis.push(await startModel({ canFailOver: false }));
    links = await Promise.all(redis.map((each) => each.connect()));
  });

  afterAll(() => Promise.all(redis.map((each) => each.stop())));

  /** What each of them answers, the real one first. */
  async function allAnswer(ask: (link: RedisLink) => Promise<unknown>): Promise<readonly unknown[]> {
    return Promise.all(links.map((link) => ask(link).then(withoutTimes, (error: Error) => error.message.split(' ')[0])));
  }

  /** How much time is left depends on how fast the machine is, so only whether some is left is compared. */
  async function answerTo(link: RedisLink, words: Parameters<RedisLink['send']>[0]): Promise<unknown> {
    const reply = await link.send(words);
    return words[0] === 'TTL' && Number(reply) > 0 ? 'some' : reply;
  }

  async function expectSame(what: unknown, ask: (link: RedisLink) => Promise<unknown>): Promise<void> {
    const [real, ...models] = await allAnswer(ask);
    for (const reply of models) expect({ what, reply }).toEqual({ what, reply: real });
  }

  beforeEach(() => allAnswer((link) => link.send(['FLUSHALL'])));

  test.each(SEEDS)('scripts and commands in any order, seed %i', async (seed) => {
    const random = seededRandom(seed);
    for (let step = 0; step < STEPS_PER_SEED; step++) {
      const call = random() < 0.6 ? randomScript(random) : randomCommand(random);
      await expectSame(call, (link) => (call.length === 1 ? answerTo(link, call[0]) : link.run(loadLuaScript(call[0]), call[1], call[2])));
    }
    for (const key of KEYS) await expectSame(key, (link) => contents(link, key));
  });

  test.each([
    "return 7 .. ''",
    'return 1764518400123 + 1',
    "return string.format('%d', 1764518400 * 1000 + 7.9)",
    "return '10' * '2' - 1",
    'return 7 % 3 + -7 % 3',
    'return {1, 2, nil, 4}',
    "return {1.9, -1.9, true, 'a', {}}",
    'return {false, 1}',
    "local t = {'a'}; t[#t + 1] = 'b'; t[4] = 'd'; return t",
    "return not nil and 'yes' or 'no'",
    "return 1 < '2'",
    "return ({string.match('12:345', '^(%d+):(%d+)$')})[2]",
    "return string.match('12-345', '^(%d+):(%d+)$') or 'none'",
    "return tonumber('0x10') + (tonumber('ten') or 1) + tonumber(' 5 ')",
    'local sum = 0; for i = 10, 1, -3 do sum = sum + i end; return sum',
    "for i, v in ipairs({'a', 'b'}) do if i == 2 then return v end end",
    'local a, b = 1; return {a, type(b)}',
    "return redis.call('SET', 'text', 0.1 + 0.2) and redis.call('GET', 'text')",
    "redis.call('SADD', 'set', 1); return redis.call('GET', 'set')",
    "redis.call('SADD', 'set', 1); return type(redis.pcall('GET', 'set'))",
    "return redis.call('ZADD', 'zset', 'x', 'y')",
    "return redis.call('GET', 'nothing') == false and 1 or 0",
    "return 'a' .. 'b' .. 1 + 1",
    'return #KEYS + #ARGV',
    "return nil .. 'a'",
    "return 1 == '1'",
    'return 5 / 2 * 2 - 0.5',
    'return math.max(1, 3, 2) * 10 + math.floor(-1.5)',
    'return tostring(1e15) .. tostring(0.1) .. tostring(123456789012)',
  ])('%s', async (source) => {
    await expectSame(source, (link) => link.send(['EVAL', source, 1, 'text', 'word']));
  });

  test('what the model cannot read is refused, and not guessed', () => {
    const model = new ModelRedis({ clock: { nowMs: () => 0, wallClockMs: () => 0 }, random: () => 0 });

    expect(() => model.carryOut(['EVAL', 'local function f() end', '0'])).toThrow('line 1: a name is read here, not "function"');
    expect(() => model.carryOut(['EVAL', 'while true do end', '0'])).toThrow('a name is read here, not "while"');
    expect(() => model.carryOut(['EVAL', "return string.match('a', '%a')", '0'])).toThrow('the pattern %a is not read here');
    expect(() => model.carryOut(['LPUSH', 'list', '1'])).toThrow("unknown command 'LPUSH' of the model");
  });
});

type Call = readonly [RedisCommand] | readonly [name: string, keys: readonly string[], words: readonly string[]];

/** How many keys and words each script takes at least. */
const SCRIPTS: Readonly<Record<string, readonly [keys: readonly string[], words: number]>> = {
  'app-replace': [['text'], 2],
  'call-claim': [['text', 'zset'], 2],
  'events-append': [['log', 'log-state', 'log-of-life'], 0],
  'events-read': [['log', 'log-state'], 0],
  'node-forget': [['hash', 'zset', 'other-hash', 'other-zset', 'set'], 2],
  'node-leased': [['hash', 'zset'], 2],
  'node-leave': [['hash', 'zset'], 2],
  'node-reclaim': [['hash'], 2],
  'node-table': [['zset', 'other-hash', 'other-zset'], 1],
  'node-up': [['hash', 'set'], 1],
  'session-remove': [['session', 'tracks', 'zset', 'set', 'text'], 5],
  'usage-count': [['other-text', 'usage', 'text', 'batches', 'heads'], 2],
};

function randomScript(random: () => number): Call {
  const pick = <Item>(items: readonly Item[]): Item => items[Math.floor(random() * items.length)] as Item;
  const number = (): string => String(Math.floor(random() * 4));
  switch (pick(['write', 'renew', 'sweep', 'other', 'other', 'other'])) {
    case 'write': {
      const head = [pick(['s1', 's2']), '1', number(), number(), number(), number(), pick(['whole', 'part']), pick(['', 'record'])];
      return ['session-write', ['session', 'tracks', 'zset', 'serial', 'set', 'text'], [...head, '1', 'p1', 'track', pick(['p1', 'p2'])]];
    }
    case 'renew':
      return [
        'node-renew',
        ['hash', 'zset', 'other-hash', 'other-zset', 'set'],
        ['1', number(), '5000', pick(['', 'record']), 'hints', pick(['0', '1'])],
      ];
    case 'sweep':
      return ['sessions-sweep', ['zset', 'set', 'text', 'session', 'tracks'], [`1:${number()}`, 's1']];
    default: {
      const name = pick(Object.keys(SCRIPTS));
      const [keys, count] = SCRIPTS[name] ?? [[], 0];
      const words = Array.from({ length: count }, number);
      if (name === 'usage-count') {
        const leaf = pick(['', 'a'.repeat(64)]);
        return [
          name,
          keys,
          [
            ...words,
            '400',
            '101:7',
            leaf,
            pick(['', 'batch']),
            '9',
            '3',
            pick(['0', '1']),
            ...pick([
              ['0', '0'],
              ['0', '-1'],
              ['9999999999999', '60000'],
            ]),
            'down',
            '7',
            'up',
            '1',
          ],
        ];
      }
      if (name === 'events-append') {
        const [follows, last] = [number(), number()];
        const former = pick(['', '', '1-0', '9999999999999-1', '9999999999999-7']);
        return [name, keys, ['1:1', follows, last, pick(['0', '9999999999999']), '600000', '3', last, former, 'event']];
      }
      if (name === 'events-read') return [name, keys, [pick(['0-0', '9999999999999-1']), number()]];
      if (name === 'app-replace') return [name, keys, [...words, '60000']];
      if (name === 'call-claim') return [name, keys, [...words, '60000', pick(['1', '100'])]];
      return [name, keys, name === 'node-leave' ? [...words, 'hints'] : words];
    }
  }
}

function randomCommand(random: () => number): Call {
  const pick = <Item>(items: readonly Item[]): Item => items[Math.floor(random() * items.length)] as Item;
  const [key, word, other] = [pick(KEYS), pick(WORDS), pick(WORDS)];
  const score = String(Math.floor(random() * 3));
  const commands: readonly RedisCommand[] = [
    ['GET', key],
    ['SET', pick(['text', 'other-text']), word, 'PX', 60_000],
    ['SET', pick(['text', 'other-text']), word, 'NX'],
    ['SET', 'text', word, 'PX', 0],
    ['DEL', key, pick(KEYS)],
    ['EXISTS', key, pick(KEYS)],
    ['HSET', pick(['hash', key]), word, other],
    ['HMGET', pick(['hash', key]), word, other],
    ['HDEL', pick(['hash', key]), word],
    ['HINCRBY', 'hash', word, other],
    ['SADD', pick(['set', key]), word, other],
    ['SREM', pick(['set', key]), word],
    ['ZADD', pick(['zset', key]), score, word],
    ['ZADD', 'zset', 'XX', score, word],
    ['ZREM', pick(['zset', key]), word],
    ['ZREMRANGEBYSCORE', pick(['zset', key]), '-inf', score],
    ['ZCARD', pick(['zset', key])],
    ['ZSCORE', 'zset', word],
    ['ZCOUNT', 'zset', score, '+inf'],
    ['ZRANGE', 'zset', 0, -1, 'WITHSCORES'],
    ['ZREVRANGE', 'zset', 0, 0, 'WITHSCORES'],
    ['ZRANGEBYSCORE', 'zset', `(${score}`, '+inf', 'WITHSCORES', 'LIMIT', 0, 2],
    ['XADD', 'stream', 'MINID', '~', '0-0', '*', 'r', word],
    ['XREVRANGE', 'stream', '+', '-', 'COUNT', 1],
    ['XADD', 'numbered', `${score}-${pick(['1', '2'])}`, 'r', word],
    ['XTRIM', 'numbered', 'MINID', `${score}-2`],
    ['XTRIM', 'numbered', 'MAXLEN', Number(score)],
    ['XRANGE', 'numbered', `(${score}-1`, '+', 'COUNT', 2],
    ['XREVRANGE', 'numbered', `(${score}-2`, '-', 'COUNT', 2],
    ['TTL', pick(['text', 'other-text'])],
    ['SRANDMEMBER', 'set', 10],
  ];
  return [pick(commands)];
}

async function contents(link: RedisLink, key: string): Promise<unknown> {
  const readings: readonly RedisCommand[] = [
    ['GET', key],
    ['HGETALL', key],
    ['SMEMBERS', key],
    ['ZRANGE', key, 0, -1, 'WITHSCORES'],
  ];
  for (const reading of readings) {
    const reply = await link.send(reading).catch(() => undefined);
    if (reply !== undefined) return reply;
  }
  throw new Error(`${key} is of no type that is read here`);
}

/** Both have clocks of their own, and keep sets and hashes in an order of their own. */
function withoutTimes(reply: unknown): unknown {
  if (Array.isArray(reply)) {
    const items = (reply as RedisReply[]).map(withoutTimes);
    return items.sort((one, other) => (JSON.stringify(one) < JSON.stringify(other) ? -1 : 1));
  }
  return typeof reply === 'string' || typeof reply === 'number'
    ? String(reply).replace(/\b1\d{9}(\d{3})?\b/g, (time) => `${time.length} digits of now`)
    : reply;
}
