import { createHash, randomBytes } from 'node:crypto';

const SECRET_SIZE_BYTES = 32;

/**
 * 128 random bits in base64 have 22 characters. Digests of secrets are in Redis and in config files, and an attacker who reads one can
 * try secrets as fast as SHA-256 can be computed.
 */
export const MIN_SECRET_LENGTH = 22;
/** Short enough for a header. */
export const MAX_SECRET_LENGTH = 256;

const DIGEST = /^[0-9a-f]{64}$/;

/** SHA-256 of an app secret, in lower-case hex. Secrets have 256 random bits, so a slow password hash would protect nothing more. */
export type SecretDigest = string & { readonly SecretDigest: unique symbol };

/** Computes the digest of a secret, the only form in which it is stored. */
export function digestSecret(secret: string): SecretDigest {
  return createHash('sha256').update(secret).digest('hex') as SecretDigest;
}

/** @returns undefined if the text is not 64 lower-case hex digits */
export function parseSecretDigest(text: string): SecretDigest | undefined {
  return DIGEST.test(text) ? (text as SecretDigest) : undefined;
}

/** Generates a secret of 256 random bits in URL-safe characters. */
export function generateSecret(): string {
  return randomBytes(SECRET_SIZE_BYTES).toString('base64url');
}
