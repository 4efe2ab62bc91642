import type { KeyObject } from 'node:crypto';
import type {
  Accounts,
  Actor,
  Factors,
  Invitation,
  Member,
  NewPerson,
  OfferedMembership,
  OfferedTotp,
  OidcOffer,
  OidcSettings,
  OpenedSignIn,
  Passkey,
  PasskeySite,
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
import { createPerson, join, noteOfPerson, takeNewcomer } from './newcomers.ts';
import { OidcSignIns } from './oidc-sign-ins.ts';
import { deletePasskey, insertPasskey, offerPasskey, offerPasskeySignIn, readPasskeys, usePasskey } from './passkey-rows.ts';
import { Passwords } from './passwords.ts';
import { addressOf, findMember, findPerson, membersOf, type PersonRow } from './person-rows.ts';
import { endSignIns, openSignIn, readSignIn } from './sign-in-rows.ts';
import { type CodeCheck, deleteTotp, insertTotp, passOfferedTotp, passTotp, readTotp, turnTotpOn } from './totp-rows.ts';

/** What signing in needs in addition to the books. */
export interface AccountsOptions {
  /** 256 bits that are not in the books. Default: none; calls that would have to seal a secret then fail. */
  readonly sealingKey?: KeyObject | undefined;
  /** Default: none; people then sign in with a password or passkey. */
  readonly oidc?: OidcSettings | undefined;
}

/** Implements `Accounts` on the database of the books, in the calling thread. */
export class SqlAccounts implements Accounts {
  readonly #database: BooksDatabase;
  readonly #nowMs: () => number;
  readonly #sealingKey: KeyObject | undefined;
  readonly #passwords = new Passwords();
  readonly #oidc: OidcSignIns;

  /** @param nowMs milliseconds since 1970 */
  constructor(database: BooksDatabase, nowMs: () => number, { sealingKey, oidc }: AccountsOptions = {}) {
    this.#database = database;
    this.#nowMs = nowMs;
    this.#sealingKey = sealingKey;
    this.#oidc = new OidcSignIns(database, nowMs, oidc);
  }

  async signUp(setUpToken: string, orgName: string, person: NewPerson): Promise<OpenedSignIn> {
    const password = await this.#passwords.hash(person.password);
    return this.#change(async (database) => {
      await takeSetUp(database, setUpToken);
      const row = await createPerson(database, { ...person, password }, this.#nowMs());
      const actor: Actor = { kind: 'person', id: row.id };
      const { id } = await createOrg(database, orgName, actor, this.#nowMs());
      await join(database, { orgId: id, person: row, role: 'owner', actor }, this.#nowMs());
      return openSignIn(database, row, this.#nowMs());
    });
  }

  async signIn(email: string, password: string, code?: string): Promise<OpenedSignIn> {
    const row = await findPerson(this.#database, email);
    if (!(await this.#passwords.matches(password, row?.password)) || row === undefined) throw wrongPassword();
    await passTotp(this.#database, this.#checkOf(row.id, code));
    return this.#change((database) => openSignIn(database, row, this.#nowMs()));
  }

  findSignIn(digest: SecretDigest): Promise<SignedIn | undefined> {
    return readSignIn(this.#database, digest, this.#nowMs());
  }

  async signOut(digest: SecretDigest): Promise<void> {
    await this.#database.deleteFrom('signIns').where('digest', '=', digest).execute();
  }

  async changePassword(personId: string, present: string, next: string, kept: SecretDigest): Promise<void> {
    await this.#requirePassword(personId, present);
    const password = await this.#passwords.hash(next);
    await this.#change(async (database) => {
      await database.updateTable('people').set({ password }).where('id', '=', personId).execute();
      await endSignIns(database, personId, kept);
      await this.#noteOfPerson(database, 'person.password-changed', personId);
    });
  }

  async readFactors(personId: string): Promise<Factors> {
    const { password } = await this.#personRow(personId);
    return {
      totp: await readTotp(this.#database, personId),
      passkeys: await readPasskeys(this.#database, personId),
      oidc: await this.#oidc.connectionOf(personId),
      hasPassword: password !== '',
    };
  }

  async offerTotp(personId: string, password: string, issuer: string): Promise<OfferedTotp> {
    const row = await this.#requirePassword(personId, password);
    const key = this.#sealingKey;
    if (key === undefined)
      throw new SfuError('books_unavailable', 'this node has no key with which to encrypt the seed; set CAUSEWAY_TOKEN_KEY');
    return this.#change((database) => insertTotp(database, row, { key, issuer }));
  }

  async confirmTotp(personId: string, code: string, kept: SecretDigest): Promise<readonly string[]> {
    await passOfferedTotp(this.#database, { ...this.#checkOf(personId, code), code });
    return this.#change(async (database) => {
      const codes = await turnTotpOn(database, personId);
      await endSignIns(database, personId, kept);
      await this.#noteOfPerson(database, 'person.totp-added', personId);
      return codes;
    });
  }

  async removeTotp(personId: string, password: string, code: string): Promise<void> {
    await this.#requirePassword(personId, password);
    const isOn = await passTotp(this.#database, this.#checkOf(personId, code));
    if (!isOn) throw new SfuError('factor_conflict', 'there is no authenticator to remove');
    await this.#change(async (database) => {
      await deleteTotp(database, personId);
      await this.#noteOfPerson(database, 'person.totp-removed', personId);
    });
  }

  async offerPasskey(personId: string, password: string, site: PasskeySite): Promise<object> {
    const row = await this.#requirePassword(personId, password);
    return offerPasskey(this.#database, row, site, this.#nowMs());
  }

  addPasskey(personId: string, name: string, response: unknown, site: PasskeySite): Promise<Passkey> {
    return this.#change(async (database) => {
      const passkey = await insertPasskey(database, { personId, name, response, site, nowMs: this.#nowMs() });
      await this.#noteOfPerson(database, 'person.passkey-added', personId);
      return passkey;
    });
  }

  removePasskey(personId: string, passkeyId: string): Promise<void> {
    return this.#change(async (database) => {
      if (!(await deletePasskey(database, personId, passkeyId))) throw new SfuError('factor_conflict', 'you have no passkey with this id');
      await this.#noteOfPerson(database, 'person.passkey-removed', personId);
    });
  }

  offerPasskeySignIn(site: PasskeySite): Promise<object> {
    return offerPasskeySignIn(this.#database, site, this.#nowMs());
  }

  async signInWithPasskey(response: unknown, site: PasskeySite): Promise<OpenedSignIn> {
    const personId = await usePasskey(this.#database, response, site, this.#nowMs());
    const row = await this.#personRow(personId);
    return this.#change((database) => openSignIn(database, row, this.#nowMs()));
  }

  offerOidcSignIn(redirectUri: string, invitationToken?: string): Promise<OidcOffer> {
    return this.#oidc.offer(redirectUri, invitationToken);
  }

  async offerOidcConnection(personId: string, password: string, redirectUri: string): Promise<OidcOffer> {
    await this.#requirePassword(personId, password);
    return this.#oidc.offerConnection(personId, redirectUri);
  }

  async signInWithOidc(ticket: string, query: string): Promise<OpenedSignIn> {
    const arrival = await this.#oidc.arrive(ticket, query);
    return this.#change(async (database) => openSignIn(database, await this.#oidc.welcome(database, arrival), this.#nowMs()));
  }

  async disconnectOidc(personId: string): Promise<void> {
    const { password } = await this.#personRow(personId);
    if (password === '') throw new SfuError('factor_conflict', 'you have no password to sign in with instead');
    await this.#change((database) => this.#oidc.disconnect(database, personId));
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
      if (members.some(({ person }) => person.email === address)) throw new SfuError('member_conflict', `${address} is already a member`);
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
    const [org, member] = [await orgRow(this.#database, orgId), await findMember(this.#database, email)];
    return { org: orgOf(org), email, role: role as Role, isKnown: member !== undefined };
  }

  async acceptInvitation(token: string, { name, password }: Omit<NewPerson, 'email'>, code?: string): Promise<OpenedSignIn> {
    const { email } = await invitationRow(this.#database, token, this.#nowMs());
    const known = await findMember(this.#database, email);
    if (known !== undefined) {
      if (!(await this.#passwords.matches(password, known.password))) throw wrongPassword();
      await passTotp(this.#database, this.#checkOf(known.id, code));
    }
    const kept = known?.password ?? (await this.#passwords.hash(password));
    return this.#change(async (database) => {
      await nextSerial(database);
      // While the password was verified, this invitation or another one may have been accepted.
      const { id, orgId, role } = await invitationRow(database, token, this.#nowMs());
      await takeInvitation(database, id);
      const now = await findMember(database, email);
      if (now?.password !== known?.password) throw wrongPassword();
      const person = now ?? (await takeNewcomer(database, { email, name, password: kept }, this.#nowMs()));
      await join(database, { orgId, person, role: role as Role, actor: { kind: 'person', id: person.id } }, this.#nowMs());
      return openSignIn(database, person, this.#nowMs());
    });
  }

  async #requirePassword(personId: string, password: string): Promise<PersonRow> {
    const row = await this.#personRow(personId);
    if (row.password === '') throw new SfuError('factor_conflict', 'you have no password, because you sign in with the identity provider');
    if (!(await this.#passwords.matches(password, row.password))) throw wrongPassword();
    return row;
  }

  /** People are not removed from the books. */
  #personRow(personId: string): Promise<PersonRow> {
    return this.#database.selectFrom('people').selectAll().where('id', '=', personId).executeTakeFirstOrThrow();
  }

  #checkOf(personId: string, code: string | undefined): CodeCheck {
    return { personId, code, key: this.#sealingKey, nowMs: this.#nowMs() };
  }

  /** Checks that the organisation keeps an owner. @param role undefined if the member is removed */
  async #memberToChange(database: BooksDatabase, orgId: string, personId: string, role: Role | undefined): Promise<Member> {
    // Two owners could otherwise remove each other at the same time.
    await nextSerial(database);
    const members = await membersOf(database, orgId);
    const member = members.find(({ person }) => person.id === personId);
    if (member === undefined) throw new SfuError('member_not_found', `the organisation has no member ${personId}`);
    const isLastOwner = member.role === 'owner' && members.filter((each) => each.role === 'owner').length === 1;
    if (isLastOwner && role !== 'owner')
      throw new SfuError('member_conflict', `${member.person.email} is the last owner of the organisation`);
    return member;
  }

  #noteOfPerson(database: BooksDatabase, action: string, personId: string): Promise<void> {
    return noteOfPerson(database, action, personId, this.#nowMs());
  }

  #note(database: BooksDatabase, orgId: string, action: string, subject: string, actor: Actor): Promise<void> {
    return noteChange(database, { orgId, actor, action, subject, atMs: this.#nowMs() });
  }

  #change<Result>(change: (database: BooksDatabase) => Promise<Result>): Promise<Result> {
    return this.#database.transaction().execute(change);
  }
}

function wrongPassword(): SfuError {
  return new SfuError('unauthorized', 'the email address or the password is wrong');
}
