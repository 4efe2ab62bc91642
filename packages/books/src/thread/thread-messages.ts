/** The messages between the thread of the books and its callers. */
import type { KeyObject } from 'node:crypto';
import type { Accounts, Books, OidcSettings, WebhookBooks } from '@causeway/accounts';
import type { BooksLocation } from '../database/open-database.ts';
import type { CrossingError } from './crossing-error.ts';

/** The `workerData` of the thread. */
export interface BooksThreadStart {
  readonly location: BooksLocation;
  readonly sealingKey: KeyObject | undefined;
  readonly oidc: OidcSettings | undefined;
}

/** A method of the books, accounts or webhooks. */
export type BooksMethod = keyof Books | keyof Accounts | keyof WebhookBooks;

export type ToBooksThread =
  /** A method call with plain data as arguments. */
  | { readonly type: 'call'; readonly id: number; readonly method: BooksMethod; readonly args: readonly unknown[] }
  | { readonly type: 'close' };

export type FromBooksThread =
  | { readonly type: 'ready' }
  /** The books could not be opened, and opening is retried. */
  | { readonly type: 'unready'; readonly error: unknown }
  | { readonly type: 'answer'; readonly id: number; readonly answer: unknown }
  | { readonly type: 'failure'; readonly id: number; readonly error: CrossingError };
