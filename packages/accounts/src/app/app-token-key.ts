/** Keys with which an app's own backend signs tokens, so that it need not ask for each of them. */
import { createPublicKey, createSecretKey, type KeyObject, type webcrypto } from 'node:crypto';

/** The algorithms with which an app may sign tokens. */
export const APP_TOKEN_ALGORITHMS = ['EdDSA', 'ES256', 'HS256'] as const;
/** An algorithm with which an app may sign tokens. */
export type AppTokenAlgorithm = (typeof APP_TOKEN_ALGORITHMS)[number];

/** The old one and the new one, while they are being exchanged. */
export const MAX_TOKEN_KEYS_PER_APP = 2;

/** What an attacker has to guess; RFC 7518 §3.2 asks for 256 bits, which are 43 characters of base64. */
export const MIN_TOKEN_SECRET_LENGTH = 43;
export const MAX_TOKEN_SECRET_LENGTH = 256;

/** Key ids that begin like this are the SFU's own. */
export const SFU_KEY_ID_PREFIX = 'sfu-';
const KEY_ID = /^[A-Za-z0-9._-]{1,64}$/;

/** A key that verifies tokens which an app has signed. */
export interface AppTokenKey {
  /** The id that tokens name in their header. It is unique within the app. */
  readonly kid: string;
  /** The one algorithm that tokens with this key may name. */
  readonly alg: AppTokenAlgorithm;
  /** SPKI in base64 for `EdDSA` (Ed25519) and `ES256` (P-256); for `HS256` the secret itself. */
  readonly key: string;
}

/** A key for tokens as an operator writes it down. */
export interface NewAppTokenKey {
  readonly kid: string;
  readonly alg: string;
  /** PEM (SPKI) or a JWK, for `EdDSA` and `ES256`. */
  readonly publicKey?: string | webcrypto.JsonWebKey;
  /** For `HS256`. */
  readonly secret?: string;
}

/**
 * Makes the record of a key from what an operator writes down.
 *
 * @throws Error – an unusable id or algorithm, or a key that does not fit the algorithm
 */
export function createAppTokenKey({ kid, alg, publicKey, secret }: NewAppTokenKey): AppTokenKey {
  if (!KEY_ID.test(kid)) throw new Error(`token key id "${kid}" must be 1 to 64 letters, digits, ".", "_" or "-"`);
  if (kid.startsWith(SFU_KEY_ID_PREFIX)) throw new Error(`token key id "${kid}" must not begin with "${SFU_KEY_ID_PREFIX}"`);
  const known = APP_TOKEN_ALGORITHMS.find((each) => each === alg);
  if (known === undefined) throw new Error(`algorithm of token key "${kid}" must be ${APP_TOKEN_ALGORITHMS.join(' or ')}, not "${alg}"`);
  if ((publicKey === undefined) !== (known === 'HS256') || (secret === undefined) === (known === 'HS256')) {
    throw new Error(`token key "${kid}" must have a ${known === 'HS256' ? 'secret' : 'publicKey'} and nothing else, as it is for ${known}`);
  }
  if (known === 'HS256') return { kid, alg: known, key: checkSecret(kid, secret ?? '') };
  return { kid, alg: known, key: exportPublicKey(kid, known, publicKey ?? '') };
}

/** @throws Error – a key that `createAppTokenKey` did not make */
export function openAppTokenKey({ alg, key }: AppTokenKey): KeyObject {
  if (alg === 'HS256') return createSecretKey(Buffer.from(key, 'utf8'));
  return createPublicKey({ key: Buffer.from(key, 'base64'), format: 'der', type: 'spki' });
}

function checkSecret(kid: string, secret: string): string {
  if (!/^[\x21-\x7e]*$/.test(secret) || secret.length < MIN_TOKEN_SECRET_LENGTH || secret.length > MAX_TOKEN_SECRET_LENGTH) {
    const size = `${MIN_TOKEN_SECRET_LENGTH} to ${MAX_TOKEN_SECRET_LENGTH} visible ASCII characters`;
    throw new Error(`the secret of token key "${kid}" must have ${size}; "openssl rand -hex 32" makes a good one`);
  }
  return secret;
}

function exportPublicKey(kid: string, alg: AppTokenAlgorithm, given: string | webcrypto.JsonWebKey): string {
  const key = readPublicKey(kid, given);
  const curve = key.asymmetricKeyType === 'ec' ? key.asymmetricKeyDetails?.namedCurve : key.asymmetricKeyType;
  const wanted = alg === 'ES256' ? 'prime256v1' : 'ed25519';
  if (curve !== wanted)
    throw new Error(`token key "${kid}" must be a key for ${alg === 'ES256' ? 'P-256' : 'Ed25519'}, as it is for ${alg}`);
  return key.export({ format: 'der', type: 'spki' }).toString('base64');
}

/** A private key is refused, though the public one could be made of it: it does not belong here. */
function readPublicKey(kid: string, given: string | webcrypto.JsonWebKey): KeyObject {
  const isPrivate = typeof given === 'string' ? given.includes('PRIVATE') : given.d !== undefined;
  if (isPrivate) throw new Error(`token key "${kid}" is a private key; give the public one`);
  try {
    return createPublicKey(typeof given === 'string' ? given : { key: given, format: 'jwk' });
  } catch {
    throw new Error(`the publicKey of token key "${kid}" must be a public key in PEM (SPKI) or as a JWK`);
  }
}
