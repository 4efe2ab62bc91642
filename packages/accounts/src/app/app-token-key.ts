/** Keys with which an app's own backend signs tokens, so that it need not request each one from the SFU. */
import { createPublicKey, createSecretKey, type KeyObject, type webcrypto } from 'node:crypto';

/** The algorithms with which an app may sign tokens. */
export const APP_TOKEN_ALGORITHMS = ['EdDSA', 'ES256', 'HS256'] as const;
/** An algorithm with which an app may sign tokens. */
export type AppTokenAlgorithm = (typeof APP_TOKEN_ALGORITHMS)[number];

/** Allows an old and a new key during a rotation. */
export const MAX_TOKEN_KEYS_PER_APP = 2;

/** RFC 7518 §3.2 requires 256 bits, which are 43 characters of base64. */
export const MIN_TOKEN_SECRET_LENGTH = 43;
export const MAX_TOKEN_SECRET_LENGTH = 256;

/** Key ids with this prefix are reserved for the SFU's own keys. */
export const SFU_KEY_ID_PREFIX = 'sfu-';
const KEY_ID = /^[A-Za-z0-9._-]{1,64}$/;

/** A key that verifies tokens signed by an app. */
export interface AppTokenKey {
  /** The id that tokens have in their header (RFC 7515 §4.1.4). It is unique within the app. */
  readonly kid: string;
  /** The only algorithm that tokens with this key may use. */
  readonly alg: AppTokenAlgorithm;
  /** SPKI in base64 for `EdDSA` (Ed25519) and `ES256` (P-256); for `HS256` the secret itself. */
  readonly key: string;
}

/** A token key as an operator configures it. */
export interface NewAppTokenKey {
  readonly kid: string;
  readonly alg: string;
  /** PEM (SPKI) or a JWK, for `EdDSA` and `ES256`. */
  readonly publicKey?: string | webcrypto.JsonWebKey;
  /** The shared secret, for `HS256`. */
  readonly secret?: string;
}

/**
 * Creates the record of a key from its configuration.
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

/** @throws Error – the key was not created by `createAppTokenKey` */
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

/** A private key is refused, although the public key could be derived from it, because it should never leave the backend. */
function readPublicKey(kid: string, given: string | webcrypto.JsonWebKey): KeyObject {
  const isPrivate = typeof given === 'string' ? given.includes('PRIVATE') : given.d !== undefined;
  if (isPrivate) throw new Error(`token key "${kid}" is a private key; give the public one`);
  try {
    return createPublicKey(typeof given === 'string' ? given : { key: given, format: 'jwk' });
  } catch {
    throw new Error(`the publicKey of token key "${kid}" must be a public key in PEM (SPKI) or as a JWK`);
  }
}
