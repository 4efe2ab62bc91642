/**
 * The thread of the books, started by `BooksThread`. SQLite blocks its calling thread, which must not be the one that handles packets.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { type MessagePort, parentPort, workerData } from 'node:worker_threads';
import type { Accounts, Books, WebhookBooks } from '@causeway/accounts';
import { openDatabase, sqlKindOf } from '../database/open-database.ts';
import type { BooksDatabase } from '../database/schema.ts';
import { migrate } from '../migrations/migrate.ts';
import { SqlAccounts } from '../people/sql-accounts.ts';
import { SqlBooks } from '../sql-books.ts';
import { SqlWebhooks } from '../webhooks/sql-webhooks.ts';
import { crossingError } from './crossing-error.ts';
import type { BooksThreadStart, FromBooksThread, ToBooksThread } from './thread-messages.ts';

/** How often opening is retried, since Postgres may not run yet, or another process may lock the file. */
const RETRY_MS = 1_000;

async function main(port: MessagePort): Promise<void> {
  const { location, sealingKey, oidc }: BooksThreadStart = workerData;
  let database: BooksDatabase | undefined;
  const underWay = new Set<Promise<void>>();
  const tell = (message: FromBooksThread): void => port.postMessage(message);
  let books: OpenBooks | undefined;
  port.on('message', (message: ToBooksThread) => {
    if (message.type === 'close') {
      void Promise.all(underWay)
        .then(() => database?.destroy())
        .finally(() => process.exit(0));
      return;
    }
    const call = carryOut(books, message).then((reply) => {
      underWay.delete(call);
      tell(reply);
    });
    underWay.add(call);
  });
  while (books === undefined) {
    try {
      database ??= openDatabase(location);
      await migrate(database, sqlKindOf(location));
      books = {
        books: new SqlBooks(database, Date.now),
        accounts: new SqlAccounts(database, Date.now, { sealingKey, oidc }),
        webhooks: new SqlWebhooks(database, Date.now),
      };
      tell({ type: 'ready' });
    } catch (error) {
      tell({ type: 'unready', error });
      await sleep(RETRY_MS);
    }
  }
}

interface OpenBooks {
  readonly books: Books;
  readonly accounts: Accounts;
  readonly webhooks: WebhookBooks;
}

async function carryOut(
  open: OpenBooks | undefined,
  { id, method, args }: Extract<ToBooksThread, { type: 'call' }>,
): Promise<FromBooksThread> {
  if (open === undefined) return { type: 'failure', id, error: { kind: 'unavailable', error: new Error('not opened yet') } };
  try {
    const part = [open.books, open.accounts].find((each) => method in each) ?? open.webhooks;
    return { type: 'answer', id, answer: await Reflect.apply(part[method as keyof typeof part], part, [...args]) };
  } catch (error) {
    return { type: 'failure', id, error: crossingError(error) };
  }
}

if (parentPort !== null) void main(parentPort);
