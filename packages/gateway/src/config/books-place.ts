import { join } from 'node:path';
import type { OptionKind } from './option-kinds.ts';

/** The location of the books, as configured. */
export type BooksPlace =
  | { readonly kind: 'off' }
  | { readonly kind: 'file'; readonly path: string }
  | { readonly kind: 'postgres'; readonly url: string };

const FILE_NAME = 'books.sqlite';
const POSTGRES_URL = /^postgres(?:ql)?:\/\/[\x21-\x7e]{1,2048}$/;
const MAX_PATH_LENGTH = 4_096;

export const booksPlace: OptionKind<BooksPlace> = {
  expected: 'the path of a file, a URL such as postgres://user:password@10.0.0.6/causeway, or off',
  read(input) {
    if (typeof input !== 'string' || input.length === 0 || input.length > MAX_PATH_LENGTH) return undefined;
    if (input === 'off') return { kind: 'off' };
    if (/^[a-z+]+:\/\//i.test(input)) return POSTGRES_URL.test(input) ? { kind: 'postgres', url: input } : undefined;
    return { kind: 'file', path: input };
  },
};

/**
 * Returns the default location of a standalone node's books: the folder that systemd provides for the service, or the
 * user's folder for program state.
 *
 * @returns undefined if there is no such folder
 */
export function defaultBooksPlace(environment: Readonly<Record<string, string | undefined>>): BooksPlace | undefined {
  const { STATE_DIRECTORY: ofService, XDG_STATE_HOME: ofUser, HOME: home } = environment;
  // systemd separates several folders by colons.
  const [folder = ''] = ofService?.split(':') ?? [];
  if (folder !== '') return { kind: 'file', path: join(folder, FILE_NAME) };
  const state = ofUser ?? (home === undefined || home === '' ? undefined : join(home, '.local/state'));
  return state === undefined || state === '' ? undefined : { kind: 'file', path: join(state, 'causeway', FILE_NAME) };
}
