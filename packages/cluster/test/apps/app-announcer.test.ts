import { type App, AppMirror, createApp, createOwnApps, type OwnApps } from '@causeway/accounts';
import { AppId } from '@causeway/protocol';
import { VirtualClock } from '@causeway/testkit/virtual-clock';
import { AppAnnouncer } from '../../src/apps/app-announcer.ts';
import { type AppRecord, readAppRecord, writeAppRecord } from '../../src/apps/app-record.ts';
import { AppRecords } from '../../src/apps/app-records.ts';
import { RedisAppStore } from '../../src/apps/redis-app-store.ts';
import { appKeys } from '../../src/redis/keys.ts';
import { deriveClusterKeys } from '../../src/trust/cluster-keys.ts';
import { AppRedisModel } from '../doubles/app-redis-model.ts';

const { appRecords: KEY } = deriveClusterKeys('the cluster key of these tests alone');
const ID = AppId.parse('demo');
const OLD = createApp({ id: ID, secrets: ['the-old-secret-of-the-app'] });
const NEW = createApp({ id: ID, secrets: ['the-new-secret-of-the-app'] });
const RECORD_KEY = appKeys(ID).record;
const MINUTE_MS = 60_000;
const HOUR_MS = 3_600_000;

describe('a node that announces its apps', () => {
  let clock: VirtualClock;
  let redis: AppRedisModel;
  let told: string[];
  let written: string[];
  /** What Redis's clock is ahead of the first one's. */
  let clusterAheadMs: number;
  let announcers: AppAnnouncer[];

  beforeEach(() => {
    clock = new VirtualClock();
    redis = new AppRedisModel(() => clock.nowMs());
    [told, written, clusterAheadMs, announcers] = [[], [], 0, []];
  });

  afterEach(() => {
    for (const announcer of announcers) announcer.stop();
    expect(clock.armedTimers).toBe(0);
  });

  const clusterNowMs = (): number => clock.wallClockMs() + clusterAheadMs;

  /** Starts a node with these apps; it has announced them when this resolves, if Redis is there. */
  async function start(apps: readonly App[] | OwnApps): Promise<AppAnnouncer> {
    const records = new AppRecords({ link: redis.link, key: KEY, clusterNowMs });
    const onDefect = (appId: string, defect: string): void => void told.push(`${appId} ${defect}`);
    const own = 'find' in apps && 'onChanged' in apps ? apps : createOwnApps(apps);
    const onWritten = (appId: string): void => void written.push(appId);
    const announcer = new AppAnnouncer({ records, apps: own, timers: clock, clusterNowMs, onDefect, onWritten });
    announcers.push(announcer);
    announcer.announce();
    await clock.advance(1);
    return announcer;
  }

  function reader(): RedisAppStore {
    const records = new AppRecords({ link: redis.link, key: KEY, clusterNowMs });
    return new RedisAppStore({ records, apps: createOwnApps([]), nowMs: () => clock.nowMs(), clusterNowMs });
  }

  function stored(): AppRecord | undefined {
    const reading = readAppRecord(redis.textOf(RECORD_KEY) ?? '', ID, clusterNowMs(), KEY);
    return reading.type === 'record' ? reading.record : undefined;
  }

  test('is believed by the others', async () => {
    const others = Array.from({ length: 250 }, (_unused, index) => createApp({ id: `app-${index}`, secrets: ['the-secret-of-many-apps'] }));
    await start([OLD, ...others]);

    const store = reader();
    expect(await store.findApp(ID)).toEqual(OLD);
    expect(await Promise.all(others.map(({ id }) => store.findApp(id)))).toEqual(others);
    expect(told).toEqual([]);
  });

  test('tries every two seconds while Redis is unavailable', async () => {
    redis.isAway = true;
    await start([OLD]);
    await clock.advance(HOUR_MS);
    redis.isAway = false;
    await clock.advance(2_000);

    expect(stored()?.app).toEqual(OLD);
  });

  test('dates its records again every hour, so that they last as long as it runs', async () => {
    await start([OLD]);
    const store = reader();

    for (let hour = 0; hour < 100; hour++) {
      await clock.advance(HOUR_MS);
      expect(await store.findApp(ID)).toEqual(OLD);
      expect(clusterNowMs() - (stored()?.issuedAtMs ?? 0)).toBeLessThanOrEqual(HOUR_MS + 5 * MINUTE_MS);
    }
    expect(redis.written.length).toBeLessThan(110);
  });

  test('is forgotten with its apps a day after it has ended', async () => {
    const announcer = await start([OLD]);
    announcer.stop();

    await clock.advance(24 * HOUR_MS);

    expect(redis.textOf(RECORD_KEY)).toBeNull();
    expect(await reader().findApp(ID)).toBeUndefined();
  });

  test.each([
    ['removed', null, []],
    ['replaced by nonsense', 'nonsense', ['demo signature']],
    ['replaced by an app in the clear', JSON.stringify(NEW), ['demo signature']],
  ])('writes a record again within five minutes that was %s', async (_name, text, expected) => {
    await start([OLD]);

    redis.put(RECORD_KEY, text);
    await clock.advance(5 * MINUTE_MS);

    expect(stored()?.app).toEqual(OLD);
    expect(told).toEqual(expected);
  });

  test('replaces a replayed record with its own', async () => {
    const former = await start([OLD]);
    const leaked = redis.textOf(RECORD_KEY);
    former.stop();
    await clock.advance(MINUTE_MS);
    await start([NEW]);

    redis.put(RECORD_KEY, leaked);
    await clock.advance(5 * MINUTE_MS);

    expect(stored()?.app).toEqual(NEW);
  });

  test('never signs a record that it merely found in Redis', async () => {
    redis.put(RECORD_KEY, JSON.stringify(NEW));
    redis.put(appKeys('other').record, JSON.stringify({ ...NEW, id: 'other' }));
    redis.put('sfu:{demo}:cfg', JSON.stringify(NEW));

    await start([OLD]);
    await clock.advance(HOUR_MS);

    expect(stored()?.app).toEqual(OLD);
    expect(new Set(redis.written)).toEqual(new Set([RECORD_KEY]));
  });

  describe('together with another one that has a different secret of the app', () => {
    test('the one that started last wins, permanently', async () => {
      await start([OLD]);
      await clock.advance(MINUTE_MS);
      await start([NEW]);
      const store = reader();

      for (let hour = 0; hour < 30; hour++) {
        await clock.advance(HOUR_MS);
        expect(await store.findApp(ID)).toEqual(NEW);
      }
      expect(store.recordsRefused.rollback).toBe(0);
    });

    test('also when Redis has forgotten everything, whichever writes first', async () => {
      const former = await start([OLD]);
      await clock.advance(MINUTE_MS);
      const latter = await start([NEW]);
      const store = reader();
      await store.findApp(ID);

      for (const order of [
        [former, latter],
        [latter, former],
      ]) {
        redis.put(RECORD_KEY, null);
        for (const announcer of order) {
          announcer.announce();
          await clock.advance(1);
        }
        expect(stored()?.app).toEqual(NEW);
      }
      await clock.advance(MINUTE_MS);
      expect(await store.findApp(ID)).toEqual(NEW);
    });

    test('also by the clock of a Redis that is an hour behind the one before it', async () => {
      await start([OLD]);
      const store = reader();
      await store.findApp(ID);
      await clock.advance(MINUTE_MS);
      clusterAheadMs = -HOUR_MS;

      await start([NEW]);
      await clock.advance(MINUTE_MS);

      expect(await store.findApp(ID)).toEqual(NEW);
    });

    test('nodes that agree keep the record alive for each other', async () => {
      await start([NEW]);
      await clock.advance(MINUTE_MS);
      const latter = await start([NEW]);
      const store = reader();
      await store.findApp(ID);
      latter.stop();
      redis.isAway = true;
      await clock.advance(2 * HOUR_MS);
      redis.isAway = false;

      for (let hour = 0; hour < 30; hour++) {
        await clock.advance(HOUR_MS);
        expect(await store.findApp(ID)).toEqual(NEW);
      }
      expect(store.recordsRefused.rollback).toBe(0);
    });

    test('settings that only a newer version knows are not lost to an older one', async () => {
      const newer = writeAppRecord(
        { app: { ...OLD, settings: { ...OLD.settings, mood: 'sunny' } as App['settings'] }, revision: 2 ** 50, issuedAtMs: clusterNowMs() },
        KEY,
      );
      await start([OLD]);

      redis.put(RECORD_KEY, newer);
      await clock.advance(HOUR_MS);

      expect(redis.textOf(RECORD_KEY)).toBe(newer);
    });
  });

  describe('from its books', () => {
    /** Own apps that the test changes. */
    async function openMirror(first: App) {
      let serial = 1;
      let next = { changed: [first] as readonly App[], removed: [] as readonly AppId[] };
      const books = { appChanges: async () => ({ serial, ...next }) };
      const mirror = new AppMirror({ configured: [], books, schedule: () => () => undefined });
      await mirror.refresh();
      const change = async (changed: readonly App[], removed: readonly AppId[] = []): Promise<void> => {
        [serial, next] = [serial + 1, { changed, removed }];
        await mirror.refresh();
        await clock.advance(1);
      };
      return { mirror, change };
    }

    test('tells of a change at once, also of one back to what another node has written', async () => {
      const { mirror, change } = await openMirror(OLD);
      await start(mirror);
      await change([NEW]);
      const changed = stored()?.app;
      await change([OLD]);

      expect(changed).toEqual(NEW);
      expect(stored()?.app).toEqual(OLD);
      expect(written).toEqual([ID, ID, ID]);
    });

    test('tells nobody of a change that another node has told of', async () => {
      const [one, other] = [await openMirror(OLD), await openMirror(OLD)];
      await start(one.mirror);
      await start(other.mirror);
      await one.change([NEW]);
      await other.change([NEW]);

      expect(stored()?.app).toEqual(NEW);
      expect(written).toEqual([ID, ID]);
    });

    test('tells of an app whose last secret was revoked, and the others no longer accept it', async () => {
      const { mirror, change } = await openMirror(OLD);
      await start(mirror);
      const store = reader();
      await store.findApp(ID);
      const bare: App = { ...OLD, secretDigests: [] };
      await change([bare]);
      store.forget(ID);

      expect(await store.findApp(ID)).toEqual(bare);
      expect(written).toEqual([ID, ID]);
      expect(told).toEqual([]);
    });

    test('tells of an app that was removed once Redis is there, and no node finds it', async () => {
      const { mirror, change } = await openMirror(OLD);
      await start(mirror);
      const store = reader();
      await store.findApp(ID);
      redis.isAway = true;
      await change([], [ID]);
      redis.isAway = false;
      await clock.advance(2_000);
      store.forget(ID);

      expect(stored()?.isRemoved).toBe(true);
      expect(await store.findApp(ID)).toBeUndefined();
    });

    test('an app whose id is free again for the configuration replaces the removed one', async () => {
      const { mirror, change } = await openMirror(OLD);
      await start(mirror);
      await change([], [ID]);
      await start([NEW]);

      expect(stored()?.isRemoved).toBeUndefined();
      expect(await reader().findApp(ID)).toEqual(NEW);
    });
  });
});
