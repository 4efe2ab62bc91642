import { createHmac, type KeyObject, sign } from 'node:crypto';

/** A JWT as the backend of an app signs it (RFC 7515 §3.1): the bench signs thousands, and one after the other. */
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
