/**
 * Text that only nodes can read, for secrets that have to be stored in Redis or in the books. Sealing is deterministic
 * for the same text, key and context, so that a record is the same whichever node wrote it.
 */
import { createCipheriv, createDecipheriv, createHmac, hkdfSync, type KeyObject } from 'node:crypto';

const CIPHER = 'aes-256-gcm';
const KEY_SIZE_BYTES = 32;
const NONCE_SIZE_BYTES = 12;
const TAG_SIZE_BYTES = 16;
/** Changes with the format of sealed text. */
const SALT = 'causeway sealed text 1';

/** @param context what the text belongs to; the same context is required to open it */
export function sealText(text: string, context: string, key: KeyObject): string {
  // The nonce is derived from the content, so it is never used for two different texts.
  const nonce = createHmac('sha256', derive(key, 'nonce')).update(`${context.length} ${context} ${text}`).digest();
  const cipher = createCipheriv(CIPHER, derive(key, 'cipher'), nonce.subarray(0, NONCE_SIZE_BYTES)).setAAD(Buffer.from(context));
  const sealed = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()]);
  return Buffer.concat([nonce.subarray(0, NONCE_SIZE_BYTES), cipher.getAuthTag(), sealed]).toString('base64url');
}

/** @returns undefined if it was not sealed with this key in this context */
export function openSealedText(text: string, context: string, key: KeyObject): string | undefined {
  const bytes = Buffer.from(text, 'base64url');
  if (bytes.length < NONCE_SIZE_BYTES + TAG_SIZE_BYTES) return undefined;
  const decipher = createDecipheriv(CIPHER, derive(key, 'cipher'), bytes.subarray(0, NONCE_SIZE_BYTES)).setAAD(Buffer.from(context));
  decipher.setAuthTag(bytes.subarray(NONCE_SIZE_BYTES, NONCE_SIZE_BYTES + TAG_SIZE_BYTES));
  try {
    return Buffer.concat([decipher.update(bytes.subarray(NONCE_SIZE_BYTES + TAG_SIZE_BYTES)), decipher.final()]).toString('utf8');
  } catch {
    return undefined;
  }
}

function derive(key: KeyObject, purpose: string): Buffer {
  return Buffer.from(hkdfSync('sha256', key, SALT, purpose, KEY_SIZE_BYTES));
}
