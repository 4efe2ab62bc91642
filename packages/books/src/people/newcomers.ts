/** Adds people to the books and to organisations. */
import { randomBytes } from 'node:crypto';
import type { Actor } from '@causeway/accounts';
import type { Role } from '@causeway/protocol';
import { noteChange } from '../audit.ts';
import type { BooksDatabase } from '../database/schema.ts';
import { disconnect } from './oidc-rows.ts';
import { deletePasskeys } from './passkey-rows.ts';
import { addressOf, findPerson, membershipsOf, type PersonRow } from './person-rows.ts';
import { endSignIns } from './sign-in-rows.ts';
import { deleteTotp } from './totp-rows.ts';

const ID_SIZE_BYTES = 9;

/** A person to be added to the books. */
export interface Newcomer {
  readonly email: string;
  readonly name: string;
  /** The hash of the password; empty for a person who has none. */
  readonly password: string;
}

export async function createPerson(database: BooksDatabase, { email, name, password }: Newcomer, nowMs: number): Promise<PersonRow> {
  const id = `person-${randomBytes(ID_SIZE_BYTES).toString('base64url')}`;
  const row = { id, email: addressOf(email), name, password, createdAtMs: nowMs };
  await database.insertInto('people').values(row).execute();
  return row;
}

/**
 * Adds a person who is in no organisation. If the books know the person from an earlier membership, the former credentials and sign-ins
 * end.
 */
export async function takeNewcomer(database: BooksDatabase, newcomer: Newcomer, nowMs: number): Promise<PersonRow> {
  const known = await findPerson(database, newcomer.email);
  if (known === undefined) return createPerson(database, newcomer, nowMs);
  const { name, password } = newcomer;
  await database.updateTable('people').set({ name, password }).where('id', '=', known.id).execute();
  await endSignIns(database, known.id, undefined);
  await deleteTotp(database, known.id);
  await deletePasskeys(database, known.id);
  await disconnect(database, known.id);
  return { ...known, name, password };
}

/** A person who joins an organisation, and the author of that change. */
export interface Joining {
  readonly orgId: string;
  readonly person: PersonRow;
  readonly role: Role;
  readonly actor: Actor;
}

export async function join(database: BooksDatabase, { orgId, person, role, actor }: Joining, nowMs: number): Promise<void> {
  await database.insertInto('members').values({ orgId, personId: person.id, role, joinedAtMs: nowMs }).execute();
  await noteChange(database, { orgId, actor, action: 'member.joined', subject: `${person.email}: ${role}`, atMs: nowMs });
}

/** Records a change that a person has made to their own account in the audit of every organisation that they are in. */
export async function noteOfPerson(database: BooksDatabase, action: string, personId: string, nowMs: number): Promise<void> {
  for (const { org } of await membershipsOf(database, personId)) {
    await noteChange(database, { orgId: org.id, actor: { kind: 'person', id: personId }, action, subject: personId, atMs: nowMs });
  }
}
