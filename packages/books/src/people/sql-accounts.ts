import { randomBytes } from 'node:crypto';
import type {
  Accounts,
  Actor,
  Invitation,
  Member,
  NewPerson,
  OfferedMembership,
  OpenedSignIn,
  SecretDigest,
  SignedIn,
} from '@causeway/accounts';
import { type Role, SfuError } from '@causeway/protocol';
import { noteChange } from '../audit.ts';
import type { BooksDatabase } from '../database/schema.ts';
import { orgRow } from '../look-ups.ts';
import { createOrg } from '../org-rows.ts';
import { orgOf } from '../rows.ts';
import { nextSerial } from '../serials.ts';
import { takeSetUp } from '../set-up.ts';
import { createInvitation, invitationRow, liveInvitations, takeInvitation } from './invitation-rows.ts';
import { Passwords } from './passwords.ts';
import { addressOf, findPerson, membershipsOf, membersOf, type PersonRow } from './person-rows.ts';
import { openSignIn, readSignIn } from './sign-in-rows.ts';

const ID_SIZE_BYTES = 9;

/** The people of a service in the database of its books, in the thread that calls. */
export class SqlAccounts implements Accounts {
  readonly #database: BooksDatabase;
  readonly #nowMs: () => number;
  readonly #passwords = new Passwords();

  /** @param nowMs milliseconds since 1970 */
  constructor(database: BooksDatabase, nowMs: () => number) {
    this.#database = database;
    this.#nowMs = nowMs;
  }

  async signUp(setUpToken: string, orgName: string, person: NewPerson): Promise<OpenedSignIn> {
    const password = await this.#passwords.hash(person.password);
    return this.#change(async (database) => {
      await takeSetUp(database, setUpToken);
      const row = await this.#createPerson(database, { ...person, password });
      const actor: Actor = { kind: 'person', id: row.id };
      const { id } = await createOrg(database, orgName, actor, this.#nowMs());
      await this.#join(database, { orgId: id, person: row, role: 'owner', actor });
      return openSignIn(database, row, this.#nowMs());
    });
  }

  async signIn(email: string, password: string): Promise<OpenedSignIn> {
    const row = await findPerson(this.#database, email);
    if (!(await this.#passwords.matches(password, row?.password)) || row === undefined) throw wrongPassword();
    return this.#change((database) => openSignIn(database, row, this.#nowMs()));
  }

  findSignIn(digest: SecretDigest): Promise<SignedIn | undefined> {
    return readSignIn(this.#database, digest, this.#nowMs());
  }

  async signOut(digest: SecretDigest): Promise<void> {
    await this.#database.deleteFrom('signIns').where('digest', '=', digest).execute();
  }

  async changePassword(personId: string, present: string, next: string, kept: SecretDigest): Promise<void> {
    const row = await this.#database.selectFrom('people').selectAll().where('id', '=', personId).executeTakeFirst();
    if (!(await this.#passwords.matches(present, row?.password))) throw wrongPassword();
    const password = await this.#passwords.hash(next);
    await this.#change(async (database) => {
      await database.updateTable('people').set({ password }).where('id', '=', personId).execute();
      await database.deleteFrom('signIns').where('personId', '=', personId).where('digest', '!=', kept).execute();
      for (const { org } of await membershipsOf(database, personId)) {
        await this.#note(database, org.id, 'person.password-changed', personId, { kind: 'person', id: personId });
      }
    });
  }

  listMembers(orgId: string): Promise<readonly Member[]> {
    return membersOf(this.#database, orgId);
  }

  changeRole(orgId: string, personId: string, role: Role, actor: Actor): Promise<Member> {
    return this.#change(async (database) => {
      const member = await this.#memberToChange(database, orgId, personId, role);
      await database.updateTable('members').set({ role }).where('orgId', '=', orgId).where('personId', '=', personId).execute();
      await this.#note(database, orgId, 'member.changed', `${member.person.email}: ${role}`, actor);
      return { ...member, role };
    });
  }

  removeMember(orgId: string, personId: string, actor: Actor): Promise<void> {
    return this.#change(async (database) => {
      const { person } = await this.#memberToChange(database, orgId, personId, undefined);
      await database.deleteFrom('members').where('orgId', '=', orgId).where('personId', '=', personId).execute();
      await this.#note(database, orgId, 'member.removed', person.email, actor);
    });
  }

  invite(
    orgId: string,
    { email, role }: Pick<Invitation, 'email' | 'role'>,
    actor: Actor,
  ): Promise<{ readonly invitation: Invitation; readonly token: string }> {
    return this.#change(async (database) => {
      await nextSerial(database);
      const address = addressOf(email);
      await orgRow(database, orgId);
      const members = await membersOf(database, orgId);
      if (members.some(({ person }) => person.email === address)) throw new SfuError('member_conflict', `${address} is a member already`);
      const created = await createInvitation(database, { orgId, email: address, role }, this.#nowMs());
      await this.#note(database, orgId, 'member.invited', `${address}: ${role}`, actor);
      return created;
    });
  }

  listInvitations(orgId: string): Promise<readonly Invitation[]> {
    return liveInvitations(this.#database, orgId, this.#nowMs());
  }

  withdrawInvitation(orgId: string, invitationId: string, actor: Actor): Promise<void> {
    return this.#change(async (database) => {
      const invitations = await liveInvitations(database, orgId, this.#nowMs());
      const invitation = invitations.find(({ id }) => id === invitationId);
      if (invitation === undefined) throw new SfuError('invitation_not_found', `there is no invitation ${invitationId}`);
      await takeInvitation(database, invitationId);
      await this.#note(database, orgId, 'invitation.withdrawn', invitation.email, actor);
    });
  }

  async readInvitation(token: string): Promise<OfferedMembership> {
    const { orgId, email, role } = await invitationRow(this.#database, token, this.#nowMs());
    const [org, person] = [await orgRow(this.#database, orgId), await findPerson(this.#database, email)];
    return { org: orgOf(org), email, role: role as Role, isKnown: person !== undefined };
  }

  async acceptInvitation(token: string, { name, password }: Omit<NewPerson, 'email'>): Promise<OpenedSignIn> {
    const { email } = await invitationRow(this.#database, token, this.#nowMs());
    const known = await findPerson(this.#database, email);
    if (known !== undefined && !(await this.#passwords.matches(password, known.password))) throw wrongPassword();
    const kept = known?.password ?? (await this.#passwords.hash(password));
    return this.#change(async (database) => {
      await nextSerial(database);
      // It may have been accepted, or its bearer have become a person by another one, while the password was looked at.
      const { id, orgId, role } = await invitationRow(database, token, this.#nowMs());
      await takeInvitation(database, id);
      const now = await findPerson(database, email);
      if (now?.password !== known?.password) throw wrongPassword();
      const person = now ?? (await this.#createPerson(database, { email, name, password: kept }));
      await this.#join(database, { orgId, person, role: role as Role, actor: { kind: 'person', id: person.id } });
      return openSignIn(database, person, this.#nowMs());
    });
  }

  /** @param password as it is kept */
  async #createPerson(database: BooksDatabase, { email, name, password }: NewPerson): Promise<PersonRow> {
    const id = `person-${randomBytes(ID_SIZE_BYTES).toString('base64url')}`;
    const row = { id, email: addressOf(email), name, password, createdAtMs: this.#nowMs() };
    await database.insertInto('people').values(row).execute();
    return row;
  }

  async #join(
    database: BooksDatabase,
    { orgId, person, role, actor }: { readonly orgId: string; readonly person: PersonRow; readonly role: Role; readonly actor: Actor },
  ): Promise<void> {
    await database.insertInto('members').values({ orgId, personId: person.id, role, joinedAtMs: this.#nowMs() }).execute();
    await this.#note(database, orgId, 'member.joined', `${person.email}: ${role}`, actor);
  }

  /** @param role undefined if the member is to go; an organisation keeps an owner */
  async #memberToChange(database: BooksDatabase, orgId: string, personId: string, role: Role | undefined): Promise<Member> {
    // Two owners could otherwise remove each other at once.
    await nextSerial(database);
    const members = await membersOf(database, orgId);
    const member = members.find(({ person }) => person.id === personId);
    if (member === undefined) throw new SfuError('member_not_found', `the organisation has no member ${personId}`);
    const isLastOwner = member.role === 'owner' && members.filter((each) => each.role === 'owner').length === 1;
    if (isLastOwner && role !== 'owner')
      throw new SfuError('member_conflict', `${member.person.email} is the last owner of the organisation`);
    return member;
  }

  #note(database: BooksDatabase, orgId: string, action: string, subject: string, actor: Actor): Promise<void> {
    return noteChange(database, { orgId, actor, action, subject, atMs: this.#nowMs() });
  }

  #change<Result>(change: (database: BooksDatabase) => Promise<Result>): Promise<Result> {
    return this.#database.transaction().execute(change);
  }
}

function wrongPassword(): SfuError {
  return new SfuError('unauthorized', 'address and password do not belong together');
}
