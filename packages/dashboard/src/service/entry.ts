/** Reads from the address what the page was opened for. */
import { type Credentials, parseFragment } from '../console/credentials.ts';

/** A page that is opened by a link with a one-time token. */
export type OneTimePage = 'setup' | 'invitation';

/** What the page was opened for. Tokens and secrets are removed from the address at once. */
export type Entry =
  | { readonly kind: 'console' }
  | { readonly kind: 'one-time'; readonly page: OneTimePage; readonly token: string }
  /** An OpenID provider has sent the browser back. */
  | { readonly kind: 'provider'; readonly query: string }
  | { readonly kind: 'bench'; readonly credentials: Partial<Credentials> };

/**
 * @param path the path of the address, which may begin with that of a proxy
 * @param fragment with or without `#`
 * @param query with its question mark
 */
export function readEntry(path: string, fragment: string, query = ''): Entry {
  if (/\/oidc$/.test(path)) return { kind: 'provider', query };
  const text = fragment.replace(/^#/, '');
  const [page] = /(?:setup|invitation)$/.exec(path) ?? [];
  if (page !== undefined) return { kind: 'one-time', page: page as OneTimePage, token: text };
  const credentials = text.startsWith('/') ? {} : parseFragment(text);
  return Object.keys(credentials).length > 0 ? { kind: 'bench', credentials } : { kind: 'console' };
}
