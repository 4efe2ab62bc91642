import { type App, createApp, DEFAULT_APP_SETTINGS } from '@causeway/accounts';
import { appStoreContract } from '@causeway/accounts/app-store-contract';
import { AppId, SfuError } from '@causeway/protocol';
import { readApp, writeApp } from '../../src/apps/app-text.ts';
import { RedisAppStore } from '../../src/apps/redis-app-store.ts';
import { appKeys } from '../../src/redis/keys.ts';
import type { RedisCommand, RedisLink, RedisReply } from '../../src/redis/redis-link.ts';
import { RedisForTests } from '../doubles/redis-for-tests.ts';

const DEMO = createApp({ id: 'demo', secrets: ['a secret'.replace(' ', '-')] });
const UNKNOWN = AppId.parse('unknown');
const HOUR_MS = 3_600_000;

describe('the app store in Redis', () => {
  let redis: RedisForTests;
  let link: RedisLink;

  beforeAll(async () => {
    redis = await RedisForTests.start();
    link = await redis.connect();
  });

  afterAll(() => redis.stop());

  test.each(appStoreContract)('$name', async ({ run }) => {
    await run(async (apps: readonly App[]) => {
      await link.send(['FLUSHALL']);
      await new RedisAppStore({ link, apps, nowMs: () => 0 }).writeConfigured();
      return new RedisAppStore({ link, apps: [], nowMs: () => 0 });
    });
  });

  describe('as time passes', () => {
    let nowMs: number;
    let asked: string[];
    let isAway: boolean;

    beforeEach(async () => {
      await link.send(['FLUSHALL']);
      [nowMs, asked, isAway] = [0, [], false];
    });

    function store(apps: readonly App[] = []): RedisAppStore {
      const send = async (command: RedisCommand): Promise<RedisReply> => {
        asked.push(command.slice(0, 2).join(' '));
        if (isAway) throw new SfuError('registry_unavailable', 'Redis is away');
        return link.send(command);
      };
      return new RedisAppStore({ link: { ...link, send }, apps, nowMs: () => nowMs });
    }

    test('an app is read once a minute, however often it is asked for', async () => {
      await store([DEMO]).writeConfigured();
      const reader = store();
      asked = [];

      await Promise.all([reader.findApp(DEMO.id), reader.findApp(DEMO.id)]);
      nowMs = 59_999;
      await reader.findApp(DEMO.id);
      nowMs = 60_000;
      expect(await reader.findApp(DEMO.id)).toEqual(DEMO);

      expect(asked).toEqual([`GET ${appKeys('demo').config}`, `GET ${appKeys('demo').config}`]);
    });

    test('an app that was written anew is found within a minute, one that was not there within five seconds', async () => {
      const reader = store();
      await store([DEMO]).writeConfigured();
      const changed = { ...DEMO, settings: { ...DEFAULT_APP_SETTINGS, autoPublish: false } };
      await reader.findApp(DEMO.id);
      await reader.findApp(UNKNOWN);

      await store([changed, { ...DEMO, id: UNKNOWN }]).writeConfigured();
      nowMs = 5_000;
      expect(await reader.findApp(UNKNOWN)).toEqual({ ...DEMO, id: UNKNOWN });
      nowMs = 60_000;
      expect(await reader.findApp(DEMO.id)).toEqual(changed);
    });

    test('with Redis away, what is known serves for a day, and the rest is unavailable', async () => {
      await store([DEMO]).writeConfigured();
      const reader = store();
      await reader.findApp(DEMO.id);
      await reader.findApp(UNKNOWN);
      isAway = true;

      nowMs = 24 * HOUR_MS - 1;
      expect(await reader.findApp(DEMO.id)).toEqual(DEMO);
      await expect(reader.findApp(UNKNOWN)).rejects.toMatchObject({ code: 'registry_unavailable' });
      nowMs = 24 * HOUR_MS;
      await expect(reader.findApp(DEMO.id)).rejects.toMatchObject({ code: 'registry_unavailable' });
    });

    test('an app of the configuration needs no Redis', async () => {
      isAway = true;

      expect(await store([DEMO]).findApp(DEMO.id)).toEqual(DEMO);
      expect(asked).toEqual([]);
    });

    test('ids that strangers make up do not drive out an app that exists', async () => {
      await store([DEMO]).writeConfigured();
      const reader = store();
      await reader.findApp(DEMO.id);

      for (let number = 0; number < 10_100; number++) await reader.findApp(AppId.parse(`made-up-${number}`));
      isAway = true;

      expect(await reader.findApp(DEMO.id)).toEqual(DEMO);
      nowMs = FRESH_FOR_MS;
      expect(await reader.findApp(DEMO.id)).toEqual(DEMO);
    });
  });

  test('an app as another version wrote it has what this one knows, and defaults', () => {
    const stored = { ...DEMO, settings: { autoPublish: false, maxCallsPerSecondPerApp: 'many', mood: 'sunny' } };

    expect(readApp(JSON.stringify(stored), DEMO.id)).toEqual({ ...DEMO, settings: { ...DEFAULT_APP_SETTINGS, autoPublish: false } });
  });

  test.each(['', '{', 'null', '{"id":"demo"}', writeApp({ ...DEMO, id: UNKNOWN }), writeApp({ ...DEMO, secretDigests: [] })])(
    'what is no app of that id is none: %s',
    (text) => {
      expect(readApp(text, DEMO.id)).toBeUndefined();
    },
  );
});

const FRESH_FOR_MS = 60_000;
