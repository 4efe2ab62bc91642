/** People: who they are, how they sign in, and what they are in which organisations. */
import type { Role } from '@causeway/protocol';
import type { SecretDigest } from '../app/secret.ts';
import type { Actor, Org } from '../books/books.ts';
import type { Passkey, PasskeySite } from './passkeys.ts';

/** Someone who can sign in. */
export interface Person {
  readonly id: string;
  /** In lower case; unique. */
  readonly email: string;
  readonly name: string;
  readonly createdAtMs: number;
}

/** What a person is in an organisation. */
export interface Membership {
  readonly org: Org;
  readonly role: Role;
}

/** A person in the list of an organisation's members. */
export interface Member {
  readonly person: Person;
  readonly role: Role;
  readonly joinedAtMs: number;
}

/** An invitation that was not accepted yet. */
export interface Invitation {
  readonly id: string;
  readonly orgId: string;
  readonly email: string;
  readonly role: Role;
  readonly createdAtMs: number;
  readonly expiresAtMs: number;
}

/** What the bearer of an invitation is told before accepting it. */
export interface OfferedMembership {
  readonly org: Org;
  readonly email: string;
  readonly role: Role;
  /** Whether a member of some organisation has this address, and accepts it with the password that they have. */
  readonly isKnown: boolean;
}

/** A person who is signed in. */
export interface SignedIn {
  readonly person: Person;
  /** Sorted by the name of the organisation. */
  readonly memberships: readonly Membership[];
}

/** A new sign-in, and the one time that its token is told. */
export interface OpenedSignIn extends SignedIn {
  /** Begins with `cwp_`; goes into a cookie. */
  readonly token: string;
  readonly expiresAtMs: number;
}

/** A person as they introduce themselves. */
export interface NewPerson {
  readonly email: string;
  readonly name: string;
  readonly password: string;
}

/** What a person can sign in with besides their password, or instead of it. */
export interface Factors {
  readonly totp: {
    readonly isOn: boolean;
    /** Each is good once, in place of a code. */
    readonly recoveryCodesLeft: number;
  };
  /** The oldest first. */
  readonly passkeys: readonly Passkey[];
}

/** A seed for an authenticator that is not in force yet, and the one time that it is told. */
export interface OfferedTotp {
  /** In base 32. */
  readonly seed: string;
  /** What a QR code for authenticators says. */
  readonly uri: string;
}

/** How long a sign-in lasts without a call, and at most. */
export const SIGN_IN_IDLE_MS = 7 * 86_400_000;
/** How long a sign-in lasts, however much it is used. */
export const SIGN_IN_LIFE_MS = 30 * 86_400_000;
/** How long an invitation is good. */
export const INVITATION_LIFE_MS = 7 * 86_400_000;

/** How many recovery codes a person gets. */
export const RECOVERY_CODES = 10;
/** So many wrong codes of a person in a row cost nothing but the try. */
export const FREE_CODE_TRIES = 5;
/** The wait after the next one; it doubles with each, up to an hour. */
export const CODE_WAIT_MS = 30_000;

/**
 * The people of a service. Passwords are kept as salted argon2id, tokens as digests, seeds of authenticators sealed. Every change is in the audit of the organisations that
 * it concerns. Every implementation passes `accountsContract`.
 *
 * All methods reject with SfuError `books_unavailable` if the books cannot be reached now, and those that look at a password with
 * `rate_limited` if too many are being looked at.
 */
export interface Accounts {
  /** Makes the first organisation and its owner. @throws SfuError `unauthorized` – it is not the newest set-up token, or was used */
  signUp(setUpToken: string, orgName: string, person: NewPerson): Promise<OpenedSignIn>;
  /**
   * @param code of the person's authenticator, or a recovery code; not looked at if they have none
   * @throws SfuError `unauthorized` – an unknown address and a wrong password are answered alike, after as long; `code_required`;
   * `code_invalid`; `rate_limited` – too many codes of this person were wrong
   */
  signIn(email: string, password: string, code?: string): Promise<OpenedSignIn>;
  /** @returns undefined if there is no such sign-in, or it has ended */
  findSignIn(digest: SecretDigest): Promise<SignedIn | undefined>;
  /** Ends a sign-in; one that has ended stays as it is. */
  signOut(digest: SecretDigest): Promise<void>;
  /**
   * Ends all other sign-ins of the person, too.
   *
   * @param kept the digest of the sign-in that stays
   * @throws SfuError `unauthorized` – the present password is another one
   */
  changePassword(personId: string, present: string, next: string, kept: SecretDigest): Promise<void>;

  readFactors(personId: string): Promise<Factors>;
  /**
   * Makes a seed that is in force once a code of it was confirmed, and replaces one that never was.
   *
   * @param issuer the name of the service that an authenticator shows
   * @throws SfuError `unauthorized`; `factor_conflict` – one is in force; `books_unavailable` – the node has no key to seal it with
   */
  offerTotp(personId: string, password: string, issuer: string): Promise<OfferedTotp>;
  /**
   * Asks for codes from now on, and ends all other sign-ins of the person.
   *
   * @returns the recovery codes, this one time
   * @throws SfuError `factor_conflict` – no seed was offered, or one is in force; `code_invalid`; `rate_limited`
   */
  confirmTotp(personId: string, code: string, kept: SecretDigest): Promise<readonly string[]>;
  /** @throws SfuError `unauthorized`; `factor_conflict` – none is in force; `code_invalid`; `rate_limited` */
  removeTotp(personId: string, password: string, code: string): Promise<void>;

  /**
   * @returns what the browser is to make a passkey with (`PublicKeyCredentialCreationOptionsJSON`)
   * @throws SfuError `unauthorized`; `quota_exceeded` – the person has ten
   */
  offerPasskey(personId: string, password: string, site: PasskeySite): Promise<object>;
  /** @param response as the browser made it @throws SfuError `invalid_params` – it answers no challenge that was made for this person */
  addPasskey(personId: string, name: string, response: unknown, site: PasskeySite): Promise<Passkey>;
  /** @throws SfuError `factor_conflict` – the person has no such passkey */
  removePasskey(personId: string, passkeyId: string): Promise<void>;
  /** @returns what the browser is to look for a passkey with (`PublicKeyCredentialRequestOptionsJSON`); it names no one */
  offerPasskeySignIn(site: PasskeySite): Promise<object>;
  /** @param response as the browser made it @throws SfuError `unauthorized` – whatever is wrong with it */
  signInWithPasskey(response: unknown, site: PasskeySite): Promise<OpenedSignIn>;

  /** Lists members, sorted by e-mail address. */
  listMembers(orgId: string): Promise<readonly Member[]>;
  /** @throws SfuError `member_not_found`; `member_conflict` – it is the last owner */
  changeRole(orgId: string, personId: string, role: Role, actor: Actor): Promise<Member>;
  /** Sign-ins stay good for other organisations. @throws SfuError `member_not_found`; `member_conflict` – it is the last owner */
  removeMember(orgId: string, personId: string, actor: Actor): Promise<void>;

  /** Replaces an earlier invitation of this address. @throws SfuError `member_conflict` – the address belongs to a member */
  invite(
    orgId: string,
    wanted: Pick<Invitation, 'email' | 'role'>,
    actor: Actor,
  ): Promise<{ readonly invitation: Invitation; readonly token: string }>;
  /** Those that can be accepted, the newest first. */
  listInvitations(orgId: string): Promise<readonly Invitation[]>;
  /** @throws SfuError `invitation_not_found` */
  withdrawInvitation(orgId: string, invitationId: string, actor: Actor): Promise<void>;
  /** @throws SfuError `invitation_not_found` – it was accepted or withdrawn, or is over */
  readInvitation(token: string): Promise<OfferedMembership>;
  /**
   * Makes the bearer a member, and a person if the address is new. Someone who is in no organisation counts as new: password and factors of
   * before are gone, so removing and inviting a person is how they get in again who have forgotten theirs.
   *
   * @throws SfuError `invitation_not_found`; `unauthorized` – the address is known, and has another password; `code_required`;
   * `code_invalid`; `rate_limited`
   */
  acceptInvitation(token: string, person: Omit<NewPerson, 'email'>, code?: string): Promise<OpenedSignIn>;
}
