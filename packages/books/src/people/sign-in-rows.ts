/** Sign-ins as rows. */
import {
  digestSecret,
  generateSecret,
  type OpenedSignIn,
  type SecretDigest,
  SIGN_IN_IDLE_MS,
  SIGN_IN_LIFE_MS,
  type SignedIn,
} from '@causeway/accounts';
import type { BooksDatabase } from '../database/schema.ts';
import { membershipsOf, type PersonRow, personOf } from './person-rows.ts';

const PREFIX = 'cwp_';
/** Limits how often a row is updated, since every call uses a sign-in. */
const USE_NOTED_EVERY_MS = 3_600_000;

/** Signs a person in, and removes expired sign-ins. */
export async function openSignIn(database: BooksDatabase, row: PersonRow, nowMs: number): Promise<OpenedSignIn> {
  await database
    .deleteFrom('signIns')
    .where((where) => where.or([where('createdAtMs', '<=', nowMs - SIGN_IN_LIFE_MS), where('usedAtMs', '<=', nowMs - SIGN_IN_IDLE_MS)]))
    .execute();
  const token = `${PREFIX}${generateSecret()}`;
  await database
    .insertInto('signIns')
    .values({ digest: digestSecret(token), personId: row.id, createdAtMs: nowMs, usedAtMs: nowMs })
    .execute();
  return { person: personOf(row), memberships: await membershipsOf(database, row.id), token, expiresAtMs: nowMs + SIGN_IN_LIFE_MS };
}

/** @returns undefined if the sign-in does not exist or has ended */
export async function readSignIn(database: BooksDatabase, digest: SecretDigest, nowMs: number): Promise<SignedIn | undefined> {
  const row = await database
    .selectFrom('signIns')
    .innerJoin('people', 'people.id', 'signIns.personId')
    .selectAll('people')
    .select('usedAtMs')
    .where('digest', '=', digest)
    .where('signIns.createdAtMs', '>', nowMs - SIGN_IN_LIFE_MS)
    .where('usedAtMs', '>', nowMs - SIGN_IN_IDLE_MS)
    .executeTakeFirst();
  if (row === undefined) return undefined;
  if (row.usedAtMs <= nowMs - USE_NOTED_EVERY_MS) {
    await database.updateTable('signIns').set({ usedAtMs: nowMs }).where('digest', '=', digest).execute();
  }
  return { person: personOf(row), memberships: await membershipsOf(database, row.id) };
}

/** Ends the sign-ins of a person. @param kept the digest of one that remains */
export async function endSignIns(database: BooksDatabase, personId: string, kept: SecretDigest | undefined): Promise<void> {
  const all = database.deleteFrom('signIns').where('personId', '=', personId);
  await (kept === undefined ? all : all.where('digest', '!=', kept)).execute();
}
