import type { BooksDatabase } from './database/schema.ts';

/**
 * Takes the next serial of a change of apps or their keys. This locks a row until the transaction ends, so changes commit in the order of
 * their serials, and a reader that has seen one has missed none before it. Call it first, so that what the change checks before it
 * writes stays true.
 */
export async function nextSerial(database: BooksDatabase): Promise<number> {
  const { value } = await database
    .updateTable('serials')
    .set((row) => ({ value: row('value', '+', 1) }))
    .where('name', '=', 'apps')
    .returning('value')
    .executeTakeFirstOrThrow();
  return value;
}

/** Returns the serial of the newest change. */
export async function newestSerial(database: BooksDatabase): Promise<number> {
  const { value } = await database.selectFrom('serials').select('value').where('name', '=', 'apps').executeTakeFirstOrThrow();
  return value;
}
