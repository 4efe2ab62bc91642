import type { KeyObject } from 'node:crypto';
import type { Revocation } from '@causeway/accounts';
import { AppId, SfuError } from '@causeway/protocol';
import { createNodeClock } from '@causeway/sfu';
import { ModelRedis, ModelRedisClient } from '@causeway/testkit/model-redis';
import { VirtualClock } from '@causeway/testkit/virtual-clock';
import { IoredisLink } from '../../src/redis/ioredis-link.ts';
import { NODE_KEYS } from '../../src/redis/keys.ts';
import type { RedisLink } from '../../src/redis/redis-link.ts';
import { RedisRevocations, readRevocation, writeRevocation } from '../../src/tokens/redis-revocations.ts';
import { deriveClusterKeys } from '../../src/trust/cluster-keys.ts';
import { signText } from '../../src/trust/signed-text.ts';
import { EVERY_REDIS, type RedisUnderTest } from '../doubles/every-redis.ts';
import { until } from '../doubles/until.ts';

const APP = AppId.parse('demo');
const { revocations: KEY, appRecords: OTHER_KEY } = deriveClusterKeys('the cluster key of these tests alone');
const TOKEN = { sub: 'alice', jti: 'token-1', iat: 1_000 };
const OF_TOKEN: Revocation = { appId: APP, revoked: { by: 'jti', jti: 'token-1' }, closesSessions: false };
const OF_SUBJECT: Revocation = { appId: APP, revoked: { by: 'sub', sub: 'alice', issuedUntil: 1_000 }, closesSessions: true };

describe.each(EVERY_REDIS)('revocations over $name', ({ start }) => {
  let redis: RedisUnderTest;
  const opened: RedisRevocations[] = [];
  const told: string[] = [];

  beforeAll(async () => {
    redis = await start();
  });
  beforeEach(() => redis.command('FLUSHALL'));
  afterEach(() => {
    for (const each of opened.splice(0)) each.stop();
    told.length = 0;
  });
  afterAll(() => redis.stop());

  async function open(changes: { readonly link?: RedisLink; readonly key?: KeyObject } = {}): Promise<RedisRevocations> {
    const revocations = new RedisRevocations({
      link: changes.link ?? (await redis.connect()),
      key: changes.key ?? KEY,
      timers: createNodeClock(),
      clusterNowMs: Date.now,
      onReadable: (isReadable) => told.push(isReadable ? 'readable' : 'unreadable'),
    });
    opened.push(revocations);
    await revocations.start();
    return revocations;
  }

  test('are in force at once where they are made, and soon everywhere, each told once', async () => {
    const [here, there] = [await open(), await open()];
    const heard: Revocation[][] = [[], []];
    here.onRevoked((revocation) => heard[0]?.push(revocation));
    there.onRevoked((revocation) => heard[1]?.push(revocation));

    await here.revoke(OF_TOKEN);
    expect(here.isRevoked(APP, TOKEN)).toBe(true);
    await here.revoke(OF_SUBJECT);
    await until('the other node has heard of both', async () => there.size === 2);

    expect(there.isRevoked(APP, TOKEN)).toBe(true);
    expect(there.isRevoked(APP, { ...TOKEN, jti: 'token-2' })).toBe(true);
    expect(there.isRevoked(APP, { ...TOKEN, jti: 'token-2', iat: 1_001 })).toBe(false);
    expect(there.isRevoked(AppId.parse('other'), TOKEN)).toBe(false);
    expect(heard).toEqual([
      [OF_TOKEN, OF_SUBJECT],
      [OF_TOKEN, OF_SUBJECT],
    ]);
  });

  test('are known to a node from its start on', async () => {
    await (await open()).revoke(OF_TOKEN);

    expect((await open()).isRevoked(APP, TOKEN)).toBe(true);
  });

  test('are found without a hint', async () => {
    const node = await open();

    await redis.command('XADD', NODE_KEYS.revocations, '*', 'r', writeRevocation(OF_TOKEN, KEY));

    await until('the node has read it', async () => node.isRevoked(APP, TOKEN));
  });

  test('are written again by the nodes when Redis has lost them', async () => {
    const node = await open();
    await node.revoke(OF_TOKEN);

    await redis.command('FLUSHALL');
    await until('Redis has it again', async () => (await redis.command('XLEN', NODE_KEYS.revocations)).trim() === '1');

    expect((await open()).isRevoked(APP, TOKEN)).toBe(true);
  });

  test.each<[name: string, text: () => string]>([
    ['signed with another key', () => writeRevocation(OF_SUBJECT, OTHER_KEY)],
    ['not signed', () => JSON.stringify(OF_SUBJECT)],
    [
      'signed, about something else',
      () => signText(JSON.stringify({ appId: APP, revoked: { by: 'everything' }, closesSessions: true }), KEY),
    ],
    ['empty', () => ''],
  ])('that are %s are counted and do nothing', async (_name, text) => {
    const node = await open();

    await redis.command('XADD', NODE_KEYS.revocations, '*', 'r', text());
    await redis.command('XADD', NODE_KEYS.revocations, '*', 'r', writeRevocation(OF_TOKEN, KEY));
    await until('the node has read both', async () => node.isRevoked(APP, TOKEN));

    expect(node.isRevoked(APP, { ...TOKEN, jti: 'token-2' })).toBe(false);
    expect(node.refused).toBe(1);
  });

  test('are refused as a whole when the others cannot be told', async () => {
    const link = await redis.connect();
    const node = await open({ link });
    const away: RedisLink['send'] = () => Promise.reject(new SfuError('registry_unavailable', 'Redis does not answer now'));
    Object.assign(link, { send: away, sendAll: away });

    await expect(node.revoke(OF_TOKEN)).rejects.toMatchObject({ code: 'registry_unavailable' });
    expect(node.isRevoked(APP, TOKEN)).toBe(false);
    await until('it says that others are not heard', async () => told.length > 0);
    expect(told).toEqual(['unreadable']);
  });
});

test('without hints a revocation is in force within one and a half seconds, also where replies of Redis take a quarter of one', async () => {
  const clock = new VirtualClock();
  const server = new ModelRedis({ clock, random: () => 0.5 });
  const oneWayMs = 125;
  const client = new ModelRedisClient(server, { clock, random: () => 0.5, way: () => ({ state: 'open', oneWayMs }), patienceMs: 10_000 });
  const link = new IoredisLink(client, { timers: clock });
  const node = new RedisRevocations({
    link,
    key: KEY,
    timers: clock,
    clusterNowMs: () => clock.wallClockMs(),
    onReadable: () => undefined,
  });
  await clock.advance(2_000);
  const started = node.start();
  await clock.advance(2_000);
  await started;

  const tookMs: number[] = [];
  for (let round = 0; round < 60; round++) {
    // Moments of the interval in no step with it.
    await clock.advance(577);
    const revocation: Revocation = { appId: APP, revoked: { by: 'jti', jti: `token-${round}` }, closesSessions: false };
    const askedAtMs = clock.nowMs();
    await clock.advance(oneWayMs);
    server.carryOut(['XADD', NODE_KEYS.revocations, '*', 'r', writeRevocation(revocation, KEY)]);
    while (!node.isRevoked(APP, { ...TOKEN, jti: `token-${round}` })) await clock.advance(5);
    tookMs.push(clock.nowMs() - askedAtMs);
  }
  node.stop();
  link.close();

  expect(Math.max(...tookMs)).toBeLessThanOrEqual(1_500);
});

test('a revocation reads as it was written, and its text has a bound', () => {
  for (const revocation of [OF_TOKEN, OF_SUBJECT]) expect(readRevocation(writeRevocation(revocation, KEY), KEY)).toEqual(revocation);
  const longest = {
    ...OF_SUBJECT,
    appId: AppId.parse('a'.repeat(64)),
    revoked: { ...OF_SUBJECT.revoked, sub: 'x'.repeat(128) },
  } as Revocation;
  expect(readRevocation(writeRevocation(longest, KEY), KEY)).toEqual(longest);
  expect(readRevocation('a'.repeat(2_000), KEY)).toBeUndefined();
});
