/** `causeway books backup FILE` and `causeway books restore FILE`. */
import { argumentsError } from '../config/command-usage.ts';
import type { Config } from '../config/load-config.ts';
import { OPTIONS } from '../config/options.ts';
import { ConfigError, StartError } from '../config/start-error.ts';

/**
 * Copies the configured books to a file while nodes use them, or from a file into empty books.
 *
 * @returns a message for the person who ran the command
 * @throws ConfigError – the command is unknown, or no books are configured
 * @throws StartError – the copy failed, and nothing was changed
 */
export async function runBooksCommand({ books: place }: Pick<Config, 'books'>, args: readonly string[]): Promise<string> {
  const [verb, path, ...rest] = args;
  if ((verb !== 'backup' && verb !== 'restore') || path === undefined || rest.length > 0) throw argumentsError('books');
  if (place === undefined || place.kind === 'off')
    throw new ConfigError(`${OPTIONS.books.variable} must be set to the location of the books`);
  const { backUp, migrate, noteBackup, openDatabase, restore, sqlKindOf } = await import('@causeway/books');
  const kind = sqlKindOf(place);
  try {
    await using database = openDatabase(place);
    if (verb === 'restore') return `${await restore(database, kind, path)} rows are restored from ${path}\n`;
    await migrate(database, kind);
    const rows = await backUp(database, path, Date.now());
    noteBackup(place, Date.now());
    return `${rows} rows are in ${path}\n`;
  } catch (error) {
    throw new StartError(`the books cannot be ${verb === 'backup' ? 'backed up' : 'restored'}: ${(error as Error).message}`);
  }
}
