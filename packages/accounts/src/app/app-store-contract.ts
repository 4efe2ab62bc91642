/**
 * The test cases that every `AppStore` must pass, for any test framework: `test.each(appStoreContract)('$name', ({ run }) => run(create))`.
 */
import assert from 'node:assert/strict';
import { type AppId, type AppSettings, DEFAULT_APP_SETTINGS, parseAppId } from '@causeway/protocol';
import type { App, AppStore } from './app.ts';
import { digestSecret } from './secret.ts';

export interface AppStoreContractCase {
  readonly name: string;
  /** @param create creates a store with exactly these apps; called once per case */
  run(create: (apps: readonly App[]) => Promise<AppStore>): Promise<void>;
}

export const appStoreContract: readonly AppStoreContractCase[] = [
  {
    name: 'finds an app with all it was stored with',
    async run(create) {
      const app = appNamed('first', { secrets: ['old secret', 'new secret'], autoPublish: false, maxSessions: 7 });
      const store = await create([appNamed('other'), app]);

      assert.deepEqual(await store.findApp(app.id), app);
    },
  },
  {
    name: 'finds nothing for an id it does not hold',
    async run(create) {
      const store = await create([appNamed('first')]);

      assert.equal(await store.findApp(appId('second')), undefined);
      assert.equal(await store.findApp(appId('FIRST')), undefined);
    },
  },
  {
    name: 'finds nothing under names that JavaScript objects have by themselves',
    async run(create) {
      const store = await create([appNamed('first')]);

      for (const name of ['constructor', 'toString', '__proto__']) assert.equal(await store.findApp(appId(name)), undefined);
    },
  },
  {
    name: 'is useful when empty',
    async run(create) {
      const store = await create([]);

      assert.equal(await store.findApp(appId('first')), undefined);
    },
  },
];

function appNamed(id: string, { secrets = ['secret'], ...settings }: Partial<AppSettings> & { secrets?: readonly string[] } = {}): App {
  return { id: appId(id), secretDigests: secrets.map(digestSecret), settings: { ...DEFAULT_APP_SETTINGS, ...settings } };
}

function appId(text: string): AppId {
  const id = parseAppId(text);
  assert.ok(id !== undefined);
  return id;
}
