/** Tokens as a client might send them: valid ones, and every kind of invalid one. */
import { createHash, createHmac, createSecretKey, generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto';
import { type App, authenticate, createApp, createStaticAppStore, digestSecret, type NewAppTokenKey, TokenDesk } from '@causeway/accounts';
import { AppId, SessionId, type SfuError } from '@causeway/protocol';
import { SignJWT } from 'jose/jwt/sign';

const APP = AppId.parse('app');
const OTHER = AppId.parse('other');
const SECRET = 'secret-of-the-app-0123456789';
const HMAC_SECRET = 'a-signing-secret-of-forty-three-characters-';
const START_MS = Date.UTC(2026, 10, 30);
const NOW = START_MS / 1_000;
const CLUSTER_SECRET = createSecretKey(randomBytes(32));

const ed25519 = generateKeyPairSync('ed25519');
const p256 = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const pem = (key: KeyObject) => key.export({ format: 'pem', type: 'spki' }).toString();

interface World {
  nowMs: number;
  readonly desk: TokenDesk;
  readonly enter: (token: string, appIdText?: string) => Promise<string>;
}

function openWorld(keys: readonly NewAppTokenKey[] = [], secret = CLUSTER_SECRET): World {
  const app = createApp({ id: APP, secrets: [SECRET], tokenKeys: keys });
  const apps = createStaticAppStore([app, createApp({ id: OTHER, secrets: ['secret-of-another-app-01234'] })]);
  const world: { nowMs: number } = { nowMs: START_MS };
  const desk = new TokenDesk({ secret, nowMs: () => world.nowMs });
  const enter = (token: string, appIdText: string = APP) =>
    authenticate(apps, { appIdText, authorization: `Bearer ${token}` }, desk).then(
      ({ grants }) => (grants.kind === 'token' ? `as ${grants.token.sub}` : 'as everybody'),
      (error: SfuError) => `${error.code}: ${error.message}`,
    );
  return Object.assign(world, { desk, enter });
}

const GENERIC = 'unauthorized: app and credential do not belong together; send "Authorization: Bearer <secret of the app, or a token>"';
const CLAIMS = { sub: 'alice', jti: 'token-1', iat: NOW, exp: NOW + 600, aud: 'app:app' };

function signWith(header: object, claims: unknown, key: KeyObject | string): string {
  const encode = (value: unknown) => Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url');
  const input = `${encode(header)}.${encode(claims)}`;
  if (typeof key === 'string') return `${input}.${createHmac('sha256', key).update(input).digest('base64url')}`;
  const isEc = key.asymmetricKeyType === 'ec';
  const signature = sign(isEc ? 'sha256' : null, Buffer.from(input), isEc ? { key, dsaEncoding: 'ieee-p1363' } : key);
  return `${input}.${signature.toString('base64url')}`;
}

describe('a token of the SFU', () => {
  test('opens its app, for as long as it is good', async () => {
    const world = openWorld();
    const { token, jti, expiresAt } = await world.desk.mint(APP, { sub: 'alice' });

    expect(await world.enter(token)).toBe('as alice');
    expect(jti).toMatch(/^[0-9a-f-]{36}$/);
    expect(expiresAt).toBe(new Date(START_MS + 600_000).toISOString());
    world.nowMs += 599_999;
    expect(await world.enter(token)).toBe('as alice');
    world.nowMs += 1;
    expect(await world.enter(token)).toMatch(/^token_expired/);
  });

  test('contains the claims it was made with', async () => {
    const { desk } = openWorld();
    const claims = { sub: 'alice', act: ['list' as const], names: ['a-*'], max: { tracks: 2 }, org: ['https://example.org'], jti: 'mine' };

    const { token } = await desk.mint(APP, { ...claims, expiresIn: 60 });

    expect(await desk.verify(APP, createApp({ id: APP, secrets: [SECRET] }), token)).toEqual({ ...claims, iat: NOW, exp: NOW + 60 });
  });

  test('is worth nothing at another app, to which it looks like a wrong secret', async () => {
    const { desk, enter } = openWorld();
    const { token } = await desk.mint(OTHER, { sub: 'alice' });

    expect(await enter(token)).toBe(GENERIC);
    expect(await enter(token, 'nobody')).toBe(GENERIC);
    expect(await enter('a-wrong-secret')).toBe(GENERIC);
    expect(await enter(token, OTHER)).toBe('as alice');
  });

  test('is known to every node with the same secret, and to no other', async () => {
    const { token } = await openWorld().desk.mint(APP, { sub: 'alice' });

    expect(await openWorld().enter(token)).toBe('as alice');
    expect(await openWorld([], createSecretKey(randomBytes(32))).enter(token)).toBe(GENERIC);
  });

  test('outlives the day of its key', async () => {
    const world = openWorld();
    world.nowMs = START_MS + 86_399_000;
    const { token } = await world.desk.mint(APP, { sub: 'alice', expiresIn: 86_400 });
    world.nowMs += 86_399_000;

    expect(await world.enter(token)).toBe('as alice');
    expect((await world.desk.mint(APP, { sub: 'alice' })).token.split('.')[0]).not.toBe(token.split('.')[0]);
  });

  test('a key of the day before yesterday is invalid, whatever it has signed', async () => {
    const world = openWorld();
    const { token } = await world.desk.mint(APP, { sub: 'alice', expiresIn: 86_400 });
    world.nowMs += 2 * 86_400_000;

    expect(await world.enter(token)).toBe(GENERIC);
  });

  test('of a node whose clock is a little ahead is known at the change of keys', async () => {
    const [ahead, behind] = [openWorld(), openWorld()];
    ahead.nowMs = START_MS + 86_400_000;
    behind.nowMs = START_MS + 86_400_000 - 30_000;

    expect(await behind.enter((await ahead.desk.mint(APP, { sub: 'alice' })).token)).toBe('as alice');
  });

  test.each([
    [30, 'as alice'],
    [60, 'as alice'],
    [61, 'unauthorized: the token is not valid yet (nbf)'],
  ])('that begins in %d seconds: %s', async (seconds, outcome) => {
    const { desk, enter } = openWorld();

    expect(await enter((await desk.mint(APP, { sub: 'alice', nbf: NOW + seconds })).token)).toBe(outcome);
  });

  test('that would be too long is not made', async () => {
    const { desk } = openWorld();

    await expect(desk.mint(APP, { sub: 'alice', meta: 'x'.repeat(3_500) })).rejects.toMatchObject({ code: 'invalid_params' });
    expect((await desk.mint(APP, { sub: 'alice', meta: 'x'.repeat(2_400) })).token.length).toBeLessThan(4_096);
  });
});

describe('a token of a backend', () => {
  const KEYS = [
    ['EdDSA', { kid: 'key-1', alg: 'EdDSA', publicKey: pem(ed25519.publicKey) }, ed25519.privateKey],
    ['EdDSA, as a JWK', { kid: 'key-1', alg: 'EdDSA', publicKey: ed25519.publicKey.export({ format: 'jwk' }) }, ed25519.privateKey],
    ['ES256', { kid: 'key-1', alg: 'ES256', publicKey: pem(p256.publicKey) }, p256.privateKey],
    ['HS256', { kid: 'key-1', alg: 'HS256', secret: HMAC_SECRET }, HMAC_SECRET],
  ] as const;

  test.each(KEYS)('%s is taken', async (_name, key, signer) => {
    const { enter } = openWorld([key as NewAppTokenKey]);

    expect(await enter(signWith({ alg: key.alg, kid: 'key-1' }, CLAIMS, signer))).toBe('as alice');
    expect(await enter(signWith({ alg: key.alg, kid: 'key-1', typ: 'JWT' }, { ...CLAIMS, iss: 'backend', app: 'app' }, signer))).toBe(
      'as alice',
    );
  });

  test.each(KEYS)('%s as the library jose writes it is taken', async (_name, key, signer) => {
    const { enter } = openWorld([key as NewAppTokenKey]);
    const signing = typeof signer === 'string' ? createSecretKey(Buffer.from(signer)) : signer;

    expect(await enter(await new SignJWT(CLAIMS).setProtectedHeader({ alg: key.alg, kid: 'key-1' }).sign(signing))).toBe('as alice');
  });

  test('two keys are good at the same time, while they are exchanged', async () => {
    const second = generateKeyPairSync('ed25519');
    const keys = [
      { kid: 'old', alg: 'EdDSA', publicKey: pem(ed25519.publicKey) },
      { kid: 'new', alg: 'EdDSA', publicKey: pem(second.publicKey) },
    ];
    const { enter } = openWorld(keys);

    expect(await enter(signWith({ alg: 'EdDSA', kid: 'old' }, CLAIMS, ed25519.privateKey))).toBe('as alice');
    expect(await enter(signWith({ alg: 'EdDSA', kid: 'new' }, CLAIMS, second.privateKey))).toBe('as alice');
    expect(await enter(signWith({ alg: 'EdDSA', kid: 'new' }, CLAIMS, ed25519.privateKey))).toBe(GENERIC);
  });

  const KEY = { kid: 'key-1', alg: 'EdDSA', publicKey: pem(ed25519.publicKey) };
  const HEADER = { alg: 'EdDSA', kid: 'key-1' };
  const signed = (claims: unknown, header: object = HEADER) => signWith(header, claims, ed25519.privateKey);

  /** Signed with the right key, so the signer may be told what is wrong. */
  test.each<[name: string, change: object, outcome: string | RegExp]>([
    ['no app', { aud: undefined }, GENERIC],
    ['another app', { aud: 'app:other' }, GENERIC],
    ['two apps', { aud: ['app:app', 'app:other'] }, GENERIC],
    ['an app that differs from the audience', { app: 'other' }, GENERIC],
    ['a list of one app', { aud: ['app:app'] }, 'as alice'],
    ['the name of the app alone', { aud: undefined, app: 'app' }, 'as alice'],
    ['no subject', { sub: undefined }, 'unauthorized: the token has no usable claim sub'],
    ['an empty subject', { sub: '' }, 'unauthorized: the token has no usable claim sub'],
    ['no id', { jti: undefined }, 'unauthorized: the token has no usable claim jti'],
    ['no date', { iat: undefined }, 'unauthorized: the token has no usable claim iat'],
    ['no end', { exp: undefined }, 'unauthorized: the token has no usable claim exp'],
    ['an end that is a text', { exp: String(NOW + 600) }, 'unauthorized: the token has no usable claim exp'],
    ['an end beyond a day', { exp: NOW + 86_401 }, 'unauthorized: the token is valid for more than 24 hours'],
    ['a day', { exp: NOW + 86_400 }, 'as alice'],
    ['an end that is over', { iat: NOW - 600, exp: NOW }, /^token_expired/],
    ['a date in the future', { iat: NOW + 61 }, /^unauthorized: the token was issued in the future/],
    ['a date that a clock a minute ahead gives', { iat: NOW + 60 }, 'as alice'],
    ['a beginning in the future', { nbf: NOW + 61 }, 'unauthorized: the token is not valid yet (nbf)'],
    ['a beginning that is no number', { nbf: 'soon' }, 'unauthorized: the token has no usable claim nbf'],
    ['a restriction that is misspelt', { name: ['alice-*'] }, 'unauthorized: the token has a claim that is not known here: name'],
    ['an action that does not exist', { act: ['everything'] }, 'unauthorized: the token has no usable claim act'],
    ['a list that is a text', { act: 'list' }, 'unauthorized: the token has no usable claim act'],
    ['a bound that does not exist', { max: { planets: 1 } }, 'unauthorized: the token has no usable claim max'],
    ['a session that cannot be one', { sid: 'session-1' }, 'unauthorized: the token has no usable claim sid'],
  ])('with %s: %s', async (_name, change, outcome) => {
    const { enter } = openWorld([KEY]);
    const outcomeNow = await enter(signed({ ...CLAIMS, ...change }));

    if (typeof outcome === 'string') expect(outcomeNow).toBe(outcome);
    else expect(outcomeNow).toMatch(outcome);
  });

  test.each<[name: string, token: () => string]>([
    ['no signature', () => `${signed(CLAIMS).split('.').slice(0, 2).join('.')}.`],
    ['no algorithm', () => signWith({ alg: 'none', kid: 'key-1' }, CLAIMS, ed25519.privateKey)],
    ['an unsigned one', () => `${Buffer.from('{"alg":"none","kid":"key-1"}').toString('base64url')}.${signed(CLAIMS).split('.')[1]}.`],
    ['the public key as a secret', () => signWith({ alg: 'HS256', kid: 'key-1' }, CLAIMS, pem(ed25519.publicKey))],
    ['the public key as a secret, named as the pinned algorithm', () => signWith(HEADER, CLAIMS, pem(ed25519.publicKey))],
    ['another algorithm', () => signWith({ alg: 'ES256', kid: 'key-1' }, CLAIMS, p256.privateKey)],
    ['an algorithm that is a list', () => signed(CLAIMS, { alg: ['EdDSA'], kid: 'key-1' })],
    ['no key id', () => signed(CLAIMS, { alg: 'EdDSA' })],
    ['an unknown key id', () => signed(CLAIMS, { alg: 'EdDSA', kid: 'key-2' })],
    ['a key id of an object', () => signed(CLAIMS, { alg: 'EdDSA', kid: '__proto__' })],
    ['a key id that is a path', () => signed(CLAIMS, { alg: 'EdDSA', kid: '../../dev/null' })],
    ['a key id of the SFU', () => signed(CLAIMS, { alg: 'EdDSA', kid: `sfu-${Math.floor(NOW / 86_400)}` })],
    [
      'a key that it brings along',
      () => signWith({ alg: 'ES256', jwk: p256.publicKey.export({ format: 'jwk' }) }, CLAIMS, p256.privateKey),
    ],
    ['a URL of keys', () => signed(CLAIMS, { alg: 'EdDSA', kid: 'elsewhere', jku: 'http://127.0.0.1/keys' })],
    ['an extension that must be understood', () => signed(CLAIMS, { ...HEADER, crit: ['b64'], b64: false })],
    ['a token within the token', () => signed(signed(CLAIMS))],
    ['a token within the token that says so', () => signed(signed(CLAIMS), { ...HEADER, cty: 'JWT' })],
    ['claims that are a list', () => signed([CLAIMS])],
    ['claims that are null', () => signed('null')],
    ['claims that are no JSON', () => signed('{"sub":')],
    ['another type', () => signed(CLAIMS, { ...HEADER, typ: 'at+jwt' })],
    ['a header of a kilobyte', () => signed(CLAIMS, { ...HEADER, padding: 'x'.repeat(1_024) })],
    ['more than four kilobytes', () => signed({ ...CLAIMS, meta: 'x'.repeat(3_000) })],
    ['five parts, as if it were encrypted', () => `${signed(CLAIMS)}.a.b`],
    ['one part less', () => signed(CLAIMS).split('.').slice(1).join('.')],
    [
      'other claims under the same signature',
      () => signed(CLAIMS).replace(/\.[^.]+\./, `.${Buffer.from(JSON.stringify({ ...CLAIMS, sub: 'root' })).toString('base64url')}.`),
    ],
  ])('with %s is a wrong secret like any other', async (_name, token) => {
    const { enter } = openWorld([KEY]);

    expect(await enter(signed(CLAIMS))).toBe('as alice');
    expect(await enter(token())).toBe(GENERIC);
  });

  test('ES256 with the signature in DER is refused', async () => {
    const { enter } = openWorld([{ kid: 'key-1', alg: 'ES256', publicKey: pem(p256.publicKey) }]);
    const input = signWith({ alg: 'ES256', kid: 'key-1' }, CLAIMS, p256.privateKey).split('.').slice(0, 2).join('.');
    const der = sign('sha256', Buffer.from(input), p256.privateKey).toString('base64url');

    expect(await enter(`${input}.${der}`)).toBe(GENERIC);
  });

  test('no flipped character goes unnoticed', async () => {
    const { enter } = openWorld([KEY]);
    const token = signed(CLAIMS);
    const last = token.length - 1;
    const flip = (index: number) => token.slice(0, index) + (token[index] === 'A' ? 'B' : 'A') + token.slice(index + 1);
    const flipped = Array.from({ length: 41 }, (_unused, index) => flip(Math.floor((index * last) / 40)));

    expect(new Set(await Promise.all(flipped.map((text) => enter(text))))).toEqual(new Set([GENERIC]));
  });
});

describe('revocation', () => {
  test('of a token is in force at once, and for that token alone', async () => {
    const { desk, enter } = openWorld();
    const [first, second] = await Promise.all([desk.mint(APP, { sub: 'alice' }), desk.mint(APP, { sub: 'alice' })]);
    expect(await enter(first.token)).toBe('as alice');

    await desk.revoke(APP, { jti: first.jti });

    expect(await enter(first.token)).toBe('unauthorized: the token has been revoked');
    expect(await enter(second.token)).toBe('as alice');
    expect(desk.outcomes).toEqual({ accepted: 2, expired: 0, revoked: 1, refused: 0 });
  });

  test('of a subject ends all tokens issued by now, and none later', async () => {
    const world = openWorld();
    const before = await world.desk.mint(APP, { sub: 'alice' });
    const ofBob = await world.desk.mint(APP, { sub: 'bob' });
    world.nowMs += 5_400;

    await world.desk.revoke(APP, { sub: 'alice' });
    const inThatSecond = await world.desk.mint(APP, { sub: 'alice' });
    world.nowMs += 600;
    const later = await world.desk.mint(APP, { sub: 'alice' });

    const outcomes = await Promise.all([before, inThatSecond, later, ofBob].map(({ token }) => world.enter(token)));
    const revoked = 'unauthorized: the token has been revoked';
    expect(outcomes).toEqual([revoked, revoked, 'as alice', 'as bob']);
  });

  test('concerns one app', async () => {
    const { desk, enter } = openWorld();
    const { token } = await desk.mint(OTHER, { sub: 'alice', jti: 'same' });

    await desk.revoke(APP, { jti: 'same' });
    await desk.revoke(APP, { sub: 'alice' });

    expect(await enter(token, OTHER)).toBe('as alice');
  });

  test('of a token ends the token of the session that it has created', async () => {
    const { desk, enter } = openWorld();
    const sessionId = SessionId.parse('session-101-fc756623-3be4-4c40-b651-20e22095ee07');
    const app = createApp({ id: APP, secrets: [SECRET] });
    const { token, jti } = await desk.mint(APP, { sub: 'alice', act: ['create', 'publish'], names: ['a-*'] });
    const sessionToken = String(desk.sessionToken(APP, sessionId, await desk.verify(APP, app, token)));

    expect(await desk.verify(APP, app, sessionToken)).toMatchObject({ sub: 'alice', sid: sessionId, act: ['publish'], names: ['a-*'] });
    await desk.revoke(APP, { jti });
    expect(await enter(sessionToken)).toBe('unauthorized: the token has been revoked');
  });

  test('has room for so many of an app, and says so when there is none', async () => {
    const { desk } = openWorld();
    for (let index = 0; index < 10_000; index++) await desk.revoke(APP, { jti: `token-${index}` });

    await expect(desk.revoke(APP, { jti: 'one-more' })).rejects.toMatchObject({ code: 'quota_exceeded' });
    await desk.revoke(OTHER, { jti: 'one-more' });
    expect(desk.revocations.size).toBe(10_001);
  });
});

describe('verification', () => {
  test('costs one look at the signature, however often and at the same time a token comes', async () => {
    const { desk, enter } = openWorld();
    const { token } = await desk.mint(APP, { sub: 'alice' });

    await Promise.all(Array.from({ length: 50 }, () => enter(token)));
    await enter(token);

    expect(desk.counts).toMatchObject({ verifications: 1, remembered: 1 });
  });

  test('remembers no wrong token', async () => {
    const { desk, enter } = openWorld();
    const { token } = await desk.mint(OTHER, { sub: 'alice' });

    for (let count = 0; count < 3; count++) expect(await enter(token)).toBe(GENERIC);

    expect(desk.counts).toMatchObject({ verifications: 3, remembered: 0 });
  });

  test('limits concurrent checks and remembered tokens', async () => {
    const { desk, enter } = openWorld();
    const tokens = await Promise.all(Array.from({ length: 300 }, (_unused, index) => desk.mint(APP, { sub: `user-${index}` })));

    const outcomes = await Promise.all(tokens.map(({ token }) => enter(token)));

    expect(outcomes.filter((outcome) => outcome.startsWith('as user'))).toHaveLength(256);
    expect(outcomes.filter((outcome) => outcome.startsWith('rate_limited'))).toHaveLength(44);
    expect(desk.counts.remembered).toBe(256);
  });

  test('remembers ten thousand tokens, those that came last', async () => {
    const key = { kid: 'key', alg: 'HS256', secret: HMAC_SECRET };
    const { desk, enter } = openWorld([key]);
    const tokenOf = (index: number) => signWith({ alg: 'HS256', kid: 'key' }, { ...CLAIMS, jti: `token-${index}` }, HMAC_SECRET);
    for (let index = 0; index < 10_001; index++) await enter(tokenOf(index));
    expect(desk.counts).toMatchObject({ verifications: 10_001, remembered: 10_000 });

    expect([await enter(tokenOf(10_000)), await enter(tokenOf(0))]).toEqual(['as alice', 'as alice']);
    expect(desk.counts).toMatchObject({ verifications: 10_002, remembered: 10_000 });
  });

  test('looks again when the key of an id is another one', async () => {
    const second = generateKeyPairSync('ed25519');
    const appWith = (key: KeyObject): App =>
      createApp({ id: APP, secrets: [SECRET], tokenKeys: [{ kid: 'key', alg: 'EdDSA', publicKey: pem(key) }] });
    const desk = new TokenDesk({ secret: CLUSTER_SECRET, nowMs: () => START_MS });
    const token = signWith({ alg: 'EdDSA', kid: 'key' }, CLAIMS, ed25519.privateKey);

    expect(await desk.verify(APP, appWith(ed25519.publicKey), token)).toMatchObject({ sub: 'alice' });
    expect(await desk.verify(APP, appWith(second.publicKey), token)).toBeUndefined();
    expect(await desk.verify(APP, createApp({ id: APP, secrets: [SECRET] }), token)).toBeUndefined();
  });
});

describe('a secret', () => {
  test('opens its app as before, and is refused in a URL', async () => {
    const { desk, enter } = openWorld();
    const apps = createStaticAppStore([createApp({ id: APP, secrets: [SECRET] })]);
    const inUrl = (secret: string) => authenticate(apps, { appIdText: APP, authorization: `Bearer ${secret}`, isInUrl: true }, desk);

    expect(await enter(SECRET)).toBe('as everybody');
    await expect(inUrl(SECRET)).rejects.toMatchObject({ code: 'forbidden' });
    await expect(inUrl('wrong')).rejects.toMatchObject({ code: 'unauthorized' });
    expect(await inUrl((await desk.mint(APP, { sub: 'alice' })).token)).toMatchObject({ grants: { kind: 'token' } });
  });

  test('that looks like a token is a secret all the same', async () => {
    const secret = `${createHash('sha256').update('a').digest('base64url')}.b.c`;
    const apps = createStaticAppStore([{ ...createApp({ id: APP, secrets: [SECRET] }), secretDigests: [digestSecret(secret)] }]);

    expect(await authenticate(apps, { appIdText: APP, authorization: `Bearer ${secret}` }, new TokenDesk())).toMatchObject({
      grants: { kind: 'all' },
    });
  });
});

test.each<[name: string, key: NewAppTokenKey, problem: string]>([
  ['an id of the SFU', { kid: 'sfu-1', alg: 'HS256', secret: HMAC_SECRET }, 'must not begin with "sfu-"'],
  ['an id with a blank', { kid: 'a b', alg: 'HS256', secret: HMAC_SECRET }, 'must be 1 to 64'],
  ['another algorithm', { kid: 'a', alg: 'RS256', secret: HMAC_SECRET }, 'EdDSA or ES256 or HS256, not "RS256"'],
  ['a short secret', { kid: 'a', alg: 'HS256', secret: 'short' }, 'must have 43 to 256'],
  ['a secret for a signature', { kid: 'a', alg: 'EdDSA', secret: HMAC_SECRET }, 'must have a publicKey and nothing else'],
  ['a public key for an HMAC', { kid: 'a', alg: 'HS256', publicKey: pem(p256.publicKey) }, 'must have a secret and nothing else'],
  ['both', { kid: 'a', alg: 'EdDSA', publicKey: pem(ed25519.publicKey), secret: HMAC_SECRET }, 'nothing else'],
  ['a key of another curve', { kid: 'a', alg: 'EdDSA', publicKey: pem(p256.publicKey) }, 'must be a key for Ed25519'],
  ['a private key', { kid: 'a', alg: 'EdDSA', publicKey: ed25519.privateKey.export({ format: 'jwk' }) }, 'is a private key'],
  [
    'a private key in PEM',
    { kid: 'a', alg: 'EdDSA', publicKey: ed25519.privateKey.export({ format: 'pem', type: 'pkcs8' }).toString() },
    'is a private key',
  ],
  ['a key that is none', { kid: 'a', alg: 'EdDSA', publicKey: 'none' }, 'must be a public key'],
])('a token key with %s is refused', (_name, key, problem) => {
  expect(() => createApp({ id: APP, secrets: [SECRET], tokenKeys: [key] })).toThrow(problem);
});

test('an app has two token keys at most, with different ids', () => {
  const key = (kid: string) => ({ kid, alg: 'HS256', secret: HMAC_SECRET });
  const create = (...kids: string[]) => createApp({ id: APP, secrets: [SECRET], tokenKeys: kids.map(key) });

  expect(create('a', 'b').tokenKeys).toHaveLength(2);
  expect(() => create('a', 'a')).toThrow('at most 2 token keys');
  expect(() => create('a', 'b', 'c')).toThrow('at most 2 token keys');
});
