import { authenticate, createApp, createStaticAppStore, generateSecret, type NewApp } from '@causeway/accounts';

const SECRET = 'x'.repeat(22);

test('keeps no secret, only what proves that a caller knows it', async () => {
  const app = createApp({
    id: 'demo',
    secrets: ['one-secret-of-22-characters', 'another-secret-of-22-characters'],
    settings: { autoPublish: false },
  });

  expect(JSON.stringify(app)).not.toMatch(/one-secret|another-secret/);
  const principal = await authenticate(createStaticAppStore([app]), {
    appIdText: 'demo',
    authorization: 'Bearer another-secret-of-22-characters',
  });
  expect(principal).toMatchObject({ appId: 'demo', settings: { autoPublish: false, maxCallsPerSecondPerSession: 50 } });
});

test('has the usual settings unless told otherwise: tracks are published by offers alone', () => {
  const { settings } = createApp({ id: 'demo', secrets: [SECRET] });

  expect(settings).toEqual({
    autoPublish: true,
    maxCallsPerSecondPerSession: 50,
    maxCallsPerSecondPerApp: 1000,
    refuseSecretFromBrowsers: false,
  });
});

const REFUSED: [app: NewApp, message: string][] = [
  [{ id: 'a b', secrets: ['s'] }, 'app id "a b" must be 1 to 64 letters, digits, "_" or "-"'],
  [{ id: 'demo', secrets: [] }, 'app "demo" must have 1 to 2 secrets, not 0'],
  [{ id: 'demo', secrets: ['1', '2', '3'] }, 'app "demo" must have 1 to 2 secrets, not 3'],
  [{ id: 'demo', secrets: [''] }, 'a secret of app "demo" must have at least 22 characters, not 0, so that it cannot be guessed'],
  [{ id: 'demo', secrets: [SECRET, SECRET.slice(1)] }, 'a secret of app "demo" must have at least 22 characters, not 21'],
  [{ id: 'demo', secrets: ['x'.repeat(257)] }, 'a secret of app "demo" must have at most 256 characters, not 257'],
  [
    { id: 'demo', secrets: ['ümlaut'.padEnd(22, '-')] },
    'a secret of app "demo" has characters that cannot stand in a header (blanks, umlauts)',
  ],
];

test('a secret of 22 characters is long enough, and so is one that was generated', () => {
  expect(createApp({ id: 'demo', secrets: [SECRET, generateSecret()] }).secretDigests).toHaveLength(2);
});

test.each(REFUSED)('%o is refused', (app, message) => {
  expect(() => createApp(app)).toThrow(message);
});
