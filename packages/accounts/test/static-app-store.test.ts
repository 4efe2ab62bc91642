import { createStaticAppStore, digestSecret } from '@causeway/accounts';
import { appStoreContract } from '@causeway/accounts/app-store-contract';
import { AppId, DEFAULT_APP_SETTINGS } from '@causeway/protocol';

describe('static app store', () => {
  test.each(appStoreContract)('$name', async ({ run }) => {
    await expect(run(async (apps) => createStaticAppStore(apps))).resolves.toBeUndefined();
  });

  test('refuses two apps with one id', () => {
    const app = { id: AppId.parse('first'), secretDigests: [digestSecret('secret')], settings: DEFAULT_APP_SETTINGS };

    expect(() => createStaticAppStore([app, app])).toThrow('two apps have the same id');
  });
});
