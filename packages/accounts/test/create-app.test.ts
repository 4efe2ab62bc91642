import { authenticate, createApp, createStaticAppStore, type NewApp } from '@causeway/accounts';

test('keeps no secret, only what proves that a caller knows it', async () => {
  const app = createApp({ id: 'demo', secrets: ['one-secret', 'another-secret'], settings: { autoPublish: false } });

  expect(JSON.stringify(app)).not.toMatch(/one-secret|another-secret/);
  const principal = await authenticate(createStaticAppStore([app]), { appIdText: 'demo', authorization: 'Bearer another-secret' });
  expect(principal).toMatchObject({ appId: 'demo', settings: { autoPublish: false, maxCallsPerSecondPerSession: 50 } });
});

const REFUSED: [app: NewApp, message: string][] = [
  [{ id: 'a b', secrets: ['s'] }, 'app id "a b" must be 1 to 64 letters, digits, "_" or "-"'],
  [{ id: 'demo', secrets: [] }, 'app "demo" must have 1 to 2 secrets, not 0'],
  [{ id: 'demo', secrets: ['1', '2', '3'] }, 'app "demo" must have 1 to 2 secrets, not 3'],
  [{ id: 'demo', secrets: [''] }, 'a secret of app "demo" is empty or has characters that cannot stand in a header (blanks, umlauts)'],
  [
    { id: 'demo', secrets: ['ümlaut'] },
    'a secret of app "demo" is empty or has characters that cannot stand in a header (blanks, umlauts)',
  ],
];

test.each(REFUSED)('%o is refused', (app, message) => {
  expect(() => createApp(app)).toThrow(message);
});
