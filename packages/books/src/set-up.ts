/** The one-time token with which the operator who starts the first node makes the first organisation. */
import { digestSecret, generateSecret } from '@causeway/accounts';
import { SfuError } from '@causeway/protocol';
import type { BooksDatabase } from './database/schema.ts';
import { nextSerial } from './serials.ts';

const PREFIX = 'cwsetup_';

/** @returns undefined if there is an organisation already */
export async function openSetUp(database: BooksDatabase, nowMs: number): Promise<string | undefined> {
  // Two nodes may start at once; the token of the later one counts.
  await nextSerial(database);
  const org = await database.selectFrom('orgs').select('id').limit(1).executeTakeFirst();
  if (org !== undefined) return undefined;
  const token = `${PREFIX}${generateSecret()}`;
  await database.deleteFrom('setUps').execute();
  await database
    .insertInto('setUps')
    .values({ digest: digestSecret(token), createdAtMs: nowMs })
    .execute();
  return token;
}

/** Uses the token up. @throws SfuError `unauthorized` – it is not the newest one, or was used */
export async function takeSetUp(database: BooksDatabase, token: string): Promise<void> {
  await nextSerial(database);
  const { numDeletedRows } = await database.deleteFrom('setUps').where('digest', '=', digestSecret(token)).executeTakeFirst();
  if (numDeletedRows === 0n)
    throw new SfuError('unauthorized', 'this set-up token is not good, or was used; the node prints one at its start');
}
