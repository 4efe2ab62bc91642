import {
  ALL_GRANTS,
  type AppStore,
  authenticate,
  createStaticAppStore,
  digestSecret,
  generateSecret,
  MISSING_CREDENTIAL,
  parseSecretDigest,
  principalOf,
  TokenDesk,
} from '@causeway/accounts';
import { AppId, DEFAULT_APP_SETTINGS, SfuError } from '@causeway/protocol';

const settings = { ...DEFAULT_APP_SETTINGS, autoPublish: false };
const apps = createStaticAppStore([
  { id: AppId.parse('app'), secretDigests: [digestSecret('old'), digestSecret('new')], settings },
  { id: AppId.parse('other'), secretDigests: [digestSecret('others')], settings: DEFAULT_APP_SETTINGS },
  { id: AppId.parse('locked'), secretDigests: [], settings: DEFAULT_APP_SETTINGS },
]);

test.each(['Bearer old', 'Bearer new', 'bearer new', 'BEARER  new '])('%j opens the app', async (authorization) => {
  const secretDigest = digestSecret(
    authorization
      .toLowerCase()
      .replace(/^bearer +/, '')
      .trim(),
  );

  expect(await authenticate(apps, { appIdText: 'app', authorization })).toEqual({
    appId: 'app',
    settings,
    grants: { kind: 'all' },
    secretDigest,
  });
});

test('a secret opens the app until it ends, and another one goes on', async () => {
  let nowMs = 999;
  const secretEndsMs = { [digestSecret('old')]: 1_000 };
  const rolling = createStaticAppStore([
    { id: AppId.parse('app'), secretDigests: [digestSecret('old'), digestSecret('new')], secretEndsMs, settings },
  ]);
  const opens = async (secret: string): Promise<boolean> => {
    const call = authenticate(rolling, { appIdText: 'app', authorization: `Bearer ${secret}` }, new TokenDesk({ nowMs: () => nowMs }));
    return call.then(
      () => true,
      () => false,
    );
  };
  const before = [await opens('old'), await opens('new')];
  nowMs = 1_000;

  expect(before).toEqual([true, true]);
  expect([await opens('old'), await opens('new')]).toEqual([false, true]);
});

const REFUSED: [name: string, appId: string, authorization: string | undefined][] = [
  ['a wrong secret', 'app', 'Bearer wrong'],
  ['the secret of another app', 'app', 'Bearer others'],
  ['an unknown app', 'nobody', 'Bearer old'],
  ['an app id that cannot be one', 'a/b', 'Bearer old'],
  ['an app without secrets', 'locked', 'Bearer old'],
  ['a digest in place of the secret', 'app', `Bearer ${digestSecret('old')}`],
  ['the digest compared against in place of a missing one', 'locked', `Bearer ${'0'.repeat(64)}`],
  ['no header', 'app', undefined],
  ['an empty header', 'app', ''],
  ['no secret', 'app', 'Bearer '],
  ['another scheme', 'app', 'Basic b2xk'],
  ['the bare secret', 'app', 'old'],
  ['two secrets', 'app', 'Bearer wrong old'],
];

async function refusalsOf(calls: readonly (readonly [appIdText: string, authorization: string | undefined])[]): Promise<readonly string[]> {
  const refusals = await Promise.all(
    calls.map(([appIdText, authorization]) => authenticate(apps, { appIdText, authorization }).catch((error: unknown) => error)),
  );
  for (const refusal of refusals) expect(refusal).toBeInstanceOf(SfuError);
  return refusals.map((refusal) => JSON.stringify([(refusal as SfuError).code, (refusal as SfuError).message]));
}

test('all refusals of a credential are one and the same', async () => {
  const calls = REFUSED.map(([, appIdText, authorization]) => [appIdText, authorization] as const);

  const refusals = await refusalsOf(calls.filter(([, authorization]) => authorization !== undefined));

  expect(refusals).toHaveLength(REFUSED.length - 1);
  expect(new Set(refusals).size).toBe(1);
});

test('a call without a credential is told so, whatever app it names', async () => {
  const refusals = await refusalsOf(['app', 'nobody', 'a/b', 'locked'].map((appIdText) => [appIdText, undefined]));

  expect(new Set(refusals)).toEqual(new Set([JSON.stringify(['unauthorized', MISSING_CREDENTIAL])]));
});

test.each(REFUSED)('%s is unauthorized', async (_name, appIdText, authorization) => {
  await expect(authenticate(apps, { appIdText, authorization })).rejects.toMatchObject({ code: 'unauthorized' });
});

test('a store that cannot answer does not count as a wrong secret', async () => {
  const failing: AppStore = { findApp: () => Promise.reject(new Error('store is away')) };

  await expect(authenticate(failing, { appIdText: 'app', authorization: 'Bearer old' })).rejects.toThrow('store is away');
});

test('a store is told who asks, because unauthenticated callers may be refused', async () => {
  const asked: unknown[] = [];
  const curious: AppStore = { findApp: async (...words) => void asked.push(words) };

  await authenticate(curious, { appIdText: 'app', authorization: 'Bearer old', asker: '192.0.2.0/24' }).catch(() => undefined);

  expect(asked).toEqual([['app', '192.0.2.0/24']]);
});

test('no header opens no app, not even one whose record has the digest of an empty secret', async () => {
  const careless = createStaticAppStore([{ id: AppId.parse('app'), secretDigests: [digestSecret('')], settings }]);

  await expect(authenticate(careless, { appIdText: 'app', authorization: undefined })).rejects.toMatchObject({ code: 'unauthorized' });
});

test('a caller that another node has proved is a caller here only if the app is known here, and may do no more here', async () => {
  const token = { sub: 'user', jti: 'token', iat: 0, exp: 600, act: ['list' as const] };

  expect(await principalOf(apps, AppId.parse('app'), ALL_GRANTS)).toEqual({ appId: 'app', settings, grants: { kind: 'all' } });
  expect(await principalOf(apps, AppId.parse('app'), { kind: 'token', token })).toMatchObject({ grants: { kind: 'token', token } });
  await expect(principalOf(apps, AppId.parse('nobody'), ALL_GRANTS)).rejects.toMatchObject({ code: 'unauthorized' });
});

test('a digest is 64 lower-case hex digits and nothing else', () => {
  const digest = digestSecret('secret');

  expect(parseSecretDigest(digest)).toBe(digest);
  for (const text of ['', digest.slice(1), `${digest}0`, digest.toUpperCase(), `${digest}\n`, 'secret']) {
    expect(parseSecretDigest(text)).toBeUndefined();
  }
});

test('generated secrets have 256 bits and fit into a header and a URL', () => {
  const secrets = Array.from({ length: 100 }, generateSecret);

  expect(new Set(secrets).size).toBe(100);
  for (const secret of secrets) expect(secret).toMatch(/^[A-Za-z0-9_-]{43}$/);
});
