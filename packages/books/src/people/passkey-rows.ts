/** Passkeys as rows. A library verifies responses of browsers (WebAuthn Level 3, §7). */
import { CHALLENGE_LIFE_MS, MAX_PASSKEYS_PER_PERSON, type Passkey, type PasskeySite } from '@causeway/accounts';
import { SfuError } from '@causeway/protocol';
import type { AuthenticationResponseJSON, RegistrationResponseJSON } from '@simplewebauthn/server';
import type { Selectable } from 'kysely';
import type { BooksDatabase, PasskeysTable } from '../database/schema.ts';
import { noteChallenge, takeChallenge } from './challenge-rows.ts';
import type { PersonRow } from './person-rows.ts';

const TO_ADD = 'add passkey';
const TO_SIGN_IN = 'sign in by passkey';

/** Loaded on first use, because its hundred modules would delay the start of a node. */
const webAuthn = () => import('@simplewebauthn/server');

type PasskeyRow = Selectable<PasskeysTable>;

/** Reads a person's passkeys, oldest first. */
export async function readPasskeys(database: BooksDatabase, personId: string): Promise<readonly Passkey[]> {
  const rows = await rowsOf(database, personId);
  return rows.map(({ id, name, createdAtMs, lastUsedAtMs }) => ({ id, name, createdAtMs, lastUsedAtMs: lastUsedAtMs ?? undefined }));
}

/** @returns the `PublicKeyCredentialCreationOptionsJSON` for the browser @throws SfuError `quota_exceeded` */
export async function offerPasskey(database: BooksDatabase, person: PersonRow, site: PasskeySite, nowMs: number): Promise<object> {
  const rows = await rowsOf(database, person.id);
  if (rows.length >= MAX_PASSKEYS_PER_PERSON) {
    throw new SfuError('quota_exceeded', `a person can have at most ${MAX_PASSKEYS_PER_PERSON} passkeys; remove one first`);
  }
  const { generateRegistrationOptions } = await webAuthn();
  const options = await generateRegistrationOptions({
    rpName: 'Causeway',
    rpID: site.rpId,
    userName: person.email,
    userDisplayName: person.name,
    userID: Uint8Array.from(Buffer.from(person.id)),
    timeout: CHALLENGE_LIFE_MS,
    attestationType: 'none',
    excludeCredentials: rows.filter(({ rpId }) => rpId === site.rpId).map(({ id }) => ({ id })),
    // A passkey replaces password and code, so the device must verify the user by biometrics or a PIN.
    authenticatorSelection: { residentKey: 'required', userVerification: 'required' },
  });
  await noteChallenge(database, { challenge: options.challenge, purpose: TO_ADD, data: person.id }, nowMs);
  return options;
}

/** A new passkey of a person. */
export interface MadePasskey {
  readonly personId: string;
  readonly name: string;
  /** The `RegistrationResponseJSON`, not validated. */
  readonly response: unknown;
  readonly site: PasskeySite;
  readonly nowMs: number;
}

/** @throws SfuError `invalid_params` – the response answers no challenge of this person */
export async function insertPasskey(database: BooksDatabase, { personId, name, response, site, nowMs }: MadePasskey): Promise<Passkey> {
  const { verifyRegistrationResponse } = await webAuthn();
  const verified = await verifyRegistrationResponse({
    response: response as RegistrationResponseJSON,
    expectedChallenge: async (challenge) => (await takeChallenge(database, challenge, TO_ADD, nowMs)) === personId,
    expectedOrigin: site.origin,
    expectedRPID: site.rpId,
    requireUserVerification: true,
  }).catch((cause: unknown) => refuse(cause));
  if (!verified.verified) throw refuse(undefined);
  const { id, publicKey, counter, transports = [] } = verified.registrationInfo.credential;
  const shown = { id, name, createdAtMs: nowMs };
  const kept = { publicKey: Buffer.from(publicKey).toString('base64url'), counter, transports: JSON.stringify(transports) };
  await database
    .insertInto('passkeys')
    .values({ ...shown, ...kept, personId, rpId: site.rpId, lastUsedAtMs: null })
    .execute();
  return { ...shown, lastUsedAtMs: undefined };
}

/** @returns whether the passkey existed */
export async function deletePasskey(database: BooksDatabase, personId: string, passkeyId: string): Promise<boolean> {
  const { numDeletedRows } = await database
    .deleteFrom('passkeys')
    .where('personId', '=', personId)
    .where('id', '=', passkeyId)
    .executeTakeFirstOrThrow();
  return numDeletedRows > 0n;
}

export async function deletePasskeys(database: BooksDatabase, personId: string): Promise<void> {
  await database.deleteFrom('passkeys').where('personId', '=', personId).execute();
}

/** @returns the `PublicKeyCredentialRequestOptionsJSON` for the browser, which reveals no account */
export async function offerPasskeySignIn(database: BooksDatabase, site: PasskeySite, nowMs: number): Promise<object> {
  const { generateAuthenticationOptions } = await webAuthn();
  const options = await generateAuthenticationOptions({ rpID: site.rpId, userVerification: 'required', timeout: CHALLENGE_LIFE_MS });
  await noteChallenge(database, { challenge: options.challenge, purpose: TO_SIGN_IN, data: '' }, nowMs);
  return options;
}

/** @returns the id of the passkey's owner @throws SfuError `unauthorized` – for every kind of failure */
export async function usePasskey(database: BooksDatabase, response: unknown, site: PasskeySite, nowMs: number): Promise<string> {
  const { id } = Object(response) as { readonly id?: unknown };
  const row = await database.selectFrom('passkeys').selectAll().where('id', '=', String(id)).executeTakeFirst();
  if (row === undefined || row.rpId !== site.rpId) throw unknownPasskey(undefined);
  const { verifyAuthenticationResponse } = await webAuthn();
  const verified = await verifyAuthenticationResponse({
    response: response as AuthenticationResponseJSON,
    expectedChallenge: async (challenge) => (await takeChallenge(database, challenge, TO_SIGN_IN, nowMs)) !== undefined,
    expectedOrigin: site.origin,
    expectedRPID: site.rpId,
    requireUserVerification: true,
    credential: { id: row.id, publicKey: Uint8Array.from(Buffer.from(row.publicKey, 'base64url')), counter: row.counter },
  }).catch((cause: unknown) => {
    throw unknownPasskey(cause);
  });
  if (!verified.verified) throw unknownPasskey(undefined);
  const counter = verified.authenticationInfo.newCounter;
  await database.updateTable('passkeys').set({ counter, lastUsedAtMs: nowMs }).where('id', '=', row.id).execute();
  return row.personId;
}

function rowsOf(database: BooksDatabase, personId: string): Promise<PasskeyRow[]> {
  return database.selectFrom('passkeys').selectAll().where('personId', '=', personId).orderBy('createdAtMs').orderBy('id').execute();
}

function refuse(cause: unknown): never {
  throw new SfuError('invalid_params', 'this passkey does not answer a challenge of this node, or took too long; try again', { cause });
}

function unknownPasskey(cause: unknown): SfuError {
  return new SfuError('unauthorized', 'this passkey does not belong to any account here', { cause });
}
