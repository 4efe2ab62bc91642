/** Finds rows that must exist. */
import type { AppId } from '@causeway/protocol';
import { SfuError } from '@causeway/protocol';
import type { Selectable } from 'kysely';
import type { BooksDatabase, OrgsTable } from './database/schema.ts';
import type { AppRow } from './rows.ts';

/** @throws SfuError `org_not_found` */
export async function orgRow(database: BooksDatabase, orgId: string): Promise<Selectable<OrgsTable>> {
  const row = await database.selectFrom('orgs').selectAll().where('id', '=', orgId).executeTakeFirst();
  if (row === undefined) throw new SfuError('org_not_found', `there is no organisation ${orgId}`);
  return row;
}

/** @throws SfuError `app_not_found` – including one that was removed */
export async function liveApp(database: BooksDatabase, appId: AppId): Promise<AppRow> {
  const row = await database.selectFrom('apps').selectAll().where('id', '=', appId).where('removedAtMs', 'is', null).executeTakeFirst();
  if (row === undefined) throw new SfuError('app_not_found', `there is no app ${appId}`);
  return row;
}
