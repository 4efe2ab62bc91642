import { createHash } from 'node:crypto';

/**
 * SHA-256, in base64, of a body as it is written in JSON: the same for every text that means the same.
 *
 * @param body parsed JSON, or undefined for none
 */
export function digestOf(body: unknown): string {
  return createHash('sha256')
    .update(JSON.stringify(body) ?? '')
    .digest('base64');
}
