/** The peer's certificate, and the check that it holds the private key. */
import { constants, type KeyObject, verify, X509Certificate } from 'node:crypto';
import { SignatureScheme } from './dtls-numbers.ts';

/** The signature schemes that are accepted, in the order in which they are offered to peers. */
export const ACCEPTED_SIGNATURE_SCHEMES: readonly number[] = [
  SignatureScheme.ecdsaSecp256r1Sha256,
  SignatureScheme.rsaPssRsaeSha256,
  SignatureScheme.rsaPkcs1Sha256,
];

/** Shorter RSA keys are not secure, and longer ones could be used to waste our processor time. */
const MIN_RSA_BITS = 2_048;
const MAX_RSA_BITS = 4_096;
/** Practically all certificates use 65,537. A long exponent makes each check slow. */
const MAX_RSA_EXPONENT = 2n ** 32n;

/** @returns the certificate's public key; undefined if the certificate is malformed or its key is not accepted */
export function certificateKey(der: Uint8Array): KeyObject | undefined {
  let key: KeyObject;
  try {
    key = new X509Certificate(der).publicKey;
  } catch {
    return undefined;
  }
  return isAcceptable(key) ? key : undefined;
}

/** Whether `signature` over `data` was made with the key, with a scheme that fits the key. Never throws. */
export function isSignedBy(key: KeyObject, scheme: number, data: Uint8Array, signature: Uint8Array): boolean {
  const isEcdsa = scheme === SignatureScheme.ecdsaSecp256r1Sha256;
  if (!ACCEPTED_SIGNATURE_SCHEMES.includes(scheme) || isEcdsa !== (key.asymmetricKeyType === 'ec')) return false;
  const padding = scheme === SignatureScheme.rsaPssRsaeSha256 ? constants.RSA_PKCS1_PSS_PADDING : constants.RSA_PKCS1_PADDING;
  const verifier = isEcdsa ? key : { key, padding, saltLength: constants.RSA_PSS_SALTLEN_DIGEST };
  try {
    return verify('sha256', data, verifier, signature);
  } catch {
    return false;
  }
}

function isAcceptable(key: KeyObject): boolean {
  const { namedCurve, modulusLength = 0, publicExponent = 0n } = key.asymmetricKeyDetails ?? {};
  if (key.asymmetricKeyType === 'ec') return namedCurve === 'prime256v1';
  if (key.asymmetricKeyType !== 'rsa') return false;
  return modulusLength >= MIN_RSA_BITS && modulusLength <= MAX_RSA_BITS && publicExponent < MAX_RSA_EXPONENT;
}
