/** What the page was opened for, by its address. */
import { type Credentials, parseFragment } from '../console/credentials.ts';

/** A link that is good once, to the page that takes its token. */
export type OneTimePage = 'setup' | 'invitation';

/** What the address asks for. Tokens and secrets in it are taken out of it at once. */
export type Entry =
  | { readonly kind: 'console' }
  | { readonly kind: 'one-time'; readonly page: OneTimePage; readonly token: string }
  /** An OpenID provider has sent the browser back. */
  | { readonly kind: 'provider'; readonly query: string }
  | { readonly kind: 'bench'; readonly credentials: Partial<Credentials> };

/**
 * @param path of the address: the console may be below that of a proxy
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
