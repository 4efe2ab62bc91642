import { type App, createApp, createOwnApps } from '@causeway/accounts';
import { appStoreContract } from '@causeway/accounts/app-store-contract';
import { AppId, DEFAULT_APP_SETTINGS } from '@causeway/protocol';
import { VirtualClock } from '@causeway/testkit/virtual-clock';
import { writeAppRecord } from '../../src/apps/app-record.ts';
import { AppRecords } from '../../src/apps/app-records.ts';
import { LookUpBudget, RedisAppStore } from '../../src/apps/redis-app-store.ts';
import { appKeys } from '../../src/redis/keys.ts';
import { deriveClusterKeys } from '../../src/trust/cluster-keys.ts';
import { AppRedisModel } from '../doubles/app-redis-model.ts';

const { appRecords: KEY } = deriveClusterKeys('the cluster key of these tests alone');
const STRANGERS_KEY = deriveClusterKeys('a cluster key that only somebody else has').appRecords;
const DEMO = createApp({ id: 'demo', secrets: ['the-secret-of-the-demo-app'] });
const UNKNOWN = AppId.parse('unknown');
const RECORD_KEY = appKeys('demo').record;
const ASKER = '192.0.2.0/24';
const MINUTE_MS = 60_000;
const HOUR_MS = 3_600_000;

describe('the app store of a cluster', () => {
  let clock: VirtualClock;
  let redis: AppRedisModel;

  beforeEach(() => {
    clock = new VirtualClock();
    redis = new AppRedisModel(() => clock.nowMs());
  });

  const clusterNowMs = (): number => clock.wallClockMs();

  function store(apps: readonly App[] = []): RedisAppStore {
    const records = new AppRecords({ link: redis.link, key: KEY, clusterNowMs });
    return new RedisAppStore({ records, apps: createOwnApps(apps), nowMs: () => clock.nowMs(), clusterNowMs });
  }

  function record({ app = DEMO, revision = 1, issuedAtMs = clusterNowMs(), key = KEY } = {}): string {
    return writeAppRecord({ app, revision, issuedAtMs }, key);
  }

  function put(app: App, revision = 1): void {
    redis.put(appKeys(app.id).record, record({ app, revision }));
  }

  test.each(appStoreContract)('$name', async ({ run }) => {
    await run(async (apps: readonly App[]) => {
      for (const app of apps) put(app);
      return store();
    });
  });

  test('an app is read once a minute, however often it is asked for', async () => {
    put(DEMO);
    const reader = store();

    await Promise.all([reader.findApp(DEMO.id), reader.findApp(DEMO.id)]);
    await clock.advance(MINUTE_MS - 1);
    await reader.findApp(DEMO.id);
    await clock.advance(1);
    expect(await reader.findApp(DEMO.id)).toEqual(DEMO);

    expect(redis.read).toEqual([RECORD_KEY, RECORD_KEY]);
  });

  test('a changed app is found within a minute, a new one within five seconds', async () => {
    put(DEMO);
    const reader = store();
    const changed = { ...DEMO, settings: { ...DEFAULT_APP_SETTINGS, autoPublish: false } };
    await reader.findApp(DEMO.id);
    await reader.findApp(UNKNOWN);

    put(changed, 2);
    put({ ...DEMO, id: UNKNOWN });
    await clock.advance(5_000);
    expect(await reader.findApp(UNKNOWN)).toEqual({ ...DEMO, id: UNKNOWN });
    await clock.advance(55_000);
    expect(await reader.findApp(DEMO.id)).toEqual(changed);
  });

  test('an app that was removed is gone within a minute', async () => {
    put(DEMO);
    const reader = store();
    await reader.findApp(DEMO.id);

    redis.put(RECORD_KEY, null);
    await clock.advance(MINUTE_MS);

    expect(await reader.findApp(DEMO.id)).toBeUndefined();
  });

  test('while Redis is unavailable, known apps are served for a day, and others are unavailable', async () => {
    put(DEMO);
    const reader = store();
    await reader.findApp(DEMO.id);
    await reader.findApp(UNKNOWN);
    redis.isAway = true;

    await clock.advance(24 * HOUR_MS - 1);
    expect(await reader.findApp(DEMO.id)).toEqual(DEMO);
    await expect(reader.findApp(UNKNOWN)).rejects.toMatchObject({ code: 'registry_unavailable' });
    await clock.advance(1);
    await expect(reader.findApp(DEMO.id)).rejects.toMatchObject({ code: 'registry_unavailable' });
  });

  test('an app of the configuration needs no Redis, and nothing in Redis changes it', async () => {
    put({ ...DEMO, settings: { ...DEFAULT_APP_SETTINGS, autoPublish: false } }, 9);

    expect(await store([DEMO]).findApp(DEMO.id)).toEqual(DEMO);
    expect(redis.read).toEqual([]);
  });

  describe('with an attacker who can write to Redis and has no key', () => {
    test.each([
      ['in the clear, as versions before this one wrote it', JSON.stringify(DEMO), { signature: 1 }],
      ['signed with another key', writeAppRecord({ app: DEMO, revision: 1, issuedAtMs: 0 }, STRANGERS_KEY), { signature: 1 }],
      ['that is the record of another app', 'other', { content: 1 }],
      ['that is two days old', 'old', { date: 1 }],
    ])('a record %s makes no app', async (_name, text, refused) => {
      const signed = new Map([
        ['other', record({ app: { ...DEMO, id: UNKNOWN } })],
        ['old', record({ issuedAtMs: clusterNowMs() - 48 * HOUR_MS })],
      ]);
      redis.put(RECORD_KEY, signed.get(text) ?? text);
      const reader = store();

      expect(await reader.findApp(DEMO.id)).toBeUndefined();
      expect(reader.recordsRefused).toEqual({ signature: 0, content: 0, date: 0, rollback: 0, ...refused });
      expect(reader.lookUps).toEqual({ found: 0, absent: 0, refused: 1, limited: 0 });
    });

    test('a secret that was replaced does not come back with its record', async () => {
      const leaked = record({ revision: 1 });
      const rotated = createApp({ id: 'demo', secrets: ['the-new-secret-of-the-demo-app'] });
      put(rotated, 2);
      const reader = store();
      await reader.findApp(DEMO.id);

      redis.put(RECORD_KEY, leaked);
      await clock.advance(MINUTE_MS);

      expect(await reader.findApp(DEMO.id)).toEqual(rotated);
      expect(reader.recordsRefused.rollback).toBe(1);
    });

    test('nor when the newer record was removed before', async () => {
      const leaked = record({ revision: 1 });
      put(DEMO, 2);
      const reader = store();
      await reader.findApp(DEMO.id);

      redis.put(RECORD_KEY, null);
      await clock.advance(MINUTE_MS);
      await reader.findApp(DEMO.id);
      redis.put(RECORD_KEY, leaked);
      await clock.advance(5_000);

      expect(await reader.findApp(DEMO.id)).toBeUndefined();
      expect(reader.recordsRefused.rollback).toBe(1);
    });

    test('nor on a node that never saw the newer one, a day after it was signed last', async () => {
      redis.put(RECORD_KEY, record({ revision: 1 }));

      await clock.advance(24 * HOUR_MS);
      expect(await store().findApp(DEMO.id)).toEqual(DEMO);
      await clock.advance(1);
      expect(await store().findApp(DEMO.id)).toBeUndefined();
    });

    test('an unsigned record does not make a node forget an app that it knows, for a day', async () => {
      put(DEMO);
      const reader = store();
      await reader.findApp(DEMO.id);
      redis.put(RECORD_KEY, 'nonsense');

      await clock.advance(24 * HOUR_MS - 1);
      expect(await reader.findApp(DEMO.id)).toEqual(DEMO);
      await clock.advance(MINUTE_MS);
      expect(await reader.findApp(DEMO.id)).toBeUndefined();
    });

    test('an older configuration counts again when the newer one is out of date', async () => {
      put(DEMO, 2);
      const reader = store();
      await reader.findApp(DEMO.id);
      await clock.advance(24 * HOUR_MS + 1);

      put(DEMO, 1);

      expect(await reader.findApp(DEMO.id)).toEqual(DEMO);
    });
  });

  describe('under a flood of unknown ids', () => {
    async function ask(reader: RedisAppStore, id: string, asker: string | undefined): Promise<unknown> {
      return reader.findApp(AppId.parse(id), asker).catch((error: unknown) => error);
    }

    /** In each of so many seconds. */
    async function flood(reader: RedisAppStore, askers: readonly string[], seconds: number): Promise<void> {
      for (let second = 0; second < seconds; second++) {
        for (let number = 0; number < 3_000; number++) {
          await ask(reader, `made-up-${second}-${number}`, askers[number % askers.length]);
        }
        await clock.advance(1_000);
      }
    }

    test.each([1, 50, 3_000])('from %i networks Redis is asked 500 times a second at most', async (count) => {
      const reader = store();
      const askers = Array.from({ length: count }, (_unused, index) => `network ${index}`);

      await flood(reader, askers, 4);

      expect(redis.read.length).toBeLessThanOrEqual(4 * 500);
      expect(reader.lookUps).toEqual({ found: 0, absent: redis.read.length, refused: 0, limited: 4 * 3_000 - redis.read.length });
    });

    test('a refused one is told to retry in a second', async () => {
      const reader = store();
      for (let number = 0; number < 500; number++) await ask(reader, `made-up-${number}`, ASKER);

      expect(await ask(reader, 'made-up', ASKER)).toMatchObject({ code: 'rate_limited', retryAfterMs: 1_000 });
      expect(redis.read).toHaveLength(500);
    });

    test('a new app becomes known at the first call from another network', async () => {
      const reader = store();
      await flood(reader, [ASKER], 2);
      put(DEMO);
      for (let number = 0; number < 3_000; number++) await ask(reader, `made-up-${number}`, ASKER);

      expect(await reader.findApp(DEMO.id, '203.0.113.0/24')).toEqual(DEMO);
    });

    test('apps that the node knows, and those that another node has seen, are found all the same', async () => {
      const vouchedFor = { ...DEMO, id: UNKNOWN };
      put(DEMO);
      put(vouchedFor);
      const reader = store();
      await reader.findApp(DEMO.id, ASKER);
      await clock.advance(MINUTE_MS);
      for (let number = 0; number < 3_000; number++) await ask(reader, `made-up-${number}`, ASKER);

      expect(await reader.findApp(DEMO.id, ASKER)).toEqual(DEMO);
      expect(await reader.findApp(UNKNOWN)).toEqual(vouchedFor);
    });

    test('an id that was not there is not looked up again for five seconds', async () => {
      const reader = store();

      for (let number = 0; number < 3_000; number++) await ask(reader, 'made-up', ASKER);

      expect(redis.read).toHaveLength(1);
      expect(reader.lookUps.limited).toBe(0);
    });

    test('made-up ids do not drive out an app that exists', async () => {
      put(DEMO);
      const reader = store();
      await reader.findApp(DEMO.id);

      for (let number = 0; number < 10_100; number++) await ask(reader, `made-up-${number}`, undefined);
      redis.isAway = true;
      await clock.advance(MINUTE_MS);

      expect(await reader.findApp(DEMO.id)).toEqual(DEMO);
    });
  });

  test('an app that has changed is read again at once, also while it is being read', async () => {
    const later = { ...DEMO, settings: { ...DEMO.settings, autoPublish: false } };
    put(DEMO);
    const apps = store();
    const reading = apps.findApp(DEMO.id);
    put(later, 2);
    apps.forget(DEMO.id);
    await reading;

    expect(await apps.findApp(DEMO.id)).toEqual(later);
    put(DEMO, 3);
    expect(await apps.findApp(DEMO.id)).toEqual(later);
    apps.forget();
    expect(await apps.findApp(DEMO.id)).toEqual(DEMO);
  });

  test('an app that was removed is not found, and does not come back with its former record', async () => {
    put(DEMO);
    const apps = store();
    await apps.findApp(DEMO.id);
    redis.put(RECORD_KEY, writeAppRecord({ app: DEMO, revision: 2, issuedAtMs: clusterNowMs(), isRemoved: true }, KEY));
    apps.forget(DEMO.id);
    const removed = await apps.findApp(DEMO.id);
    put(DEMO);
    apps.forget(DEMO.id);

    expect(removed).toBeUndefined();
    expect(await apps.findApp(DEMO.id)).toBeUndefined();
    expect(apps.recordsRefused.rollback).toBe(1);
  });
});

const PER_SECOND = 500;

/** Asks so many times in each millisecond of the next second, and stops at its end; returns how many look-ups there were. */
function flood(budget: LookUpBudget, clock: { nowMs: number }, askers: readonly string[], triesPerMs: number): number {
  const startMs = Math.floor(clock.nowMs / 1_000) * 1_000 + 1_000;
  let granted = 0;
  for (let ms = 0; ms < 1_000; ms++) {
    clock.nowMs = startMs + ms;
    for (let attempt = 0; attempt < triesPerMs; attempt++) {
      if (budget.take(askers[(ms * triesPerMs + attempt) % askers.length] ?? '')) granted++;
    }
  }
  return granted;
}

describe('the budget of look-ups', () => {
  let clock: { nowMs: number };
  let budget: LookUpBudget;

  beforeEach(() => {
    clock = { nowMs: 0 };
    budget = new LookUpBudget(PER_SECOND, () => clock.nowMs);
  });

  test('gives all of it to a network that asks alone for a second, and half in the seconds after', () => {
    expect([1, 2, 3].map(() => flood(budget, clock, ['one'], 3))).toEqual([500, 250, 250]);
  });

  test.each([1, 10, 100, 499])('is never exceeded, and leaves a newcomer a part, while %i networks flood', (count) => {
    const askers = Array.from({ length: count }, (_unused, index) => `attacker ${index}`);
    flood(budget, clock, askers, 3);

    for (let second = 0; second < 5; second++) {
      const granted = flood(budget, clock, askers, 3);

      expect(budget.take('a new caller')).toBe(true);
      expect(granted).toBeLessThan(PER_SECOND);
    }
  });

  test('is not exceeded by more networks than it has look-ups', () => {
    const askers = Array.from({ length: 3_000 }, (_unused, index) => `attacker ${index}`);

    const granted = [1, 2, 3].map(() => flood(budget, clock, askers, 3));

    expect(granted).toEqual([500, 500, 500]);
  });

  test('is full again after a second without questions', () => {
    flood(budget, clock, ['one', 'other'], 3);
    clock.nowMs += 1_000;

    expect(flood(budget, clock, ['one'], 1)).toBe(500);
  });

  test('distinguishes 10,000 askers in a second and refuses the rest', () => {
    const roomy = new LookUpBudget(1_000_000, () => 0);

    const granted = Array.from({ length: 10_001 }, (_unused, index) => roomy.take(`asker ${index}`)).filter(Boolean);

    expect(granted).toHaveLength(10_000);
  });
});
