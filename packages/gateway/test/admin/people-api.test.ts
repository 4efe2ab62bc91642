/** People in the admin API: how they come in, what their roles let them do, and from which pages. */
import { totpAt } from '@causeway/accounts';
import { closeNodes, startNode, startService } from '../support/admin-node.ts';
import { OFFER, type Reply } from '../support/test-server.ts';

afterEach(closeNodes);

const PASSWORD = 'correct horse battery staple';
const OWN_PAGE = { 'Sec-Fetch-Site': 'same-origin' };

const cookieOf = (reply: Reply): string => (reply.headers.get('Set-Cookie') ?? '').replace(/;.*/, '');
const codeOf = (reply: Reply): unknown => (reply.json as { errorCode?: unknown }).errorCode;

/** What an authenticator shows. @param seed in base 32 */
function codeAt(seed: string, nowMs: number): string {
  const bits = [...seed].map((letter) => 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'.indexOf(letter).toString(2).padStart(5, '0')).join('');
  const bytes = (bits.match(/.{8}/g) ?? []).map((byte) => Number.parseInt(byte, 2));
  return totpAt(Uint8Array.from(bytes), Math.floor(nowMs / 30_000));
}

type Node = Awaited<ReturnType<typeof startNode>>;

/** A browser with the cookie of a sign-in, on a page of the node. */
function browserOf({ admin }: Node, signedIn: Reply) {
  const cookie = cookieOf(signedIn);
  return (method: string, path: string, body?: unknown, headers = {}): Promise<Reply> =>
    admin(method, path, '', body, { Cookie: cookie, ...OWN_PAGE, ...headers });
}

/** A node with an owner, who is signed in, and an app. */
async function startSignedUp(options: Parameters<typeof startNode>[0] = {}) {
  const node = await startNode(options);
  const setUpToken = await node.books.openSetUp();
  const signedUp = await node.admin(
    'POST',
    '/sign-up',
    '',
    { setUpToken, organisation: 'Example', email: 'ada@example.org', name: 'Ada', password: PASSWORD },
    OWN_PAGE,
  );
  const ada = browserOf(node, signedUp);
  const { memberships } = signedUp.json as { memberships: { organisation: { id: string } }[] };
  const org = memberships[0]?.organisation.id ?? '';
  const app = ((await ada('POST', `/organisations/${org}/apps`, { name: 'Demo' })).json as { id: string }).id;
  return { node, signedUp, ada, org, app };
}

/** Invites someone, who accepts. */
async function join({ node, ada, org }: Awaited<ReturnType<typeof startSignedUp>>, email: string, role: string) {
  const { token } = (await ada('POST', `/organisations/${org}/invitations`, { email, role })).json as { token: string };
  const accepted = await node.admin(
    'POST',
    '/invitations/accept',
    '',
    { invitationToken: token, name: email, password: PASSWORD },
    OWN_PAGE,
  );
  const { person } = accepted.json as { person: { id: string } };
  return { call: browserOf(node, accepted), personId: person.id };
}

test('from the set-up link to a session: an account, an app, a token, a call', async () => {
  const { node, signedUp, ada, app } = await startSignedUp();
  const { token } = (await ada('POST', `/apps/${app}/tokens`)).json as { token: string };
  const created = await node.send('POST', `/api/sfu/${app}/session/new`, token, { sessionDescription: OFFER });

  expect(created.status).toBe(200);
  expect(signedUp.text).not.toContain(PASSWORD);
  expect(signedUp.headers.get('Set-Cookie')).toMatch(
    /^causeway-sign-in-\d+=cwp_[\w-]{43}; Path=\/; Max-Age=2592000; HttpOnly; SameSite=Strict$/,
  );
});

test('a sign-in over HTTPS gets a cookie that no other host and no plain page can have', async () => {
  const { node } = await startSignedUp();
  const credentials = { email: 'ada@example.org', password: PASSWORD };
  const { headers } = await node.admin('POST', '/sign-in', '', credentials, { ...OWN_PAGE, Origin: 'https://sfu.example' });

  expect(headers.get('Set-Cookie')).toMatch(/^__Host-causeway-sign-in=cwp_[\w-]{43}; Path=\/; .*HttpOnly; SameSite=Strict; Secure$/);
});

test('an unknown address and a wrong password get the same reply, byte for byte', async () => {
  const { node } = await startSignedUp();
  const signIn = (email: string, password: string) =>
    node.admin('POST', '/sign-in', '', { email, password }, { ...OWN_PAGE, 'X-Request-Id': 'same' });
  const [unknown, wrong] = [await signIn('eve@example.org', PASSWORD), await signIn('ada@example.org', 'wrong')];

  expect([unknown.status, unknown.text]).toEqual([401, wrong.text]);
  expect(unknown.headers.get('Set-Cookie')).toBeNull();
});

test('ten tries a minute under one address, known or not, and no more', async () => {
  const { node } = await startSignedUp({ now: () => 0 });
  const tries = async (email: string) => {
    const codes = [];
    for (let round = 0; round < 12; round++) {
      codes.push(codeOf(await node.admin('POST', '/sign-in', '', { email, password: 'wrong' }, OWN_PAGE)));
    }
    return codes.filter((code) => code === 'rate_limited').length;
  };

  // The owner has used one by signing up.
  expect([await tries('ada@example.org'), await tries('eve@example.org')]).toEqual([3, 2]);
});

describe('a page of another site or origin', () => {
  test.each([
    [{ 'Sec-Fetch-Site': 'cross-site', Origin: 'https://evil.example' }],
    [{ 'Sec-Fetch-Site': 'same-site', Origin: 'http://localhost:9999' }],
    [{ Origin: 'https://evil.example' }],
    [{ Origin: 'null' }],
  ])('%j cannot sign anyone in, or change anything with a cookie', async (page) => {
    const { node, signedUp, org } = await startSignedUp();
    const credentials = { email: 'ada@example.org', password: PASSWORD };
    const signIn = await node.admin('POST', '/sign-in', '', credentials, page);
    const change = await node.admin('POST', `/organisations/${org}/apps`, '', { name: 'x' }, { Cookie: cookieOf(signedUp), ...page });

    expect([codeOf(signIn), codeOf(change)]).toEqual(['forbidden', 'forbidden']);
  });

  test('is what a call with a cookie counts as that does not say where it comes from', async () => {
    const { node, signedUp, org } = await startSignedUp();
    const change = await node.admin('POST', `/organisations/${org}/apps`, '', { name: 'x' }, { Cookie: cookieOf(signedUp) });

    expect(codeOf(change)).toBe('forbidden');
  });
});

test('no one signs in over plain HTTP from elsewhere, not even through a proxy that calls the node by a local name', async () => {
  const { node } = await startSignedUp();
  const credentials = { email: 'ada@example.org', password: PASSWORD };
  const reply = await node.admin('POST', '/sign-in', '', credentials, { ...OWN_PAGE, Origin: 'http://sfu.example' });

  expect(codeOf(reply)).toBe('forbidden');
});

test('signing out ends the sign-in, whoever has kept the cookie', async () => {
  const { ada } = await startSignedUp();
  const out = await ada('POST', '/sign-out');
  const after = await ada('GET', '/me');

  expect(out.headers.get('Set-Cookie')).toMatch(/=; Path=\/; Max-Age=0;/);
  expect(after.status).toBe(401);
});

test('a key is not a person', async () => {
  const { admin, key, app } = await startService();

  expect(codeOf(await admin('POST', '/sign-out', key))).toBe('forbidden');
  expect(codeOf(await admin('POST', `/apps/${app}/tokens`, key))).toBe('forbidden');
});

test('a new password needs the present one, and some length', async () => {
  const { ada } = await startSignedUp();
  const change = (present: string, next: string) => ada('POST', '/me/password', { present, next });

  expect(codeOf(await change('wrong', 'another good password'))).toBe('unauthorized');
  expect(codeOf(await change(PASSWORD, 'short'))).toBe('invalid_params');
  expect((await change(PASSWORD, 'another good password')).status).toBe(200);
});

test('someone with an authenticator signs in with its code, which is good once', async () => {
  const { node, ada } = await startSignedUp();
  const { seed, uri } = (await ada('POST', '/me/totp', { password: PASSWORD })).json as { seed: string; uri: string };
  const code = codeAt(seed, Date.now());
  const confirmed = await ada('POST', '/me/totp/confirm', { code });
  const signIn = (extra: object) =>
    node.admin('POST', '/sign-in', '', { email: 'ada@example.org', password: PASSWORD, ...extra }, OWN_PAGE);
  const [recoveryCode = ''] = (confirmed.json as { recoveryCodes: string[] }).recoveryCodes;
  const replies = [await signIn({}), await signIn({ code }), await signIn({ code: recoveryCode })];

  expect(uri).toMatch(/^otpauth:\/\/totp\/127\.0\.0\.1%3A\d+:ada%40example\.org\?/);
  expect(replies.map(codeOf)).toEqual(['code_required', 'code_invalid', undefined]);
  expect(replies.map((reply) => reply.status)).toEqual([401, 401, 200]);
  expect((await ada('GET', '/me/factors')).json).toEqual({ totp: { isOn: true, recoveryCodesLeft: 9 }, passkeys: [], hasPassword: true });
  expect(codeOf(await ada('POST', '/me/totp/remove', { password: 'wrong', code }))).toBe('unauthorized');
});

test('a newcomer needs a name and a password of some length, and the invitation stays good until then', async () => {
  const { node, ada, org } = await startSignedUp();
  const { token } = (await ada('POST', `/organisations/${org}/invitations`, { email: 'bob@example.org', role: 'viewer' })).json as {
    token: string;
  };
  const accept = (body: object) => node.admin('POST', '/invitations/accept', '', { invitationToken: token, ...body }, OWN_PAGE);

  expect(codeOf(await accept({ password: PASSWORD }))).toBe('invalid_params');
  expect(codeOf(await accept({ name: 'Bob', password: 'short' }))).toBe('invalid_params');
  expect((await accept({ name: 'Bob', password: PASSWORD })).status).toBe(200);
  expect(codeOf(await accept({ name: 'Bob', password: PASSWORD }))).toBe('invitation_not_found');
});

describe('roles', () => {
  /** What each may do; everyone else gets `forbidden`. */
  const MATRIX: readonly [what: string, method: string, path: string, body: object | undefined, roles: string][] = [
    ['see apps', 'GET', '/organisations/:org/apps', undefined, 'owner admin developer billing viewer'],
    ['see keys', 'GET', '/apps/:app/keys', undefined, 'owner admin developer billing viewer'],
    ['see members', 'GET', '/organisations/:org/members', undefined, 'owner admin developer billing viewer'],
    ['see the audit', 'GET', '/organisations/:org/audit', undefined, 'owner admin developer billing viewer'],
    ['see nodes', 'GET', '/nodes', undefined, 'owner admin developer billing viewer'],
    ['make apps', 'POST', '/organisations/:org/apps', { name: 'x' }, 'owner admin developer'],
    ['change apps', 'PATCH', '/apps/:app', { name: 'x' }, 'owner admin developer'],
    ['make keys', 'POST', '/apps/:app/keys', { name: 'x' }, 'owner admin developer'],
    ['see admin keys', 'GET', '/organisations/:org/keys', undefined, 'owner admin'],
    ['make admin keys', 'POST', '/organisations/:org/keys', { name: 'x' }, 'owner admin'],
    ['see invitations', 'GET', '/organisations/:org/invitations', undefined, 'owner admin'],
    ['invite admins', 'POST', '/organisations/:org/invitations', { email: 'x@example.org', role: 'admin' }, 'owner admin'],
    ['invite owners', 'POST', '/organisations/:org/invitations', { email: 'y@example.org', role: 'owner' }, 'owner'],
    ['demote owners', 'PATCH', '/organisations/:org/members/:ada', { role: 'viewer' }, ''],
    ['remove owners', 'DELETE', '/organisations/:org/members/:ada', undefined, ''],
  ];

  test.each(['admin', 'developer', 'billing', 'viewer'])('%s may do what the table says, and no more', async (role) => {
    const service = await startSignedUp();
    const { app, org, signedUp } = service;
    const { call } = await join(service, 'bob@example.org', role);
    const adaId = (signedUp.json as { person: { id: string } }).person.id;

    for (const [what, method, path, body, roles] of MATRIX) {
      const reply = await call(method, path.replace(':org', org).replace(':app', app).replace(':ada', adaId), body);
      expect([what, codeOf(reply)]).toEqual([what, roles.split(' ').includes(role) ? undefined : 'forbidden']);
    }
  });

  test('who may only look gets a token that only lists', async () => {
    const service = await startSignedUp();
    const { node, app } = service;
    const { call } = await join(service, 'bob@example.org', 'viewer');
    const { token, actions } = (await call('POST', `/apps/${app}/tokens`)).json as { token: string; actions: string[] };

    expect(actions).toEqual(['list']);
    expect((await node.send('GET', `/api/sfu/${app}/sessions`, token)).status).toBe(200);
    expect((await node.send('POST', `/api/sfu/${app}/session/new`, token, { sessionDescription: OFFER })).status).toBe(403);
  });

  test('a member who is removed sees nothing any more, and their token ends with it', async () => {
    const service = await startSignedUp();
    const { node, ada, app, org } = service;
    const { call, personId } = await join(service, 'bob@example.org', 'developer');
    const { token } = (await call('POST', `/apps/${app}/tokens`)).json as { token: string };
    const before = (await node.send('GET', `/api/sfu/${app}/sessions`, token)).status;
    await ada('DELETE', `/organisations/${org}/members/${personId}`);

    expect([before, (await node.send('GET', `/api/sfu/${app}/sessions`, token)).status]).toEqual([200, 401]);
    expect([codeOf(await call('GET', `/apps/${app}`)), codeOf(await call('GET', `/organisations/${org}/members`))]).toEqual([
      'app_not_found',
      'org_not_found',
    ]);
  });

  test('everyone may leave, but not the last owner', async () => {
    const service = await startSignedUp();
    const { ada, org, signedUp } = service;
    const { call, personId } = await join(service, 'bob@example.org', 'viewer');
    const adaId = (signedUp.json as { person: { id: string } }).person.id;

    expect((await call('DELETE', `/organisations/${org}/members/${personId}`)).status).toBe(200);
    expect(codeOf(await ada('DELETE', `/organisations/${org}/members/${adaId}`))).toBe('member_conflict');
  });
});

describe('signing in with an OpenID provider', () => {
  const page = { ...OWN_PAGE, Origin: 'https://sfu.example' };
  const offer = (node: Node, redirectUri: string, headers: object = page) =>
    node.admin('POST', '/sign-in/oidc/offer', '', { redirectUri }, headers);

  test('is not offered on a node without one', async () => {
    const node = await startNode();

    expect((await node.admin('GET', '/sign-in', '')).json).toEqual({});
    expect(codeOf(await offer(node, 'https://sfu.example/oidc'))).toBe('route_not_found');
  });

  test('leads back to the console that calls and nowhere else, and says so if the provider is away', async () => {
    const node = await startNode({ oidc: { issuer: 'http://127.0.0.1:65535', clientId: 'causeway', clientSecret: undefined } });

    expect((await node.admin('GET', '/sign-in', '')).json).toEqual({ oidc: { name: 'Example Login' } });
    for (const elsewhere of [
      'https://evil.example/oidc',
      'https://sfu.example/oidc?next=x',
      'https://sfu.example/other',
      'https://sfu.example@evil.example/oidc',
      'text',
    ]) {
      expect(codeOf(await offer(node, elsewhere))).toBe('invalid_params');
    }
    expect(codeOf(await offer(node, 'https://sfu.example/oidc', OWN_PAGE))).toBe('invalid_params');
    expect(codeOf(await offer(node, 'https://sfu.example/below/oidc'))).toBe('identity_provider_unavailable');
  });

  test('is finished by pages of this node alone, with the ticket', async () => {
    const node = await startNode({ oidc: { issuer: 'http://127.0.0.1:65535', clientId: 'causeway', clientSecret: undefined } });
    const finish = (headers: object) => node.admin('POST', '/sign-in/oidc', '', { ticket: 'guess', query: '?code=x' }, headers);

    expect(codeOf(await finish({ 'Sec-Fetch-Site': 'cross-site', Origin: 'https://evil.example' }))).toBe('forbidden');
    expect(codeOf(await finish(page))).toBe('unauthorized');
  });
});
