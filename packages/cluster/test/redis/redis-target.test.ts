import { parseRedisUrl } from '../../src/redis/redis-target.ts';

const NOBODY = { username: undefined, password: undefined, isTls: false };

describe('the URL of Redis', () => {
  test('names one server', () => {
    expect(parseRedisUrl('redis://10.0.0.5')).toEqual({
      ...NOBODY,
      type: 'single',
      address: { host: '10.0.0.5', port: 6379 },
      database: 0,
    });
    expect(parseRedisUrl('rediss://me:s%40fe@[::1]:7000/3')).toEqual({
      username: 'me',
      password: 's@fe',
      isTls: true,
      type: 'single',
      address: { host: '::1', port: 7000 },
      database: 3,
    });
  });

  test('names a password without a user', () => {
    expect(parseRedisUrl('redis://:secret@redis')).toMatchObject({ username: undefined, password: 'secret' });
  });

  test('names Sentinels and the master they watch', () => {
    expect(parseRedisUrl('redis+sentinel://me:pass@a,b:26380/causeway/2?sentinelPassword=w%2Fhy')).toEqual({
      username: 'me',
      password: 'pass',
      isTls: false,
      type: 'sentinel',
      sentinels: [
        { host: 'a', port: 26379 },
        { host: 'b', port: 26380 },
      ],
      masterName: 'causeway',
      sentinelPassword: 'w/hy',
      database: 2,
    });
  });

  test('names nodes of Redis Cluster', () => {
    expect(parseRedisUrl('redis+cluster://a:1,b:2,c')).toEqual({
      ...NOBODY,
      type: 'cluster',
      nodes: [
        { host: 'a', port: 1 },
        { host: 'b', port: 2 },
        { host: 'c', port: 6379 },
      ],
    });
  });

  test.each([
    ['http://:hush@a', 'redis://, redis+sentinel:// or redis+cluster://'],
    ['redis+other://:hush@a', 'redis://, redis+sentinel:// or redis+cluster://'],
    ['redis://:hush@a,b', 'one address'],
    ['redis://:hush@', 'host or host:port'],
    ['redis://:hush@a:70000', 'at most 65535'],
    ['redis://:hush@a/first', 'number of a database'],
    ['redis://:hush%@a', '%25'],
    ['redis+sentinel://:hush@a', 'name of the master'],
    ['redis+cluster://:hush@a/1', 'no databases'],
  ])('is refused without being repeated: %s', (url, expected) => {
    const refused = expect(() => parseRedisUrl(url));

    refused.toThrow(expected);
    refused.toThrow(/^(?!.*hush)/);
  });
});
