/** The admin API over real books, and what it makes used as clients use it. */
import { generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { AppId } from '@causeway/protocol';
import { ADMIN_ROUTES } from '../../src/admin/admin-routes.ts';
import { closeNodes, keepOpen, startNode, startService } from '../support/admin-node.ts';
import { OFFER, type Reply } from '../support/test-server.ts';

const shared: (() => Promise<void>)[] = [];

afterEach(closeNodes);

/** A token as a backend makes it with any library. */
function signToken(claims: object, kid: string, privateKey: KeyObject): string {
  const encode = (part: object): string => Buffer.from(JSON.stringify(part)).toString('base64url');
  const signed = `${encode({ alg: 'EdDSA', kid })}.${encode(claims)}`;
  return `${signed}.${sign(null, Buffer.from(signed), privateKey).toString('base64url')}`;
}

const statusOf = async (reply: Promise<Reply>): Promise<number> => (await reply).status;
const codeOf = async (reply: Promise<Reply>): Promise<unknown> => ((await reply).json as { errorCode?: unknown }).errorCode;

test('from the set-up token to a session: an organisation, an app, a key, a call', async () => {
  const { made, send, key, app } = await startService();
  const { secret, key: shown }: { secret: string; key: object } = await made('POST', `/apps/${app}/keys`, key, { name: 'backend' });
  const created = await send('POST', `/api/sfu/${app}/session/new`, secret, { sessionDescription: OFFER });
  const listed: { keys: object[] } = await made('GET', `/apps/${app}/keys`, key);

  expect(created.status).toBe(200);
  expect(listed.keys).toEqual([shown]);
  expect(JSON.stringify(listed)).not.toContain(secret.slice(8, -4));
});

test('a set-up token is good once, and only the newest one', async () => {
  const { books, admin } = await startNode();
  const former = await books.openSetUp();
  const setUpToken = await books.openSetUp();
  const setUp = (token: unknown) => statusOf(admin('POST', '/set-up', '', { setUpToken: token, organisation: 'Example' }));

  expect(await setUp(former)).toBe(401);
  expect(await setUp(setUpToken)).toBe(200);
  expect(await setUp(setUpToken)).toBe(401);
});

test('settings come into force with the reply, for whoever has read the newest version', async () => {
  const { made, admin, send, key, app } = await startService();
  const { secret }: { secret: string } = await made('POST', `/apps/${app}/keys`, key, { name: 'backend' });
  const read = await admin('GET', `/apps/${app}`, key);
  const etag = { 'If-Match': read.headers.get('ETag') ?? '' };
  const fromPage = () => statusOf(send('GET', `/api/sfu/${app}/sessions`, secret, undefined, { Origin: 'https://example.org' }));
  const before = await fromPage();
  const changed = await admin('PATCH', `/apps/${app}`, key, { settings: { refuseSecretFromBrowsers: true } }, etag);

  expect([before, changed.status, await fromPage()]).toEqual([200, 200, 403]);
  expect(changed.headers.get('ETag')).toBe('"2"');
  expect(await codeOf(admin('PATCH', `/apps/${app}`, key, { name: 'late' }, etag))).toBe('version_conflict');
  expect(await codeOf(admin('PATCH', `/apps/${app}`, key, { name: 'x' }, { 'If-Match': '2' }))).toBe('invalid_params');
  expect(await codeOf(admin('PATCH', `/apps/${app}`, key, { settings: { maxTracks: 0 } }))).toBe('invalid_params');
  expect(await codeOf(admin('PATCH', `/apps/${app}`, key, { settings: { maxTrack: 9 } }))).toBe('invalid_params');
});

test('a key is rolled with an overlap, and revoked at once', async () => {
  const { made, send, key, app } = await startService();
  const first: { secret: string; key: { id: string } } = await made('POST', `/apps/${app}/keys`, key, { name: 'backend' });
  const second: { secret: string; key: { id: string } } = await made('POST', `/keys/${first.key.id}/roll`, key, { expiresIn: 60 });
  const opens = (secret: string) => statusOf(send('GET', `/api/sfu/${app}/sessions`, secret));
  const during = [await opens(first.secret), await opens(second.secret)];
  await made('DELETE', `/keys/${first.key.id}`, key);

  expect(during).toEqual([200, 200]);
  expect([await opens(first.secret), await opens(second.secret)]).toEqual([401, 200]);
});

test('a backend signs tokens with a key of which the service has the public half', async () => {
  const { made, send, key, app } = await startService();
  const { publicKey, privateKey } = generateKeyPairSync('ed25519');
  const signing = { kid: 'ours', alg: 'EdDSA', publicKey: publicKey.export({ format: 'jwk' }) };
  const { key: added, secret }: { key: { id: string }; secret?: string } = await made('POST', `/apps/${app}/keys`, key, {
    name: 'x',
    signing,
  });
  const iat = Math.floor(Date.now() / 1_000);
  const token = signToken({ sub: 'alice', jti: 'one', app, iat, exp: iat + 60 }, 'ours', privateKey);
  const call = () => statusOf(send('GET', `/api/sfu/${app}/sessions`, token));
  const before = await call();
  await made('DELETE', `/keys/${added.id}`, key);

  expect(secret).toBeUndefined();
  expect([before, await call()]).toEqual([200, 401]);
});

test('an app that was removed opens with nothing, and its id is gone for good', async () => {
  const { made, admin, send, key, app, org } = await startService();
  const { secret }: { secret: string } = await made('POST', `/apps/${app}/keys`, key, { name: 'backend' });
  const { token }: { token: string } = (await send('POST', `/api/sfu/${app}/tokens`, secret, { sub: 'alice' })).json as { token: string };
  await made('DELETE', `/apps/${app}`, key);

  expect(await statusOf(send('GET', `/api/sfu/${app}/sessions`, secret))).toBe(401);
  expect(await statusOf(send('GET', `/api/sfu/${app}/sessions`, token))).toBe(401);
  expect(await codeOf(admin('GET', `/apps/${app}`, key))).toBe('app_not_found');
  expect(await codeOf(admin('POST', `/organisations/${org}/apps`, key, { id: app, name: 'again' }))).toBe('app_conflict');
});

test('the last use of a key is known to the minute', async () => {
  const { made, send, uses, key, app } = await startService();
  const { secret }: { secret: string } = await made('POST', `/apps/${app}/keys`, key, { name: 'backend' });
  await send('GET', `/api/sfu/${app}/sessions`, secret);
  await uses.flush();
  const { keys }: { keys: { lastUsedAt?: string }[] } = await made('GET', `/apps/${app}/keys`, key);

  expect(keys[0]?.lastUsedAt).toMatch(/:00\.000Z$/);
});

test('a call that is repeated with its Idempotency-Key makes one key', async () => {
  const { admin, made, key, app } = await startService();
  const create = () => admin('POST', `/apps/${app}/keys`, key, { name: 'backend' }, { 'Idempotency-Key': 'once' });
  const [first, second] = [await create(), await create()];
  const { keys }: { keys: object[] } = await made('GET', `/apps/${app}/keys`, key);

  expect(second.text).toBe(first.text);
  expect(second.headers.get('Idempotency-Replayed')).toBe('true');
  expect(keys.length).toBe(1);
});

test('the audit says who changed what, and holds no secret', async () => {
  const { made, key, app, org } = await startService();
  const { secret }: { secret: string } = await made('POST', `/apps/${app}/keys`, key, { name: 'backend' });
  const { entries }: { entries: { action: string; actor: { kind: string } }[] } = await made(
    'GET',
    `/organisations/${org}/audit?limit=2`,
    key,
  );

  expect(entries.map(({ action, actor }) => [action, actor.kind])).toEqual([
    ['key.created', 'key'],
    ['app.created', 'key'],
  ]);
  expect(JSON.stringify(entries)).not.toContain(secret);
});

describe('callers', () => {
  const pathOf = (path: string, org: string, app: string, keyId: string): string =>
    path
      .replace(':org_id', org)
      .replace(':app_id', app)
      .replace(':key_id', keyId)
      .replace(':person_id', 'p')
      .replace(':invitation_id', 'i');

  describe('without a good key', () => {
    let service: Awaited<ReturnType<typeof startService>>;
    let wrong: readonly string[];
    let keyId: string;

    beforeAll(async () => {
      service = await startService();
      // It is closed after these tests, not after the first of them.
      shared.push(...keepOpen());
      const { made, key, app, org } = service;
      const { secret }: { secret: string } = await made('POST', `/apps/${app}/keys`, key, { name: 'backend' });
      const ended: { secret: string; key: { id: string } } = await made('POST', `/organisations/${org}/keys`, key, { name: 'ended' });
      await made('DELETE', `/keys/${ended.key.id}`, key);
      keyId = ended.key.id;
      wrong = ['', secret, ended.secret, `${key.slice(0, -1)}_`, 'cwa_', 'cwa_short'];
    });

    afterAll(async () => {
      for (const close of shared.splice(0)) await close();
    });

    test.each(ADMIN_ROUTES.filter(({ access }) => access !== 'open'))('$method $path is refused, byte for byte the same', async (route) => {
      const path = pathOf(route.path, service.org, service.app, keyId);
      const call = (credential: string) =>
        service.admin(route.method.toUpperCase(), path, credential, route.request && {}, { 'X-Request-Id': 'same' });
      const replies = await Promise.all(wrong.map(call));

      expect(new Set(replies.map(({ status, text }) => `${status} ${text}`)).size).toBe(1);
      expect(replies[0]?.status).toBe(401);
    });
  });

  test.each(ADMIN_ROUTES.filter(({ path, access }) => path.includes(':') && access === 'admin'))(
    '$method $path of another organisation is not there',
    async (route) => {
      const { books, made, admin, key } = await startService();
      const org = await books.createOrg('Other', { kind: 'operator' });
      const app = await books.createApp({ orgId: org.id, id: AppId.parse('theirs'), name: 'Theirs' }, { kind: 'operator' });
      const theirs = await books.createSecret(app.id, { name: 'theirs' }, { kind: 'operator' });
      const body = route.request && { name: 'x' };
      const call = (path: string) => admin(route.method.toUpperCase(), path, key, body, { 'X-Request-Id': 'same' });
      const [foreign, missing] = await Promise.all([
        call(pathOf(route.path, org.id, 'theirs', theirs.key.id)),
        call(pathOf(route.path, 'missing', 'missing', 'missing')),
      ]);
      const told = (text = ''): string =>
        text.replaceAll(org.id, 'missing').replaceAll('theirs', 'missing').replaceAll(theirs.key.id, 'missing');

      expect(foreign.status).toBe(404);
      expect(told(foreign.text)).toBe(missing.text);
      expect(await made('GET', '/me', key)).toBeDefined();
      expect((await books.findApp(app.id)).version).toBe(1);
      expect((await books.findKey(theirs.key.id)).revokedAtMs).toBeUndefined();
    },
  );

  test('pages of other origins get no permission to read', async () => {
    const { admin, key } = await startService();
    const reply = await admin('GET', '/me', key, undefined, { Origin: 'https://evil.example' });
    const preflight = await admin('OPTIONS', '/me', '', undefined, {
      Origin: 'https://evil.example',
      'Access-Control-Request-Method': 'GET',
    });

    expect([reply, preflight].map(({ headers }) => headers.get('Access-Control-Allow-Origin'))).toEqual([null, null]);
    expect(preflight.status).toBe(405);
  });

  test('paths, methods and bodies that do not exist are refused in the shape of all errors', async () => {
    const { admin, key, org } = await startService();

    expect(await codeOf(admin('GET', '/nothing', key))).toBe('route_not_found');
    expect(await codeOf(admin('PUT', '/me', key))).toBe('method_not_allowed');
    expect(await codeOf(admin('POST', `/organisations/${org}/apps`, key, '{'))).toBe('invalid_json');
    expect(await codeOf(admin('POST', `/organisations/${org}/apps`, key, {}))).toBe('invalid_params');
    expect(await codeOf(admin('POST', `/organisations/${org}/apps`, key, { name: '\u0000' }))).toBe('invalid_params');
    expect(await codeOf(admin('GET', `/organisations/${org}/audit?after=x`, key))).toBe('invalid_params');
    expect(await codeOf(admin('GET', `/organisations/${org}/apps?limit=0`, key))).toBe('invalid_params');
  });
});

test('a node without books says so', async () => {
  const { admin } = await startNode({ hasBooks: false });

  expect(await codeOf(admin('GET', '/me', 'cwa_whatever'))).toBe('books_unavailable');
});
