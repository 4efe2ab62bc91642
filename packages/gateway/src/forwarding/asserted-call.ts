/** What an assertion says of the call that it vouches for. */
import { createHash } from 'node:crypto';

/** Where the API begins on every node; the app id follows. */
export const API_BASE_PATH = '/api/sfu';

/**
 * An assertion has 8,192 characters, a third of them base64's, and a token's claims take up to three
 * thousand; as JSON each character of a path may take two.
 */
const MAX_NAMED_LENGTH = 512;

/**
 * A path as an assertion names it: a long one by its digest, which no path looks like, so that a call about it can be passed on and is
 * answered as at the owner.
 */
export function assertedPathOf(path: string): string {
  if (path.length <= MAX_NAMED_LENGTH) return path;
  return `sha256:${createHash('sha256').update(path).digest('base64')}`;
}

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
