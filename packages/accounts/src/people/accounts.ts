/** Accounts of people: their sign-ins, second factors and memberships of organisations. */
import { type Role, SfuError } from '@causeway/protocol';
import type { SecretDigest } from '../app/secret.ts';
import type { Actor, Org } from '../books/books.ts';

/** A person who can sign in. */
export interface Person {
  readonly id: string;
  /** The address in lower case, which is unique. */
  readonly email: string;
  readonly name: string;
  readonly createdAtMs: number;
}

/** A person's role in an organisation. */
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

/** An invitation that has not been accepted. */
export interface Invitation {
  readonly id: string;
  readonly orgId: string;
  readonly email: string;
  readonly role: Role;
  readonly createdAtMs: number;
  readonly expiresAtMs: number;
}

/** What the bearer of an invitation sees before accepting it. */
export interface OfferedMembership {
  readonly org: Org;
  readonly email: string;
  readonly role: Role;
  /** Whether the address belongs to a member of an organisation, who then accepts with the existing password. */
  readonly isKnown: boolean;
}

/** A person who is signed in. */
export interface SignedIn {
  readonly person: Person;
  /** Sorted by the name of the organisation. */
  readonly memberships: readonly Membership[];
}

/** A new sign-in with its token, which is revealed only once. */
export interface OpenedSignIn extends SignedIn {
  /** The content of the sign-in cookie, which begins with `cwp_`. */
  readonly token: string;
  readonly expiresAtMs: number;
}

/** The details of a person who signs up. */
export interface NewPerson {
  readonly email: string;
  readonly name: string;
  readonly password: string;
}

/** The second factors of a person, and passkeys, which replace the password. */
export interface Factors {
  readonly totp: {
    readonly isOn: boolean;
    /** Each recovery code can be used once in place of a code. */
    readonly recoveryCodesLeft: number;
  };
  /** The oldest first. */
  readonly passkeys: readonly Passkey[];
  /** Undefined if the person is not connected to the provider. */
  readonly oidc: OidcConnection | undefined;
  /** Whether the person has a password. People who joined through the provider have none. */
  readonly hasPassword: boolean;
}

/** A seed for an authenticator that is not confirmed yet; it is revealed only once. */
export interface OfferedTotp {
  /** The seed in base32. */
  readonly seed: string;
  /** The `otpauth:` URI for a QR code. */
  readonly uri: string;
}

/** How long a sign-in lasts without a call. */
export const SIGN_IN_IDLE_MS = 7 * 86_400_000;
/** How long a sign-in lasts at most. */
export const SIGN_IN_LIFE_MS = 30 * 86_400_000;
/** How long an invitation is valid. */
export const INVITATION_LIFE_MS = 7 * 86_400_000;

/** How many recovery codes a person gets. */
export const RECOVERY_CODES = 10;
/** The number of consecutive wrong codes before a person must wait. */
export const FREE_CODE_TRIES = 5;
/** The wait after the next wrong code; it doubles each time, up to an hour. */
export const CODE_WAIT_MS = 30_000;

/**
 * The accounts of a service. Passwords are stored as salted Argon2id hashes, tokens as digests, and seeds of authenticators sealed. Every
 * change is in the audit of the organisations concerned. Every implementation passes `accountsContract`.
 *
 * Methods that take a password reject with `factor_conflict` for a person who is signed in and has none.
 * All methods reject with SfuError `books_unavailable` if the books cannot be reached. Those that verify a password reject with
 * `rate_limited` if too many are being verified.
 */
export interface Accounts {
  /** Creates the first organisation and its owner. @throws SfuError `unauthorized` – the set-up token is not the newest, or was used */
  signUp(setUpToken: string, orgName: string, person: NewPerson): Promise<OpenedSignIn>;
  /**
   * @param code a code of the person's authenticator or a recovery code; ignored if the person has no authenticator
   * @throws SfuError `unauthorized` – the address is unknown or the password is wrong, which take equally long; `code_required`;
   * `code_invalid`; `rate_limited` – this person has entered too many wrong codes
   */
  signIn(email: string, password: string, code?: string): Promise<OpenedSignIn>;
  /** @returns undefined if the sign-in does not exist or has ended */
  findSignIn(digest: SecretDigest): Promise<SignedIn | undefined>;
  /** Ends a sign-in; no effect if it has ended. */
  signOut(digest: SecretDigest): Promise<void>;
  /**
   * Changes the password, and ends all other sign-ins of the person.
   *
   * @param kept the digest of the sign-in that remains
   * @throws SfuError `unauthorized` – `present` is not the present password
   */
  changePassword(personId: string, present: string, next: string, kept: SecretDigest): Promise<void>;

  readFactors(personId: string): Promise<Factors>;
  /**
   * Creates a seed that takes effect once a code was confirmed. It replaces an earlier unconfirmed one.
   *
   * @param issuer the name of the service, shown by the authenticator
   * @throws SfuError `unauthorized`; `factor_conflict` – an authenticator is active; `books_unavailable` – the node has no key to seal it
   */
  offerTotp(personId: string, password: string, issuer: string): Promise<OfferedTotp>;
  /**
   * Requires codes from now on, and ends all other sign-ins of the person.
   *
   * @returns the recovery codes, which are revealed only once
   * @throws SfuError `factor_conflict` – no seed was offered, or an authenticator is active; `code_invalid`; `rate_limited`
   */
  confirmTotp(personId: string, code: string, kept: SecretDigest): Promise<readonly string[]>;
  /** @throws SfuError `unauthorized`; `factor_conflict` – no authenticator is active; `code_invalid`; `rate_limited` */
  removeTotp(personId: string, password: string, code: string): Promise<void>;

  /**
   * @returns the `PublicKeyCredentialCreationOptionsJSON` for the browser
   * @throws SfuError `unauthorized`; `quota_exceeded` – the person has ten passkeys
   */
  offerPasskey(personId: string, password: string, site: PasskeySite): Promise<object>;
  /** @param response a `RegistrationResponseJSON` @throws SfuError `invalid_params` – it answers no challenge for this person */
  addPasskey(personId: string, name: string, response: unknown, site: PasskeySite): Promise<Passkey>;
  /** @throws SfuError `factor_conflict` – the person has no such passkey */
  removePasskey(personId: string, passkeyId: string): Promise<void>;
  /** @returns the `PublicKeyCredentialRequestOptionsJSON` for the browser, without `allowCredentials`, so that it reveals no account */
  offerPasskeySignIn(site: PasskeySite): Promise<object>;
  /** @param response the browser's `AuthenticationResponseJSON` @throws SfuError `unauthorized` – for every kind of failure */
  signInWithPasskey(response: unknown, site: PasskeySite): Promise<OpenedSignIn>;

  /**
   * Begins a sign-in with the OpenID provider. Without a provider, this and the next three methods throw `route_not_found`.
   *
   * @param redirectUri the page of the console to which the provider sends the browser back
   * @param invitationToken of a person who accepts an invitation by signing in
   * @throws SfuError `invitation_not_found`; `identity_provider_unavailable`
   */
  offerOidcSignIn(redirectUri: string, invitationToken?: string): Promise<OidcOffer>;
  /**
   * Begins to connect a person to the provider. @throws SfuError `unauthorized`; `factor_conflict` – they already are;
   * `identity_provider_unavailable`
   */
  offerOidcConnection(personId: string, password: string, redirectUri: string): Promise<OidcOffer>;
  /**
   * Finishes what either of these methods began, and signs the person in. Like a passkey, the provider replaces password and code. An
   * e-mail address is never enough to sign in: people are identified by issuer and subject, which are recorded when a person connects, or
   * accepts an invitation for an address that the provider has verified.
   *
   * @param query of the callback page, with the question mark
   * @throws SfuError `unauthorized` – the ticket was used or has expired, the provider has refused, or its reply is not valid; `forbidden`
   * – no person here is connected to the account at the provider; `factor_conflict` – the account is connected to another person;
   * `invitation_not_found`; `member_conflict` – the bearer of the invitation is already a member; `identity_provider_unavailable`
   */
  signInWithOidc(ticket: string, query: string): Promise<OpenedSignIn>;
  /** @throws SfuError `factor_conflict` – the person is not connected, or has no password to sign in with instead */
  disconnectOidc(personId: string): Promise<void>;

  /** Lists members, sorted by e-mail address. */
  listMembers(orgId: string): Promise<readonly Member[]>;
  /** @throws SfuError `member_not_found`; `member_conflict` – the person is the last owner */
  changeRole(orgId: string, personId: string, role: Role, actor: Actor): Promise<Member>;
  /** Sign-ins stay valid for other organisations. @throws SfuError `member_not_found`; `member_conflict` – the person is the last owner */
  removeMember(orgId: string, personId: string, actor: Actor): Promise<void>;

  /** Replaces any earlier invitation of this address. @throws SfuError `member_conflict` – the address belongs to a member */
  invite(
    orgId: string,
    wanted: Pick<Invitation, 'email' | 'role'>,
    actor: Actor,
  ): Promise<{ readonly invitation: Invitation; readonly token: string }>;
  /** Lists the invitations that can be accepted, newest first. */
  listInvitations(orgId: string): Promise<readonly Invitation[]>;
  /** @throws SfuError `invitation_not_found` */
  withdrawInvitation(orgId: string, invitationId: string, actor: Actor): Promise<void>;
  /** @throws SfuError `invitation_not_found` – it was accepted or withdrawn, or has expired */
  readInvitation(token: string): Promise<OfferedMembership>;
  /**
   * Makes the bearer a member, and creates the person if the address is new. A person without any organisation counts as new: the former
   * password and factors are discarded. So removing and inviting again a person restores access after a forgotten password.
   *
   * @throws SfuError `invitation_not_found`; `unauthorized` – the address is known, and the password is wrong; `code_required`;
   * `code_invalid`; `rate_limited`
   */
  acceptInvitation(token: string, person: Omit<NewPerson, 'email'>, code?: string): Promise<OpenedSignIn>;
}

/** The provider that a node was configured with. */
export interface OidcSettings {
  /** As the provider writes it in its metadata, such as `https://login.example/realms/staff`. */
  readonly issuer: string;
  readonly clientId: string;
  /** Undefined for a public client, which relies on PKCE alone. */
  readonly clientSecret: string | undefined;
}

/** What one browser needs to sign in with the provider. */
export interface OidcOffer {
  /** The authorization page of the provider. */
  readonly url: string;
  /**
   * The browser keeps the ticket and returns it with the provider's reply, so that no other browser can finish this sign-in. It is valid
   * once, for five minutes.
   */
  readonly ticket: string;
}

/** A person's connection to an account at the provider. */
export interface OidcConnection {
  /** The address that the provider claimed when the account was connected; empty if it claimed none. */
  readonly email: string;
  readonly connectedAtMs: number;
  /** Undefined if it was never used. */
  readonly lastUsedAtMs: number | undefined;
}

/** The relying party and origin of the console; a passkey is valid only at the site where it was created. */
export interface PasskeySite {
  /** The relying party id: a domain without a port. */
  readonly rpId: string;
  /** The origin of the page, such as `https://sfu.example`. */
  readonly origin: string;
}

/** A passkey as it can be shown. */
export interface Passkey {
  readonly id: string;
  readonly name: string;
  readonly createdAtMs: number;
  /** Undefined if it was never used. */
  readonly lastUsedAtMs: number | undefined;
}

/** How long a challenge is valid. */
export const CHALLENGE_LIFE_MS = 300_000;
/** A person has fewer devices than this. */
export const MAX_PASSKEYS_PER_PERSON = 10;

/**
 * @param origin the `Origin` header of the calling page
 * @throws SfuError `invalid_params` – the host is an IP address, which cannot be a relying party id (WebAuthn §5.1.3, step 7)
 */
export function passkeySiteOf(origin: string): PasskeySite {
  const { hostname } = new URL(origin);
  if (/^(?:[0-9.]+|\[.*\])$/.test(hostname)) {
    throw new SfuError('invalid_params', `passkeys require a host name, but this console was opened at the address ${hostname}`);
  }
  return { rpId: hostname, origin };
}
