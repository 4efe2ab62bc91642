import { generateKeyPairSync } from 'node:crypto';
import { type App, createApp, digestSecret } from '@causeway/accounts';
import { AppId, DEFAULT_APP_SETTINGS } from '@causeway/protocol';
import { type AppRecord, isSignedAs, MAX_RECORD_AGE_MS, readAppRecord, writeAppRecord } from '../../src/apps/app-record.ts';
import { deriveClusterKeys } from '../../src/trust/cluster-keys.ts';
import { signText } from '../../src/trust/signed-text.ts';

const KEYS = deriveClusterKeys('the cluster key of these tests alone');
const KEY = KEYS.appRecords;
const DEMO = createApp({ id: 'demo', secrets: ['the-secret-of-the-demo-app'] });
const NOW_MS = 1_800_000_000_000;
const RECORD: AppRecord = { app: DEMO, revision: 7, issuedAtMs: NOW_MS };

function readingOf(text: string, id = DEMO.id, nowMs = NOW_MS) {
  return readAppRecord(text, id, nowMs, KEY);
}

function signed(changes: Partial<AppRecord>): string {
  return writeAppRecord({ ...RECORD, ...changes }, KEY);
}

function signedApp(app: unknown): string {
  return signText(JSON.stringify({ issuedAtMs: NOW_MS, revision: 7, app }), KEY);
}

test('a node reads what another has signed', () => {
  expect(readingOf(signed({}))).toMatchObject({ type: 'record', record: RECORD });
});

test('nothing is absent', () => {
  expect(readingOf('')).toEqual({ type: 'absent' });
});

describe('a record that was not written with the cluster key is refused', () => {
  const [payload = '', signature = ''] = signed({}).split('.');

  test.each([
    ['the app in the clear, as versions before this one wrote it', JSON.stringify(DEMO)],
    ['signed with another cluster key', writeAppRecord(RECORD, deriveClusterKeys('a cluster key that only somebody else has').appRecords)],
    ['signed with the key of node records', writeAppRecord(RECORD, KEYS.nodeRecords)],
    ['signed with the key of calls between nodes', writeAppRecord(RECORD, KEYS.callAssertions)],
    ['without its signature', payload],
    ['with an empty signature', `${payload}.`],
    ['longer than any record', signed({ app: { ...DEMO, settings: { ...DEMO.settings, filling: 'x'.repeat(8_192) } as App['settings'] } })],
  ])('%s', (_name, text) => {
    expect(readingOf(text)).toEqual({ type: 'refused', defect: 'signature' });
  });

  const FORGED: [what: string, app: unknown][] = [
    ['id', { ...DEMO, id: 'other' }],
    ['secret', { ...DEMO, secretDigests: [digestSecret('the secret of somebody else')] }],
    ['second secret', { ...DEMO, secretDigests: [...DEMO.secretDigests, digestSecret('the secret of somebody else')] }],
    ...Object.entries(DEMO.settings).map(([name, value]): [string, unknown] => [
      name,
      { ...DEMO, settings: { ...DEMO.settings, [name]: typeof value === 'boolean' ? !value : 1 } },
    ]),
  ];
  test.each([
    ...FORGED.map(([what, app]) => [what, { issuedAtMs: NOW_MS, revision: 7, app }] as const),
    ['date', { issuedAtMs: NOW_MS + 1, revision: 7, app: DEMO }] as const,
    ['revision', { issuedAtMs: NOW_MS, revision: 8, app: DEMO }] as const,
  ])('with another %s under the same signature', (_what, content) => {
    const text = `${Buffer.from(JSON.stringify(content)).toString('base64url')}.${signature}`;

    expect(readingOf(text)).toEqual({ type: 'refused', defect: 'signature' });
  });
});

test.each([
  ['the record of another app', signed({ app: { ...DEMO, id: AppId.parse('other') } })],
  ['secrets that are no digests', signedApp({ ...DEMO, secretDigests: ['secret'] })],
  ['no app', signedApp(null)],
  ['no object', signText('7', KEY)],
  ['no JSON', signText('{', KEY)],
])('%s is none of this app, however well it is signed', (_name, text) => {
  expect(readingOf(text)).toEqual({ type: 'refused', defect: 'content' });
});

test('an app whose last secret was revoked has none for any reader, and a digest for those that require one', () => {
  const bare: App = { ...DEMO, secretDigests: [] };
  const reading = readingOf(signed({ app: bare }));

  expect(reading).toMatchObject({ type: 'record', record: { app: bare } });
  expect(reading).toMatchObject({ signedApp: { secretDigests: [expect.stringMatching(/^0{64}$/)] } });
  expect(reading.type === 'record' && isSignedAs(reading.signedApp, bare, KEY)).toBe(true);
  // Earlier versions signed records like this.
  expect(readingOf(signedApp(bare))).toMatchObject({ type: 'record', record: { app: bare } });
});

test('a record is believed for a day, and not when it is from the future', () => {
  expect(readingOf(signed({}), DEMO.id, NOW_MS + MAX_RECORD_AGE_MS).type).toBe('record');
  expect(readingOf(signed({}), DEMO.id, NOW_MS - MAX_RECORD_AGE_MS).type).toBe('record');
  expect(readingOf(signed({}), DEMO.id, NOW_MS + MAX_RECORD_AGE_MS + 1)).toEqual({ type: 'refused', defect: 'date' });
  expect(readingOf(signed({}), DEMO.id, NOW_MS - MAX_RECORD_AGE_MS - 1)).toEqual({ type: 'refused', defect: 'date' });
});

test('an app as another version signed it has the settings that this one knows, and defaults', () => {
  const settings = { autoPublish: false, maxCallsPerSecondPerApp: 'many', mood: 'sunny' };

  expect(readingOf(signedApp({ ...DEMO, settings }))).toMatchObject({
    record: { app: { ...DEMO, settings: { ...DEFAULT_APP_SETTINGS, autoPublish: false } } },
  });
});

test('what an app may have is signed with it, and what cannot be a bound is left out', () => {
  const bounds = { maxSessions: 7, maxEgressMbps: 8 };
  const bad = { maxTracks: 0, maxEventStreams: -1, maxIdempotencyKeys: 'many', maxUnconnectedSessions: 1.5 };
  const reading = readingOf(signedApp({ ...DEMO, settings: { ...DEMO.settings, ...bounds, ...bad } }));

  expect(reading.type === 'record' && reading.record.app.settings).toEqual({ ...DEMO.settings, ...bounds });
});

test('a signed record is compared with what a node would sign, including settings of newer versions', () => {
  const newer = { ...DEMO, settings: { ...DEMO.settings, mood: 'sunny' } };
  const [same, other] = [readingOf(signed({})), readingOf(signedApp(newer))];

  expect(same.type === 'record' && isSignedAs(same.signedApp, DEMO, KEY)).toBe(true);
  expect(other.type === 'record' && isSignedAs(other.signedApp, DEMO, KEY)).toBe(false);
});

describe('token keys of an app', () => {
  const secret = 'a-signing-secret-of-forty-three-characters-';
  const publicKey = generateKeyPairSync('ed25519').publicKey.export({ format: 'pem', type: 'spki' }).toString();
  const app = createApp({
    id: 'demo',
    secrets: ['the-secret-of-this-test-alone'],
    tokenKeys: [
      { kid: 'public', alg: 'EdDSA', publicKey },
      { kid: 'shared', alg: 'HS256', secret },
    ],
  });
  const payloadOf = (text: string) => Buffer.from(String(text.split('.')[0]), 'base64url').toString('utf8');

  test('are known to every node, and secret ones to no other reader of Redis', () => {
    const text = writeAppRecord({ app, revision: 1, issuedAtMs: 0 }, KEY);
    const reading = readAppRecord(text, app.id, 0, KEY);

    expect(reading).toMatchObject({ type: 'record', record: { app } });
    expect(payloadOf(text)).not.toContain(secret);
    expect(payloadOf(text)).toContain(app.tokenKeys?.[0]?.key);
    expect(reading.type === 'record' && isSignedAs(reading.signedApp, app, KEY)).toBe(true);
    expect(writeAppRecord({ app, revision: 1, issuedAtMs: 0 }, KEY)).toBe(text);
  });

  test('are not accepted under another id or app, even if an attacker puts them there', () => {
    const sealed = JSON.parse(payloadOf(writeAppRecord({ app, revision: 1, issuedAtMs: 0 }, KEY))).app.tokenKeys[1];
    const keysOf = (stored: unknown, id: AppId = app.id) => {
      const text = signText(JSON.stringify({ issuedAtMs: 0, revision: 1, app: { ...app, id, tokenKeys: [stored] } }), KEY);
      const reading = readAppRecord(text, id, 0, KEY);
      return reading.type === 'record' ? reading.record.app.tokenKeys : reading;
    };

    expect(keysOf(sealed)).toEqual([app.tokenKeys?.[1]]);
    expect(keysOf({ ...sealed, kid: 'other' })).toEqual([]);
    expect(keysOf(sealed, AppId.parse('other'))).toEqual([]);
    expect(keysOf({ ...sealed, alg: 'EdDSA', key: 7 })).toEqual([]);
    expect(keysOf({ ...sealed, key: secret })).toEqual([]);
  });
});
