/** What the thread of the books and the thread of the calls say to each other. */
import type { KeyObject } from 'node:crypto';
import type { Accounts, Books, WebhookBooks } from '@causeway/accounts';
import type { BooksLocation } from '../database/open-database.ts';
import type { CrossingError } from './crossing-error.ts';

/** What the thread is started with. */
export interface BooksThreadStart {
  readonly location: BooksLocation;
  readonly sealingKey: KeyObject | undefined;
}

/** A method of the books, or of the people or webhooks in them. */
export type BooksMethod = keyof Books | keyof Accounts | keyof WebhookBooks;

export type ToBooksThread =
  /** A call of one method. Its arguments are plain data. */
  | { readonly type: 'call'; readonly id: number; readonly method: BooksMethod; readonly args: readonly unknown[] }
  | { readonly type: 'close' };

export type FromBooksThread =
  | { readonly type: 'ready' }
  /** The books could not be opened; it is tried again. */
  | { readonly type: 'unready'; readonly error: unknown }
  | { readonly type: 'answer'; readonly id: number; readonly answer: unknown }
  | { readonly type: 'failure'; readonly id: number; readonly error: CrossingError };
