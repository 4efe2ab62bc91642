/** What an assertion states about the call that it vouches for. */
import { createHash } from 'node:crypto';

/** Base path of the API on every node; the app id follows. */
export const API_BASE_PATH = '/api/sfu';

/**
 * An assertion is limited to 8,192 characters, of which base64 takes a third and a token's claims up to three thousand;
 * in JSON, a character of a path may take two.
 */
const MAX_NAMED_LENGTH = 512;

/**
 * Returns a path in the form used by assertions. A long path is replaced by its digest, which no path looks like, so
 * that the call can be forwarded and is answered as at the owner.
 */
export function assertedPathOf(path: string): string {
  if (path.length <= MAX_NAMED_LENGTH) return path;
  return `sha256:${createHash('sha256').update(path).digest('base64')}`;
}

/**
 * Returns the SHA-256, in base64, of a body serialised as JSON, which is the same for every equivalent text.
 *
 * @param body parsed JSON, or undefined for none
 */
export function digestOf(body: unknown): string {
  return createHash('sha256')
    .update(JSON.stringify(body) ?? '')
    .digest('base64');
}
