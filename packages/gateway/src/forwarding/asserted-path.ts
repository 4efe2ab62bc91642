import { createHash } from 'node:crypto';

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
