/** Pending sign-ins with the OpenID provider, and the accounts at the provider that people are connected to. */
import { createHmac, randomBytes } from 'node:crypto';
import type { OidcConnection } from '@causeway/accounts';
import { SfuError } from '@causeway/protocol';
import type { BooksDatabase } from '../database/schema.ts';
import { noteChallenge, takeChallenge } from './challenge-rows.ts';
import type { OidcIdentity, OidcSecrets } from './oidc-client.ts';
import type { PersonRow } from './person-rows.ts';

const PURPOSE = 'sign in by provider';
const TICKET_SIZE_BYTES = 32;

/** Why the browser is sent to the provider. */
export type OidcIntent =
  | { readonly kind: 'sign-in' }
  | { readonly kind: 'accept'; readonly invitationDigest: string }
  | { readonly kind: 'connect'; readonly personId: string };

/** A visit of the browser to the provider, as it began. */
export interface OidcVisit {
  readonly intent: OidcIntent;
  readonly redirectUri: string;
}

export function makeTicket(): string {
  return randomBytes(TICKET_SIZE_BYTES).toString('base64url');
}

/**
 * Derives the secrets from the ticket. The books have only a digest of the ticket, so a person who can read them cannot finish a sign-in.
 */
export function secretsOf(ticket: string): OidcSecrets {
  const derive = (label: string): string => createHmac('sha256', ticket).update(label).digest('base64url');
  return { state: derive('state'), nonce: derive('nonce'), verifier: derive('code verifier') };
}

export async function noteVisit(database: BooksDatabase, ticket: string, visit: OidcVisit, nowMs: number): Promise<void> {
  await noteChallenge(database, { challenge: ticket, purpose: PURPOSE, data: JSON.stringify(visit) }, nowMs);
}

/** @throws SfuError `unauthorized` – no such sign-in is pending */
export async function takeVisit(database: BooksDatabase, ticket: string, nowMs: number): Promise<OidcVisit> {
  const data = await takeChallenge(database, ticket, PURPOSE, nowMs);
  if (data === undefined)
    throw new SfuError(
      'unauthorized',
      'this sign-in is already complete, took longer than five minutes, or was started in another browser; start again',
    );
  return JSON.parse(data);
}

/** Finds the person who is connected to an account at the provider, and records the use. */
export async function usedBy(database: BooksDatabase, { issuer, subject }: OidcIdentity, nowMs: number): Promise<PersonRow | undefined> {
  const ofIdentity = database.updateTable('oidcIdentities').set({ lastUsedAtMs: nowMs });
  const row = await ofIdentity.where('issuer', '=', issuer).where('subject', '=', subject).returning('personId').executeTakeFirst();
  if (row === undefined) return undefined;
  return database.selectFrom('people').selectAll().where('id', '=', row.personId).executeTakeFirstOrThrow();
}

/** Connects a person to an account at the provider, and removes any other connection of either. */
export async function connect(
  database: BooksDatabase,
  personId: string,
  { issuer, subject, email }: OidcIdentity,
  nowMs: number,
): Promise<void> {
  const former = database.deleteFrom('oidcIdentities').where('issuer', '=', issuer);
  await former.where((where) => where.or([where('personId', '=', personId), where('subject', '=', subject)])).execute();
  await database
    .insertInto('oidcIdentities')
    .values({ issuer, subject, personId, email, connectedAtMs: nowMs, lastUsedAtMs: null })
    .execute();
}

export async function readConnection(database: BooksDatabase, personId: string, issuer: string): Promise<OidcConnection | undefined> {
  const rows = database.selectFrom('oidcIdentities').select(['email', 'connectedAtMs', 'lastUsedAtMs']);
  const row = await rows.where('personId', '=', personId).where('issuer', '=', issuer).executeTakeFirst();
  return row === undefined ? undefined : { ...row, lastUsedAtMs: row.lastUsedAtMs ?? undefined };
}

/** @param issuer undefined for every provider @returns whether there was a connection */
export async function disconnect(database: BooksDatabase, personId: string, issuer?: string): Promise<boolean> {
  const all = database.deleteFrom('oidcIdentities').where('personId', '=', personId);
  const { numDeletedRows } = await (issuer === undefined ? all : all.where('issuer', '=', issuer)).executeTakeFirstOrThrow();
  return numDeletedRows > 0n;
}
