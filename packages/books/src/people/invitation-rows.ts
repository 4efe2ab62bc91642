/** Invitations as rows. Expired ones remain until the address is invited again. */
import { randomBytes } from 'node:crypto';
import { digestSecret, generateSecret, INVITATION_LIFE_MS, type Invitation } from '@causeway/accounts';
import { type Role, SfuError } from '@causeway/protocol';
import type { Selectable } from 'kysely';
import type { BooksDatabase, InvitationsTable } from '../database/schema.ts';

const PREFIX = 'cwi_';
const ID_SIZE_BYTES = 9;

type InvitationRow = Selectable<InvitationsTable>;

/** Creates an invitation, which replaces an earlier one of the same address. */
export async function createInvitation(
  database: BooksDatabase,
  { orgId, email, role }: Pick<Invitation, 'orgId' | 'email' | 'role'>,
  nowMs: number,
): Promise<{ readonly invitation: Invitation; readonly token: string }> {
  const token = `${PREFIX}${generateSecret()}`;
  const id = `invitation-${randomBytes(ID_SIZE_BYTES).toString('base64url')}`;
  const invitation = { id, orgId, email, role, createdAtMs: nowMs, expiresAtMs: nowMs + INVITATION_LIFE_MS };
  await database.deleteFrom('invitations').where('orgId', '=', orgId).where('email', '=', email).execute();
  await database
    .insertInto('invitations')
    .values({ ...invitation, digest: digestSecret(token) })
    .execute();
  return { invitation, token };
}

/** Lists the invitations that can be accepted, newest first. */
export async function liveInvitations(database: BooksDatabase, orgId: string, nowMs: number): Promise<readonly Invitation[]> {
  const rows = await database
    .selectFrom('invitations')
    .selectAll()
    .where('orgId', '=', orgId)
    .where('expiresAtMs', '>', nowMs)
    .orderBy('createdAtMs', 'desc')
    .orderBy('id')
    .execute();
  return rows.map(({ digest: _, ...row }) => ({ ...row, role: row.role as Role }));
}

/** @throws SfuError `invitation_not_found` */
export function invitationRow(database: BooksDatabase, token: string, nowMs: number): Promise<InvitationRow> {
  return invitationByDigest(database, digestSecret(token), nowMs);
}

/** @param digest of its token @throws SfuError `invitation_not_found` */
export async function invitationByDigest(database: BooksDatabase, digest: string, nowMs: number): Promise<InvitationRow> {
  const row = await database
    .selectFrom('invitations')
    .selectAll()
    .where('digest', '=', digest)
    .where('expiresAtMs', '>', nowMs)
    .executeTakeFirst();
  if (row === undefined)
    throw new SfuError('invitation_not_found', 'this invitation has expired, or has been accepted or withdrawn; ask for a new one');
  return row;
}

/** Consumes an invitation. */
export async function takeInvitation(database: BooksDatabase, id: string): Promise<void> {
  await database.deleteFrom('invitations').where('id', '=', id).execute();
}
