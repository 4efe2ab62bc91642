import { createHmac } from 'node:crypto';
import type { HmacSha1 } from '@causeway/wire';

export const hmacSha1: HmacSha1 = (key, data) => createHmac('sha1', key).update(data).digest();

/** The short-term credential of ICE: the password's bytes. */
export function passwordKey(password: string): Uint8Array {
  return new TextEncoder().encode(password);
}
