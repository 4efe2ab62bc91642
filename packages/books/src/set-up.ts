/** The one-time token with which the operator of the first node creates the first organisation. */
import { digestSecret, generateSecret } from '@causeway/accounts';
import { SfuError } from '@causeway/protocol';
import type { BooksDatabase } from './database/schema.ts';
import { nextSerial } from './serials.ts';

const PREFIX = 'cwsetup_';

/** @returns undefined if an organisation exists already */
export async function openSetUp(database: BooksDatabase, nowMs: number): Promise<string | undefined> {
  // Two nodes may start at the same time; the token of the later one is valid.
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

/** Consumes the token. @throws SfuError `unauthorized` – it is not the newest, or was used */
export async function takeSetUp(database: BooksDatabase, token: string): Promise<void> {
  await nextSerial(database);
  const { numDeletedRows } = await database.deleteFrom('setUps').where('digest', '=', digestSecret(token)).executeTakeFirst();
  if (numDeletedRows === 0n)
    throw new SfuError('unauthorized', 'this set-up token is not valid, or has been used; the node prints a new one when it starts');
}
