/** Converts rows of the tables to the types of the books. */
import type { BookedApp, BookedKey, KeyKind, Org } from '@causeway/accounts';
import { AppId, readKnownSettings } from '@causeway/protocol';
import type { Selectable } from 'kysely';
import type { AppsTable, KeysTable, OrgsTable } from './database/schema.ts';

export type AppRow = Selectable<AppsTable>;
export type KeyRow = Selectable<KeysTable>;

export function orgOf({ id, name, createdAtMs }: Selectable<OrgsTable>): Org {
  return { id, name, createdAtMs };
}

export function appOf({ id, orgId, name, settings, version, createdAtMs }: AppRow): BookedApp {
  return { id: AppId.parse(id), orgId, name, settings: readKnownSettings(JSON.parse(settings)), version, createdAtMs };
}

export function keyOf(row: KeyRow): BookedKey {
  return {
    id: row.id,
    kind: row.kind as KeyKind,
    orgId: row.orgId,
    appId: row.appId === null ? undefined : AppId.parse(row.appId),
    name: row.name,
    prefix: row.prefix,
    last4: row.last4,
    createdAtMs: row.createdAtMs,
    lastUsedAtMs: row.lastUsedAtMs ?? undefined,
    expiresAtMs: row.expiresAtMs ?? undefined,
    revokedAtMs: row.revokedAtMs ?? undefined,
  };
}

/** Whether a key is valid at that time. */
export function isLive({ revokedAtMs, expiresAtMs }: Pick<KeyRow, 'revokedAtMs' | 'expiresAtMs'>, nowMs: number): boolean {
  return revokedAtMs === null && (expiresAtMs === null || expiresAtMs > nowMs);
}
