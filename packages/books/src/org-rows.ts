import { randomBytes } from 'node:crypto';
import type { Actor, Org } from '@causeway/accounts';
import { noteChange } from './audit.ts';
import type { BooksDatabase } from './database/schema.ts';

const ID_SIZE_BYTES = 9;

/** Creates an organisation. Call it in a transaction. @param atMs milliseconds since 1970 */
export async function createOrg(database: BooksDatabase, name: string, actor: Actor, atMs: number): Promise<Org> {
  const org = { id: `org-${randomBytes(ID_SIZE_BYTES).toString('base64url')}`, name, createdAtMs: atMs };
  await database.insertInto('orgs').values(org).execute();
  await noteChange(database, { orgId: org.id, actor, action: 'org.created', subject: name, atMs });
  return org;
}
