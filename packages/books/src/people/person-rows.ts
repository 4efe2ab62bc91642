/** People and their memberships as rows. */
import type { Member, Membership, Person } from '@causeway/accounts';
import type { Role } from '@causeway/protocol';
import type { Selectable } from 'kysely';
import type { BooksDatabase, PeopleTable } from '../database/schema.ts';
import { orgOf } from '../rows.ts';

export type PersonRow = Selectable<PeopleTable>;

export function personOf({ id, email, name, createdAtMs }: PersonRow): Person {
  return { id, email, name, createdAtMs };
}

/** Normalises an e-mail address for comparison: mail hosts ignore case, and people add spaces. */
export function addressOf(text: string): string {
  return text.trim().toLowerCase();
}

export function findPerson(database: BooksDatabase, email: string): Promise<PersonRow | undefined> {
  return database.selectFrom('people').selectAll().where('email', '=', addressOf(email)).executeTakeFirst();
}

/** Finds a person who is a member of an organisation. */
export async function findMember(database: BooksDatabase, email: string): Promise<PersonRow | undefined> {
  const person = await findPerson(database, email);
  if (person === undefined) return undefined;
  const membership = await database.selectFrom('members').select('orgId').where('personId', '=', person.id).limit(1).executeTakeFirst();
  return membership === undefined ? undefined : person;
}

/** Reads a person's memberships, sorted by the name of the organisation. */
export async function membershipsOf(database: BooksDatabase, personId: string): Promise<readonly Membership[]> {
  const rows = await database
    .selectFrom('members')
    .innerJoin('orgs', 'orgs.id', 'members.orgId')
    .selectAll('orgs')
    .select('role')
    .where('personId', '=', personId)
    .orderBy('orgs.name')
    .orderBy('orgs.id')
    .execute();
  return rows.map(({ role, ...org }) => ({ org: orgOf(org), role: role as Role }));
}

/** Reads the members of an organisation, sorted by e-mail address. */
export async function membersOf(database: BooksDatabase, orgId: string): Promise<readonly Member[]> {
  const rows = await database
    .selectFrom('members')
    .innerJoin('people', 'people.id', 'members.personId')
    .selectAll('people')
    .select(['role', 'joinedAtMs'])
    .where('orgId', '=', orgId)
    .orderBy('email')
    .execute();
  return rows.map(({ role, joinedAtMs, ...person }) => ({ person: personOf(person), role: role as Role, joinedAtMs }));
}
