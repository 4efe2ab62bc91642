/** Authenticated text: `<payload in base64url>.<HMAC-SHA256 of that in base64url>`, all of it visible ASCII. */
import { createHmac, type KeyObject, timingSafeEqual } from 'node:crypto';

const SIGNED = /^([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]{43})$/;

/** Signs the bytes exactly as they are sent, so that no node has to serialise JSON the same way twice. */
export function signText(payload: string, key: KeyObject): string {
  const encoded = Buffer.from(payload, 'utf8').toString('base64url');
  return `${encoded}.${signatureOf(encoded, key).toString('base64url')}`;
}

/** @returns the payload; undefined if the text is unsigned or was signed with another key. The signature is compared in constant time. */
export function openSignedText(text: string, key: KeyObject): string | undefined {
  const [, encoded, signature] = SIGNED.exec(text) ?? [];
  if (encoded === undefined || signature === undefined) return undefined;
  if (!timingSafeEqual(Buffer.from(signature, 'base64url'), signatureOf(encoded, key))) return undefined;
  return Buffer.from(encoded, 'base64url').toString('utf8');
}

function signatureOf(encoded: string, key: KeyObject): Buffer {
  return createHmac('sha256', key).update(encoded).digest();
}
