/** `npm run bench -- tokens` measures what it costs to identify a caller, by secret and by token. */
import { createHmac, createSecretKey, generateKeyPairSync, type KeyObject, randomUUID, sign } from 'node:crypto';
import {
  type App,
  authenticate,
  createApp,
  createStaticAppStore,
  generateSecret,
  type NewAppTokenKey,
  TokenDesk,
} from '@causeway/accounts';
import type { BenchOptions } from '../bench-options.ts';
import { spreadOf } from '../measure/statistics.ts';
import { formatTable, type Printer } from '../report/table.ts';

const APP_ID = 'bench';
const US_PER_MS = 1_000;

interface Contestant {
  readonly name: string;
  /** Credentials, one for each call, because a token that comes again is remembered. */
  readonly credentials: readonly string[];
}

interface Round {
  readonly wallUs: number;
  readonly cpuUs: number;
}

export async function runTokens({ rounds, isQuick }: BenchOptions, { print, note }: Printer): Promise<void> {
  const calls = isQuick ? 200 : 2_000;
  const costs = new Map<string, Round[]>();
  for (let round = 0; round <= rounds; round++) {
    note(`Tokens: round ${round} of ${rounds}`);
    const world = openWorld();
    for (const { name, credentials } of await contestantsOf(world, calls)) {
      const cost = await measure(world, credentials);
      // Nothing is compiled yet in the first round.
      if (round > 0) costs.set(name, [...(costs.get(name) ?? []), cost]);
    }
  }
  print(
    `Tokens: us for each of ${calls} calls that are authenticated one after the other, median of ${rounds}; CPU is that of all threads.`,
  );
  print(formatTable(['', 'passes', 'CPU', 'at least', 'at most'], [...costs].map(formatRow)));
}

interface World {
  readonly app: App;
  readonly secret: string;
  readonly desk: TokenDesk;
  readonly signers: readonly { readonly key: NewAppTokenKey; readonly signer: KeyObject }[];
}

function openWorld(): World {
  const secret = generateSecret();
  const ed25519 = generateKeyPairSync('ed25519');
  const p256 = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const signers = [
    { key: { kid: 'ed25519', alg: 'EdDSA', publicKey: pem(ed25519.publicKey) }, signer: ed25519.privateKey },
    { key: { kid: 'p256', alg: 'ES256', publicKey: pem(p256.publicKey) }, signer: p256.privateKey },
  ];
  const app = createApp({ id: APP_ID, secrets: [secret], tokenKeys: signers.map(({ key }) => key) });
  return { app, secret, desk: new TokenDesk(), signers };
}

async function contestantsOf({ app, secret, desk, signers }: World, calls: number): Promise<readonly Contestant[]> {
  const repeat = (credential: string): readonly string[] => Array.from({ length: calls }, () => credential);
  const numbers = Array.from({ length: calls }, (_unused, index) => index);
  const minted = await Promise.all(numbers.map(async (index) => (await desk.mint(app.id, { sub: `user-${index}` })).token));
  const [remembered = ''] = minted;
  const ofBackend = signers.map(({ key, signer }) => ({
    name: `token of a backend, ${key.alg}, never seen before`,
    credentials: numbers.map((index) => signToken({ alg: key.alg, kid: key.kid }, claimsOf(index), signer)),
  }));
  const forged = signToken({ alg: 'EdDSA', kid: 'ed25519' }, claimsOf(0), generateKeyPairSync('ed25519').privateKey);
  return [
    { name: 'secret', credentials: repeat(secret) },
    { name: 'token of the SFU, never seen before', credentials: minted },
    ...ofBackend,
    { name: 'token that is remembered', credentials: repeat(remembered) },
    { name: 'token with a wrong signature', credentials: repeat(forged) },
    { name: 'token with an unknown key id', credentials: repeat(signToken({ alg: 'HS256', kid: 'x' }, claimsOf(0), HMAC)) },
  ];
}

const HMAC = createSecretKey(Buffer.from('a-signing-secret-of-forty-three-characters-'));

function claimsOf(index: number): object {
  const now = Math.floor(Date.now() / 1_000);
  return { sub: `user-${index}`, jti: randomUUID(), iat: now, exp: now + 600, aud: `app:${APP_ID}`, act: ['create', 'publish'] };
}

async function measure({ app, desk }: World, credentials: readonly string[]): Promise<Round> {
  const apps = createStaticAppStore([app]);
  const cpuBefore = process.cpuUsage();
  const startedMs = performance.now();
  for (const credential of credentials) {
    await authenticate(apps, { appIdText: APP_ID, authorization: `Bearer ${credential}` }, desk).catch(() => undefined);
  }
  const wallUs = ((performance.now() - startedMs) * US_PER_MS) / credentials.length;
  const { user, system } = process.cpuUsage(cpuBefore);
  return { wallUs, cpuUs: (user + system) / credentials.length };
}

function pem(key: KeyObject): string {
  return key.export({ format: 'pem', type: 'spki' }).toString();
}

function formatRow([name, samples]: [string, Round[]]): string[] {
  const wall = spreadOf(samples.map(({ wallUs }) => wallUs));
  const cpu = spreadOf(samples.map(({ cpuUs }) => cpuUs));
  return [name, wall.median.toFixed(1), cpu.median.toFixed(1), cpu.lowest.toFixed(1), cpu.highest.toFixed(1)];
}

/** Returns a JWT as the backend of an app signs it (RFC 7515 §3.1). The bench signs thousands, one after another. */
export function signToken(header: { readonly alg: string; readonly kid: string }, claims: object, key: KeyObject): string {
  const encode = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');
  const input = `${encode(header)}.${encode(claims)}`;
  return `${input}.${signatureOf(input, key).toString('base64url')}`;
}

function signatureOf(input: string, key: KeyObject): Buffer {
  if (key.type === 'secret') return createHmac('sha256', key).update(input).digest();
  // ES256 writes its two numbers one after the other, not in DER (RFC 7518 §3.4).
  if (key.asymmetricKeyType === 'ec') return sign('sha256', Buffer.from(input), { key, dsaEncoding: 'ieee-p1363' });
  return sign(null, Buffer.from(input), key);
}
