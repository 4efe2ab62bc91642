import type { Actor, AuditEntry, PageRequest } from '@causeway/accounts';
import { AppId } from '@causeway/protocol';
import type { BooksDatabase } from './database/schema.ts';

/** A change to record in the audit. */
export interface NotedChange {
  readonly orgId: string;
  readonly appId?: AppId | undefined;
  readonly actor: Actor;
  readonly action: string;
  readonly subject: string;
  readonly atMs: number;
}

/** Records a change in the audit. Call it in the transaction of the change. */
export async function noteChange(database: BooksDatabase, { orgId, appId, actor, action, subject, atMs }: NotedChange): Promise<void> {
  const actorId = 'id' in actor ? actor.id : '';
  const row = { orgId, appId: appId ?? null, actorKind: actor.kind, actorId, action, subject, atMs };
  await database.insertInto('audit').values(row).execute();
}

export async function listAudit(database: BooksDatabase, orgId: string, { after, limit }: PageRequest): Promise<readonly AuditEntry[]> {
  const query = database.selectFrom('audit').selectAll().where('orgId', '=', orgId).orderBy('id', 'desc').limit(limit);
  const rows = await (after === undefined ? query : query.where('id', '<', Number(after))).execute();
  return rows.map(({ appId, actorKind, actorId, ...row }) => ({
    ...row,
    appId: appId === null ? undefined : AppId.parse(appId),
    actor: actorOf(actorKind as Actor['kind'], actorId),
  }));
}

function actorOf(kind: Actor['kind'], id: string): Actor {
  return kind === 'operator' || kind === 'node' ? { kind } : { kind, id };
}
