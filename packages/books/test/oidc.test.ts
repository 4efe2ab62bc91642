/** Signing in with an OpenID provider: a real one, and what is not taken from it. */
import { createServer, type ServerResponse } from 'node:http';
import { CHALLENGE_LIFE_MS, digestSecret, type OidcOffer, type OpenedSignIn } from '@causeway/accounts';
import { migrate, openDatabase, SqlAccounts, SqlBooks } from '@causeway/books';
import { SfuError } from '@causeway/protocol';
import type { BooksDatabase } from '../src/database/schema.ts';
import { CLIENT_ID, CLIENT_SECRET, REDIRECT_URI, type RunningProvider, startProvider } from './support/real-provider.ts';

const PASSWORD = 'correct horse';
const BOB = { sub: 'bob-1', email: 'Bob@example.org', email_verified: true, name: 'Bob' };

let provider: RunningProvider;
let database: BooksDatabase;
let accounts: SqlAccounts;
let books: SqlBooks;
let ada: OpenedSignIn;
let orgId: string;
let nowMs: number;

beforeAll(async () => {
  // It warns that it is a test.
  jest.spyOn(console, 'warn').mockReturnValue();
  jest.spyOn(console, 'info').mockReturnValue();
  provider = await startProvider();
});

afterAll(() => provider.close());

beforeEach(async () => {
  nowMs = Date.now();
  provider.forge = undefined;
  provider.account = BOB;
  database = openDatabase({ kind: 'file', path: ':memory:' });
  await migrate(database, 'sqlite');
  accounts = new SqlAccounts(database, () => nowMs, {
    oidc: { issuer: provider.issuer, clientId: CLIENT_ID, clientSecret: CLIENT_SECRET },
  });
  books = new SqlBooks(database, () => nowMs);
  ada = await accounts.signUp((await books.openSetUp()) ?? '', 'Example', { email: 'ada@example.org', name: 'Ada', password: PASSWORD });
  orgId = ada.memberships[0]?.org.id ?? '';
});

afterEach(() => database.destroy());

const invite = async (email: string) => (await accounts.invite(orgId, { email, role: 'developer' }, { kind: 'operator' })).token;
const finish = async ({ url, ticket }: OidcOffer) => accounts.signInWithOidc(ticket, await provider.visit(url));
const accept = async (email = 'bob@example.org') => finish(await accounts.offerOidcSignIn(REDIRECT_URI, await invite(email)));
const signIn = async () => finish(await accounts.offerOidcSignIn(REDIRECT_URI));
const connect = async () => finish(await accounts.offerOidcConnection(ada.person.id, PASSWORD, REDIRECT_URI));
const refusal = async (promise: Promise<unknown>): Promise<string> => {
  const error = await promise.then(
    () => new Error('nothing failed'),
    (thrown: unknown) => thrown,
  );
  return error instanceof SfuError ? `${error.code}: ${error.message}` : String(error);
};

test('an invited stranger joins by the address that the provider has verified, and signs in again by the subject alone', async () => {
  const joined = await accept();
  provider.account = { sub: BOB.sub, email: 'new@example.net' };
  nowMs += 1_000;
  const again = await signIn();

  expect(joined.person).toMatchObject({ email: 'bob@example.org', name: 'Bob' });
  expect(joined.memberships.map(({ role }) => role)).toEqual(['developer']);
  expect([again.person.id, (await accounts.findSignIn(digestSecret(again.token)))?.person.id]).toEqual([
    joined.person.id,
    joined.person.id,
  ]);
  expect(await accounts.readFactors(joined.person.id)).toMatchObject({
    hasPassword: false,
    oidc: { email: 'Bob@example.org', connectedAtMs: nowMs - 1_000, lastUsedAtMs: nowMs },
  });
});

test('who came from the provider has no password, and is told so where one is asked for', async () => {
  const { person } = await accept();

  expect(await refusal(accounts.signIn(BOB.email, ''))).toMatch(/^unauthorized/);
  expect(await refusal(accounts.changePassword(person.id, '', 'another password', digestSecret('')))).toMatch(
    /^factor_conflict: you have no password/,
  );
  expect(await refusal(accounts.disconnectOidc(person.id))).toMatch(/^factor_conflict: you have no password/);
});

test('an address alone signs no one in: not that of a stranger, nor that of a person with a password', async () => {
  expect(await refusal(signIn())).toMatch(/^forbidden: no account here is connected to Bob@example.org/);
  provider.account = { sub: 'mallory', email: 'ada@example.org', email_verified: true };
  expect(await refusal(signIn())).toMatch(/^forbidden: no account here is connected/);

  const other = await books.createOrg('Other', { kind: 'operator' });
  const { token } = await accounts.invite(other.id, { email: 'ada@example.org', role: 'viewer' }, { kind: 'operator' });
  expect(await refusal(finish(await accounts.offerOidcSignIn(REDIRECT_URI, token)))).toMatch(
    /^forbidden: ada@example.org already has an account/,
  );
});

test.each([
  ['names no address', { email: undefined }, 'names no address'],
  ['does not say that it has verified the address', { email_verified: undefined }, 'does not say that Bob@example.org is verified'],
  ['says so in a text', { email_verified: 'true' }, 'does not say that Bob@example.org is verified'],
  [
    'names another address',
    { email: 'eve@example.org' },
    'the invitation is for bob@example.org, but the identity provider names eve@example.org',
  ],
])('a provider that %s opens no invitation, which stays good', async (_what, claims, message) => {
  const token = await invite('bob@example.org');
  provider.account = JSON.parse(JSON.stringify({ ...BOB, ...claims }));

  expect(await refusal(finish(await accounts.offerOidcSignIn(REDIRECT_URI, token)))).toContain(message);
  expect((await accounts.readInvitation(token)).email).toBe('bob@example.org');
});

test('a person with a password connects, is signed in by it, and disconnects; all of it is in the audit', async () => {
  expect(await refusal(accounts.offerOidcConnection(ada.person.id, 'wrong', REDIRECT_URI))).toMatch(/^unauthorized/);
  await connect();
  expect((await signIn()).person.id).toBe(ada.person.id);
  expect(await refusal(connect())).toMatch(/^factor_conflict: you are already connected/);
  await accounts.disconnectOidc(ada.person.id);

  expect(await refusal(signIn())).toMatch(/^forbidden/);
  expect(await refusal(accounts.disconnectOidc(ada.person.id))).toMatch(/^factor_conflict: you are not connected/);
  const actions = (await books.listAudit(orgId, { limit: 2 })).map(({ action }) => action);
  expect(actions).toEqual(['person.provider-disconnected', 'person.provider-connected']);
});

test('one account at the provider is one person, who may join further organisations with it', async () => {
  const bob = await accept();
  expect(await refusal(connect())).toMatch(/^factor_conflict: this account at the identity provider is connected to another person/);
  const other = await books.createOrg('Other', { kind: 'operator' });
  const { token } = await accounts.invite(other.id, { email: 'bob@example.org', role: 'viewer' }, { kind: 'operator' });
  const both = await finish(await accounts.offerOidcSignIn(REDIRECT_URI, token));

  expect([both.person.id, both.memberships.map(({ org }) => org.name)]).toEqual([bob.person.id, ['Example', 'Other']]);
});

test('who was removed and is invited again starts from the beginning', async () => {
  const bob = await accept();
  await accounts.removeMember(orgId, bob.person.id, { kind: 'operator' });
  await accounts.acceptInvitation(await invite('bob@example.org'), { name: 'Bob', password: PASSWORD });

  expect(await refusal(signIn())).toMatch(/^forbidden: no account here is connected/);
});

describe('what came back is not taken', () => {
  test('twice, after five minutes, with the ticket of another browser, or with none', async () => {
    await connect();
    const first = await accounts.offerOidcSignIn(REDIRECT_URI);
    const query = await provider.visit(first.url);
    const other = await accounts.offerOidcSignIn(REDIRECT_URI);
    expect(await refusal(accounts.signInWithOidc(other.ticket, query))).toMatch(
      /^unauthorized: the reply of the identity provider is not valid: .*state/,
    );
    await accounts.signInWithOidc(first.ticket, query);
    expect(await refusal(accounts.signInWithOidc(first.ticket, query))).toMatch(/^unauthorized: this sign-in is already complete/);
    expect(await refusal(accounts.signInWithOidc('', query))).toMatch(/^unauthorized: this sign-in is already complete/);

    const late = await accounts.offerOidcSignIn(REDIRECT_URI);
    const lateQuery = await provider.visit(late.url);
    nowMs += CHALLENGE_LIFE_MS;
    expect(await refusal(accounts.signInWithOidc(late.ticket, lateQuery))).toMatch(/^unauthorized: this sign-in is already complete/);
  });

  test('if the person has refused at the provider', async () => {
    provider.account = undefined;

    expect(await refusal(signIn())).toBe('unauthorized: the identity provider has refused the sign-in (access_denied: said no)');
  });

  test('if it comes from another issuer, or is no reply of one', async () => {
    const { url, ticket } = await accounts.offerOidcSignIn(REDIRECT_URI);
    const query = (await provider.visit(url)).replace(/iss=[^&]*/, `iss=${encodeURIComponent('https://evil.example')}`);
    expect(await refusal(accounts.signInWithOidc(ticket, query))).toMatch(
      /^unauthorized: the reply of the identity provider is not valid: .*iss/,
    );

    const empty = await accounts.offerOidcSignIn(REDIRECT_URI);
    expect(await refusal(accounts.signInWithOidc(empty.ticket, '?'))).toMatch(
      /^unauthorized: the reply of the identity provider is not valid/,
    );
  });

  test('if the ID token has another nonce, audience, issuer or subject, or is over', async () => {
    await connect();
    for (const change of [{ nonce: 'other' }, { aud: 'someone-else' }, { iss: 'https://evil.example' }, { exp: 1 }, { sub: 'ada' }]) {
      provider.forge = (path, body) => {
        if (path !== '/token') return body;
        const reply = JSON.parse(body);
        const [header, payload = '', signature] = String(reply.id_token).split('.');
        const claims = JSON.stringify({ ...JSON.parse(Buffer.from(payload, 'base64url').toString()), ...change });
        return JSON.stringify({ ...reply, id_token: [header, Buffer.from(claims).toString('base64url'), signature].join('.') });
      };

      expect(await refusal(signIn())).toMatch(/^unauthorized: the reply of the identity provider is not valid: /);
    }
  });
});

test('the way to the provider has PKCE, state and nonce, of which the books have nothing', async () => {
  const { url, ticket } = await accounts.offerOidcSignIn(REDIRECT_URI);
  const asked = Object.fromEntries(new URL(url).searchParams);
  const rows = JSON.stringify(await database.selectFrom('challenges').selectAll().execute());

  expect(asked).toMatchObject({
    response_type: 'code',
    code_challenge_method: 'S256',
    redirect_uri: REDIRECT_URI,
    scope: 'openid email profile',
  });
  for (const secret of [ticket, asked.state, asked.nonce, asked.code_challenge]) {
    expect(secret).toMatch(/^[\w-]{43}$/);
    expect(rows).not.toContain(secret);
  }
});

test('a provider that is away, or is another one than configured, is named as the reason', async () => {
  const at = (issuer: string) => new SqlAccounts(database, () => nowMs, { oidc: { issuer, clientId: CLIENT_ID, clientSecret: undefined } });

  expect(await refusal(at('http://127.0.0.1:65535').offerOidcSignIn(REDIRECT_URI))).toMatch(
    /^identity_provider_unavailable: .*metadata cannot be read: .*ECONNREFUSED/,
  );
  expect(await refusal(at(`${provider.issuer}/other`).offerOidcSignIn(REDIRECT_URI))).toMatch(/^identity_provider_unavailable/);
  expect(await refusal(new SqlAccounts(database, () => nowMs).offerOidcSignIn(REDIRECT_URI))).toMatch(
    /^route_not_found: this node has no identity provider/,
  );
});

describe('a provider that holds calls up', () => {
  const JSON_TYPE = { 'Content-Type': 'application/json' };
  const WELL_KNOWN = '.well-known/openid-configuration';
  const STALLS: Readonly<Record<string, (response: ServerResponse) => void>> = {
    silent: () => undefined,
    dribbling: (response) => {
      response.writeHead(200, JSON_TYPE);
      const timer = setInterval(() => response.write(' '), 50);
      response.on('close', () => clearInterval(timer));
    },
    endless: (response) => {
      response.writeHead(200, JSON_TYPE);
      const fill = (): void => {
        while (!response.destroyed && response.write(' '.repeat(50_000)));
      };
      response.on('drain', fill);
      fill();
    },
  };
  // The first part of the path says how the server behaves, the second one where.
  const server = createServer(({ url = '' }, response) => {
    const [, stall = '', stage = '', ...rest] = url.split('/');
    const issuer = `${origin()}/${stall}/${stage}`;
    const place = rest.join('/');
    if (place === WELL_KNOWN && stage !== 'discovery')
      response.writeHead(200, JSON_TYPE).end(
        JSON.stringify({
          issuer,
          authorization_endpoint: `${issuer}/authorize`,
          token_endpoint: `${issuer}/token`,
          jwks_uri: `${issuer}/keys`,
        }),
      );
    else STALLS[stall]?.(response);
  });
  const origin = () => `http://127.0.0.1:${(server.address() as { readonly port: number }).port}`;

  beforeAll(() => new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve)));
  afterAll(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });

  test.each(['discovery', 'token'])('when asked for %s is given up soon, and keeps no one else waiting', async (stage) => {
    const isOver = { silent: false, dribbling: false, endless: false };
    const attempts = Object.keys(isOver).map(async (stall) => {
      const oidc = { issuer: `${origin()}/${stall}/${stage}`, clientId: CLIENT_ID, clientSecret: CLIENT_SECRET };
      const slow = new SqlAccounts(database, () => nowMs, { oidc });
      const said = await refusal(
        slow.offerOidcSignIn(REDIRECT_URI).then(({ url, ticket }) => {
          const state = new URL(url).searchParams.get('state');
          return slow.signInWithOidc(ticket, `?code=c&state=${state}`);
        }),
      );
      isOver[stall as keyof typeof isOver] = true;
      return said;
    });

    expect((await accounts.findSignIn(digestSecret(ada.token)))?.person.id).toBe(ada.person.id);
    expect(await accounts.readFactors(ada.person.id)).toMatchObject({ hasPassword: true });
    expect(isOver).toMatchObject({ silent: false, dribbling: false });
    const [silent, dribbling, endless] = await Promise.all(attempts);
    for (const said of [silent, dribbling]) expect(said).toMatch(/^identity_provider_unavailable: .*no whole reply within 2 seconds$/);
    expect(endless).toMatch(/^identity_provider_unavailable: .*longer than 1000000 bytes$/);
  });
});
