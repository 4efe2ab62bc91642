import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { loadLuaScript } from '../../src/redis/redis-link.ts';
import { RedisForTests } from '../doubles/redis-for-tests.ts';

const PACKAGE = join(import.meta.dirname, '../..');
const NAMES = readdirSync(join(PACKAGE, 'lua')).map((file) => file.replace(/\.lua$/, ''));
const SOURCES = readdirSync(join(PACKAGE, 'src'), { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.ts'))
  .map((file) => readFileSync(join(PACKAGE, 'src', file), 'utf8'));

/** Numbers in `KEYS[1]` or `ARGV[1]`, without those that are computed. */
function numbersOf(list: 'KEYS' | 'ARGV', text: string): readonly number[] {
  return [...new Set([...text.matchAll(new RegExp(`${list}\\[(\\d+)`, 'g'))].map(([, number]) => Number(number)))].sort((a, b) => a - b);
}

describe.each(NAMES)('the script %s', (name) => {
  const { source } = loadLuaScript(name);
  const lines = source.split('\n');
  const header = lines
    .slice(
      0,
      lines.findIndex((line) => !line.startsWith('--')),
    )
    .join('\n');
  const body = source.slice(header.length);

  test('says in its header which keys and arguments it takes, from the first to the last that it uses', () => {
    for (const list of ['KEYS', 'ARGV'] as const) {
      const described = numbersOf(list, header);
      expect(described).toEqual(described.map((_, index) => index + 1));
      const isOpenEnded = header.includes(`${list}[${described.at(-1)}...]`);
      expect(numbersOf(list, body).filter((number) => number > described.length && !isOpenEnded)).toEqual([]);
    }
  });

  test('is called from one place', () => {
    expect(SOURCES.filter((text) => text.includes(`'${name}'`))).toHaveLength(1);
  });
});

test('Redis accepts every script', async () => {
  const redis = await RedisForTests.start();
  const link = await redis.connect();
  try {
    for (const name of NAMES) {
      const { source, sha1 } = loadLuaScript(name);
      expect(await link.send(['SCRIPT', 'LOAD', source])).toBe(sha1);
    }
  } finally {
    await redis.stop();
  }
});
