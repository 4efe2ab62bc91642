/** What browsers are to answer or bring back, each once and soon. Any node of the service may have asked. */
import { CHALLENGE_LIFE_MS, digestSecret } from '@causeway/accounts';
import type { BooksDatabase } from '../database/schema.ts';

export interface NewChallenge {
  readonly challenge: string;
  /** A challenge is good for what it was made for, and nothing else. */
  readonly purpose: string;
  /** What the taker of the challenge is to know. */
  readonly data: string;
}

/** Remembers a challenge. Those that are over are removed along the way. */
export async function noteChallenge(database: BooksDatabase, { challenge, purpose, data }: NewChallenge, nowMs: number): Promise<void> {
  await database.deleteFrom('challenges').where('expiresAtMs', '<=', nowMs).execute();
  const row = { digest: digestSecret(challenge), purpose, data, expiresAtMs: nowMs + CHALLENGE_LIFE_MS };
  await database.insertInto('challenges').values(row).execute();
}

/** Uses a challenge up. @returns its data; undefined if it was not made for this, was taken, or is over */
export async function takeChallenge(
  database: BooksDatabase,
  challenge: string,
  purpose: string,
  nowMs: number,
): Promise<string | undefined> {
  const row = await database.deleteFrom('challenges').where('digest', '=', digestSecret(challenge)).returningAll().executeTakeFirst();
  return row?.purpose === purpose && row.expiresAtMs > nowMs ? row.data : undefined;
}
