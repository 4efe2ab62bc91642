/** Single-use challenges for browsers. They are in the database because another node may receive the answer. */
import { CHALLENGE_LIFE_MS, digestSecret } from '@causeway/accounts';
import type { BooksDatabase } from '../database/schema.ts';

export interface NewChallenge {
  readonly challenge: string;
  /** The only purpose for which the challenge can be used. */
  readonly purpose: string;
  /** Data for the code that takes the challenge. */
  readonly data: string;
}

/** Stores a challenge, and removes expired ones. */
export async function noteChallenge(database: BooksDatabase, { challenge, purpose, data }: NewChallenge, nowMs: number): Promise<void> {
  await database.deleteFrom('challenges').where('expiresAtMs', '<=', nowMs).execute();
  const row = { digest: digestSecret(challenge), purpose, data, expiresAtMs: nowMs + CHALLENGE_LIFE_MS };
  await database.insertInto('challenges').values(row).execute();
}

/** Consumes a challenge. @returns its data; undefined if it has another purpose, was used, or has expired */
export async function takeChallenge(
  database: BooksDatabase,
  challenge: string,
  purpose: string,
  nowMs: number,
): Promise<string | undefined> {
  const row = await database.deleteFrom('challenges').where('digest', '=', digestSecret(challenge)).returningAll().executeTakeFirst();
  return row?.purpose === purpose && row.expiresAtMs > nowMs ? row.data : undefined;
}
