import { digestSecret, type OidcConnection, type OidcOffer, type OidcSettings } from '@causeway/accounts';
import { type Role, SfuError } from '@causeway/protocol';
import type { BooksDatabase } from '../database/schema.ts';
import { nextSerial } from '../serials.ts';
import { invitationByDigest, takeInvitation } from './invitation-rows.ts';
import { join, noteOfPerson, takeNewcomer } from './newcomers.ts';
import { OidcClient, type OidcIdentity } from './oidc-client.ts';
import { connect, disconnect, makeTicket, noteVisit, type OidcIntent, readConnection, secretsOf, takeVisit, usedBy } from './oidc-rows.ts';
import { addressOf, findMember, membershipsOf, type PersonRow } from './person-rows.ts';

/** A person whom the provider has identified, and what they came for. */
export interface OidcArrival {
  readonly intent: OidcIntent;
  readonly identity: OidcIdentity;
}

/** Signs people in with the OpenID provider of a node. Requests to the provider are never made within a transaction. */
export class OidcSignIns {
  readonly #database: BooksDatabase;
  readonly #nowMs: () => number;
  readonly #provider: { readonly client: OidcClient; readonly issuer: string } | undefined;

  /** @param settings undefined on a node without a provider */
  constructor(database: BooksDatabase, nowMs: () => number, settings: OidcSettings | undefined) {
    this.#database = database;
    this.#nowMs = nowMs;
    this.#provider = settings && { client: new OidcClient(settings, nowMs), issuer: settings.issuer };
  }

  /** @throws SfuError `route_not_found`; `invitation_not_found`; `identity_provider_unavailable` */
  async offer(redirectUri: string, invitationToken: string | undefined): Promise<OidcOffer> {
    this.#required();
    if (invitationToken === undefined) return this.#begin({ kind: 'sign-in' }, redirectUri);
    const invitationDigest = digestSecret(invitationToken);
    await invitationByDigest(this.#database, invitationDigest, this.#nowMs());
    return this.#begin({ kind: 'accept', invitationDigest }, redirectUri);
  }

  /** @throws SfuError `route_not_found`; `factor_conflict` – the person is connected; `identity_provider_unavailable` */
  async offerConnection(personId: string, redirectUri: string): Promise<OidcOffer> {
    this.#required();
    if ((await this.connectionOf(personId)) !== undefined)
      throw new SfuError('factor_conflict', 'you are already connected to the identity provider; disconnect first');
    return this.#begin({ kind: 'connect', personId }, redirectUri);
  }

  /** Asks the provider to identify the person who has come back. @throws SfuError what `Accounts.signInWithOidc` names */
  async arrive(ticket: string, query: string): Promise<OidcArrival> {
    const { client } = this.#required();
    const { intent, redirectUri } = await takeVisit(this.#database, ticket, this.#nowMs());
    return { intent, identity: await client.identify(`${redirectUri}${query}`, secretsOf(ticket)) };
  }

  /** Finds the person who has arrived, or adds one. @throws SfuError what `Accounts.signInWithOidc` names */
  async welcome(database: BooksDatabase, { intent, identity }: OidcArrival): Promise<PersonRow> {
    // The same account at the provider may be connected, or the invitation be accepted, by another call.
    await nextSerial(database);
    const holder = await usedBy(database, identity, this.#nowMs());
    if (intent.kind === 'sign-in') return holder ?? refuseStranger(identity);
    if (intent.kind === 'connect') return this.#connect(database, intent.personId, identity, holder);
    return this.#accept(database, intent.invitationDigest, identity, holder);
  }

  async connectionOf(personId: string): Promise<OidcConnection | undefined> {
    return this.#provider && readConnection(this.#database, personId, this.#provider.issuer);
  }

  /** @throws SfuError `route_not_found`; `factor_conflict` – there is no connection */
  async disconnect(database: BooksDatabase, personId: string): Promise<void> {
    const { issuer } = this.#required();
    if (!(await disconnect(database, personId, issuer)))
      throw new SfuError('factor_conflict', 'you are not connected to the identity provider');
    await noteOfPerson(database, 'person.provider-disconnected', personId, this.#nowMs());
  }

  async #begin(intent: OidcIntent, redirectUri: string): Promise<OidcOffer> {
    const ticket = makeTicket();
    const url = await this.#required().client.authorizationUrl(redirectUri, secretsOf(ticket));
    await noteVisit(this.#database, ticket, { intent, redirectUri }, this.#nowMs());
    return { url, ticket };
  }

  async #connect(database: BooksDatabase, personId: string, identity: OidcIdentity, holder: PersonRow | undefined): Promise<PersonRow> {
    if (holder !== undefined && holder.id !== personId)
      throw new SfuError('factor_conflict', 'this account at the identity provider is connected to another person');
    await connect(database, personId, identity, this.#nowMs());
    await noteOfPerson(database, 'person.provider-connected', personId, this.#nowMs());
    return database.selectFrom('people').selectAll().where('id', '=', personId).executeTakeFirstOrThrow();
  }

  async #accept(database: BooksDatabase, digest: string, identity: OidcIdentity, holder: PersonRow | undefined): Promise<PersonRow> {
    const { id, orgId, email, role } = await invitationByDigest(database, digest, this.#nowMs());
    requireAddress(identity, email);
    const memberships = holder === undefined ? [] : await membershipsOf(database, holder.id);
    if (memberships.some(({ org }) => org.id === orgId)) throw new SfuError('member_conflict', `${holder?.email} is already a member`);
    // A person who is in no organisation counts as new, as when an invitation is accepted with a password.
    const person = memberships.length > 0 && holder !== undefined ? holder : await this.#takeNewcomer(database, email, identity);
    await takeInvitation(database, id);
    await join(database, { orgId, person, role: role as Role, actor: { kind: 'person', id: person.id } }, this.#nowMs());
    return person;
  }

  async #takeNewcomer(database: BooksDatabase, email: string, identity: OidcIdentity): Promise<PersonRow> {
    // Otherwise the provider could give away an account that its owner has created with a password.
    if ((await findMember(database, email)) !== undefined)
      throw new SfuError(
        'forbidden',
        `${email} already has an account: accept with its password, then connect the identity provider on your account page`,
      );
    const person = await takeNewcomer(database, { email, name: identity.name ?? email, password: '' }, this.#nowMs());
    await connect(database, person.id, identity, this.#nowMs());
    return person;
  }

  /** @throws SfuError `route_not_found` */
  #required() {
    if (this.#provider === undefined) throw new SfuError('route_not_found', 'this node has no identity provider; set CAUSEWAY_OIDC_ISSUER');
    return this.#provider;
  }
}

/** @throws SfuError `forbidden` – the provider does not vouch for the address of the invitation */
function requireAddress({ email, verifiedEmail }: OidcIdentity, invited: string): void {
  if (verifiedEmail === undefined) {
    const said = email === '' ? 'names no address' : `does not say that ${email} is verified`;
    throw new SfuError('forbidden', `the identity provider ${said}, but the invitation is for ${invited}`);
  }
  if (addressOf(verifiedEmail) !== invited)
    throw new SfuError('forbidden', `the invitation is for ${invited}, but the identity provider names ${verifiedEmail}`);
}

function refuseStranger({ email }: OidcIdentity): never {
  const who = email === '' ? 'this account at the identity provider' : `${email} at the identity provider`;
  throw new SfuError(
    'forbidden',
    `no account here is connected to ${who}: accept an invitation with it, or sign in and connect it on your account page`,
  );
}
