import { CHALLENGE_LIFE_MS, digestSecret, MAX_PASSKEYS_PER_PERSON, passkeySiteOf } from '@causeway/accounts';
import { migrate, openDatabase, SqlAccounts, SqlBooks } from '@causeway/books';
import { SfuError } from '@causeway/protocol';
import type { BooksDatabase } from '../src/database/schema.ts';
import { SoftPasskey } from './support/soft-passkey.ts';

const SITE = passkeySiteOf('https://sfu.example:8443');
const PASSWORD = 'correct horse';

let database: BooksDatabase;
let accounts: SqlAccounts;
let books: SqlBooks;
let personId: string;
let nowMs: number;

beforeEach(async () => {
  nowMs = 1_000_000;
  database = openDatabase({ kind: 'file', path: ':memory:' });
  await migrate(database, 'sqlite');
  accounts = new SqlAccounts(database, () => nowMs);
  books = new SqlBooks(database, () => nowMs);
  const setUpToken = (await books.openSetUp()) ?? '';
  personId = (await accounts.signUp(setUpToken, 'Example', { email: 'ada@example.org', name: 'Ada', password: PASSWORD })).person.id;
});

afterEach(() => database.destroy());

const challengeOf = (options: object): string => (options as { challenge: string }).challenge;
const useOf = (challenge: string) => ({ challenge, origin: SITE.origin, rpId: SITE.rpId });
const codeOf = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => 'nothing failed',
    (error: unknown) => (error instanceof SfuError ? error.code : error),
  );

async function add(passkey = new SoftPasskey(), extra = {}): Promise<SoftPasskey> {
  const challenge = challengeOf(await accounts.offerPasskey(personId, PASSWORD, SITE));
  await accounts.addPasskey(personId, 'laptop', passkey.register({ ...useOf(challenge), ...extra }), SITE);
  return passkey;
}

async function signIn(passkey: SoftPasskey, extra = {}) {
  const challenge = challengeOf(await accounts.offerPasskeySignIn(SITE));
  return accounts.signInWithPasskey(passkey.signIn({ ...useOf(challenge), ...extra }), SITE);
}

test('a passkey signs its person in, and is listed with its last use', async () => {
  const passkey = await add();
  nowMs += 1_000;
  const { person, token } = await signIn(passkey);

  expect(person.email).toBe('ada@example.org');
  expect((await accounts.findSignIn(digestSecret(token)))?.person.id).toBe(personId);
  expect((await accounts.readFactors(personId)).passkeys).toEqual([
    { id: passkey.id, name: 'laptop', createdAtMs: 1_000_000, lastUsedAtMs: 1_001_000 },
  ]);
});

test('it takes the password to make one', async () => {
  expect(await codeOf(accounts.offerPasskey(personId, 'wrong', SITE))).toBe('unauthorized');
});

test('a challenge is good once, for a while, and for what and whom it was made', async () => {
  const passkey = await add();
  const challenge = challengeOf(await accounts.offerPasskeySignIn(SITE));
  const answer = passkey.signIn(useOf(challenge));
  await accounts.signInWithPasskey(answer, SITE);
  expect(await codeOf(accounts.signInWithPasskey(answer, SITE))).toBe('unauthorized');

  const late = challengeOf(await accounts.offerPasskeySignIn(SITE));
  nowMs += CHALLENGE_LIFE_MS;
  expect(await codeOf(accounts.signInWithPasskey(passkey.signIn(useOf(late)), SITE))).toBe('unauthorized');

  const forSigningIn = challengeOf(await accounts.offerPasskeySignIn(SITE));
  const other = new SoftPasskey();
  expect(await codeOf(accounts.addPasskey(personId, 'x', other.register(useOf(forSigningIn)), SITE))).toBe('invalid_params');
  const forAda = challengeOf(await accounts.offerPasskey(personId, PASSWORD, SITE));
  expect(await codeOf(accounts.addPasskey('person-eve', 'x', other.register(useOf(forAda)), SITE))).toBe('invalid_params');
});

test.each([
  ['of a page elsewhere', { origin: 'https://sfu.example.evil.test' }],
  ['for another site', { rpId: 'evil.test' }],
  ['without a finger', { isVerified: false }],
  ['for a challenge that no one asked for', { challenge: 'AAAA' }],
])('nothing is taken that was made %s', async (_what, extra) => {
  const passkey = await add();

  expect(await codeOf(signIn(passkey, extra))).toBe('unauthorized');
  expect(await codeOf(add(new SoftPasskey(), extra))).toBe('invalid_params');
});

test.each([undefined, null, 'text', {}, { id: 'unknown' }, { id: 7 }])('%j signs no one in', async (response) => {
  await add();

  expect(await codeOf(accounts.signInWithPasskey(response, SITE))).toBe('unauthorized');
});

test('a copy of a passkey that counts is refused once the other has been used', async () => {
  const passkey = await add(new SoftPasskey(), { counter: 1 });
  await signIn(passkey, { counter: 3 });

  expect(await codeOf(signIn(passkey, { counter: 2 }))).toBe('unauthorized');
});

test('one that was removed signs no one in, and both are in the audit', async () => {
  const passkey = await add();
  await accounts.removePasskey(personId, passkey.id);

  expect(await codeOf(signIn(passkey))).toBe('unauthorized');
  expect(await codeOf(accounts.removePasskey(personId, passkey.id))).toBe('factor_conflict');
  const [org] = await books.listOrgs({ limit: 1 });
  const entries = await books.listAudit(org?.id ?? '', { limit: 2 });
  expect(entries.map(({ action }) => action)).toEqual(['person.passkey-removed', 'person.passkey-added']);
});

test('a person has ten at most', async () => {
  for (let made = 0; made < MAX_PASSKEYS_PER_PERSON; made++) await add();

  expect(await codeOf(accounts.offerPasskey(personId, PASSWORD, SITE))).toBe('quota_exceeded');
});

test.each(['http://127.0.0.1:8080', 'http://[::1]:8080'])('there are none at %s', (origin) => {
  expect(() => passkeySiteOf(origin)).toThrow('require a host name');
});
