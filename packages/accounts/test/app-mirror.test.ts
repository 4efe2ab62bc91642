import { type App, type AppChanges, AppMirror, createApp, digestSecret, type KeyUse, KeyUses } from '@causeway/accounts';
import { appStoreContract } from '@causeway/accounts/app-store-contract';
import { AppId } from '@causeway/protocol';

const DEMO = createApp({ id: 'demo', secrets: ['the-secret-of-this-test-alone'] });
const CHANGED: App = { ...DEMO, settings: { ...DEMO.settings, autoPublish: false } };
const OTHER = createApp({ id: 'other', secrets: ['another-secret-of-this-test'] });

/** Books whose changes the test says, and a timer that it lets ring. */
function openMirror(configured: readonly App[] = []) {
  const answers: (AppChanges | Error)[] = [];
  const asked: number[] = [];
  let ring: (() => void) | undefined;
  const mirror = new AppMirror({
    configured,
    books: {
      async appChanges(serial) {
        asked.push(serial);
        const answer = answers.shift() ?? { serial, changed: [], removed: [] };
        if (answer instanceof Error) throw answer;
        return answer;
      },
    },
    schedule(_delayMs, callback) {
      ring = callback;
      return () => {
        ring = undefined;
      };
    },
  });
  const heard: unknown[] = [];
  mirror.onChanged(({ changed, removed }) => heard.push([changed.map(({ id }) => id), removed]));
  return { mirror, answers, asked, heard, isArmed: () => ring !== undefined, ring: () => ring?.() };
}

describe('app mirror', () => {
  test.each(appStoreContract)('with configured apps: $name', async ({ run }) => {
    await expect(run(async (apps) => openMirror(apps).mirror)).resolves.toBeUndefined();
  });

  test.each(appStoreContract)('with booked apps: $name', async ({ run }) => {
    const create = async (apps: readonly App[]) => {
      const { mirror, answers } = openMirror();
      answers.push({ serial: 1, changed: apps, removed: [] });
      await mirror.refresh();
      return mirror;
    };

    await expect(run(create)).resolves.toBeUndefined();
  });

  test('has what changes in the books, asks only for what is new, and tells of it', async () => {
    const { mirror, answers, asked, heard } = openMirror();
    answers.push({ serial: 7, changed: [DEMO, OTHER], removed: [] }, { serial: 8, changed: [CHANGED], removed: [OTHER.id] });
    await mirror.refresh();
    await mirror.refresh();

    expect(mirror.apps).toEqual([CHANGED]);
    expect(asked).toEqual([0, 7]);
    expect(heard).toEqual([
      [['demo', 'other'], []],
      [['demo'], ['other']],
    ]);
  });

  test('knows what it knew while the books cannot be read, and reads them again', async () => {
    const { mirror, answers, isArmed, ring } = openMirror();
    answers.push({ serial: 7, changed: [DEMO], removed: [] }, new Error('away'), { serial: 8, changed: [CHANGED], removed: [] });
    mirror.start();
    await mirror.refresh();
    await mirror.refresh();
    const known = await mirror.findApp(DEMO.id);
    await mirror.refresh();

    expect(known).toEqual(DEMO);
    expect(await mirror.findApp(DEMO.id)).toEqual(CHANGED);
    expect(isArmed()).toBe(true);
    answers.push({ serial: 9, changed: [], removed: [DEMO.id] });
    ring();
    await mirror.refresh();
    expect(await mirror.findApp(DEMO.id)).toBeUndefined();
    mirror.stop();
    expect(isArmed()).toBe(false);
  });

  test('is complete once it has read the books, or without any', async () => {
    const { mirror, answers } = openMirror([DEMO]);
    answers.push(new Error('away'));
    await mirror.refresh();
    const before = mirror.isComplete;
    await mirror.refresh();

    expect([before, mirror.isComplete]).toEqual([false, true]);
    expect(new AppMirror({ books: undefined, configured: [], schedule: () => () => undefined }).isComplete).toBe(true);
  });

  test('lets the configuration say what an app is that the books know, too', async () => {
    const { mirror, answers, heard } = openMirror([DEMO]);
    answers.push({ serial: 1, changed: [CHANGED], removed: [] });
    await mirror.refresh();

    expect(mirror.apps).toEqual([DEMO]);
    expect([mirror.isConfigured(DEMO.id), mirror.isConfigured(AppId.parse('other'))]).toEqual([true, false]);
    expect(heard).toEqual([]);
  });

  test('forgets what is not in books that were replaced by older ones', async () => {
    const { mirror, answers } = openMirror();
    answers.push({ serial: 7, changed: [DEMO, OTHER], removed: [] }, { serial: 3, changed: [], removed: [] });
    await mirror.refresh();
    answers.push({ serial: 3, changed: [OTHER], removed: [] });
    await mirror.refresh();

    expect(mirror.apps).toEqual([OTHER]);
  });
});

describe('uses of keys', () => {
  const digest = digestSecret('used');

  test('are told to the books, the last one of each key, and kept while they are away', async () => {
    const told: (readonly KeyUse[])[] = [];
    let isAway = true;
    let ring: () => void = () => undefined;
    const books = {
      async noteKeyUses(uses: readonly KeyUse[]) {
        if (isAway) throw new Error('away');
        told.push(uses);
      },
    };
    const uses = new KeyUses(books, (_delayMs, callback) => {
      ring = callback;
      return () => undefined;
    });
    uses.note(digest, 1_000);
    await uses.flush();
    uses.note(digest, 2_000);
    await uses.flush();
    isAway = false;
    ring();
    await uses.close();

    expect(told).toEqual([[{ digest, usedAtMs: 2_000 }]]);
  });
});
