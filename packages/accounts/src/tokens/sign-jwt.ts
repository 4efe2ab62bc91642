/**
 * Signs JSON web tokens of the SFU with Ed25519.
 *
 * Every new session gets a token. jose signs through Web Crypto in another thread, and on a node with
 * one core the round trip costs several times the signature.
 *
 * @see RFC 7515 §3.1 (compact form), RFC 7519, RFC 8037 §3.1 (EdDSA)
 */
import { type KeyObject, sign } from 'node:crypto';

/** A private key, and the id under which verifiers find the public key. */
export interface SigningKey {
  readonly kid: string;
  /** An Ed25519 private key. */
  readonly privateKey: KeyObject;
}

/** Returns a token with these claims in compact form. */
export function signJwt(claims: object, { kid, privateKey }: SigningKey): string {
  const text = `${encode({ alg: 'EdDSA', typ: 'JWT', kid })}.${encode(claims)}`;
  return `${text}.${sign(null, Buffer.from(text, 'ascii'), privateKey).toString('base64url')}`;
}

function encode(part: object): string {
  return Buffer.from(JSON.stringify(part), 'utf8').toString('base64url');
}
