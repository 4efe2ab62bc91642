export * from './backup/back-up.ts';
export * from './database/open-database.ts';
export * from './inspect-books.ts';
export * from './migrations/migrate.ts';
export { SqlAccounts } from './people/sql-accounts.ts';
export * from './sql-books.ts';
export { BooksThread, type BooksThreadOptions } from './thread/books-thread.ts';
export { SqlWebhooks, type SqlWebhooksOptions } from './webhooks/sql-webhooks.ts';
