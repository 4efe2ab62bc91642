import type { BooksDatabase } from './database/schema.ts';

/**
 * The next serial of a change of apps or their keys. It locks its row until the transaction ends, so changes are committed in the order of
 * their serials, and a reader that has seen one has not missed an earlier one. What a change checks before it writes stays true for the
 * same reason: call this first.
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

/** The serial of the newest change. */
export async function newestSerial(database: BooksDatabase): Promise<number> {
  const { value } = await database.selectFrom('serials').select('value').where('name', '=', 'apps').executeTakeFirstOrThrow();
  return value;
}
