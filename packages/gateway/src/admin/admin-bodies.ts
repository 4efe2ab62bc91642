/** Converts records of the books to replies of the admin API. */
import type { AuditEntry, BookedApp, BookedKey, Org } from '@causeway/accounts';
import type { AdminApp, AdminAuditEntry, AdminKey, AdminOrg } from '@causeway/protocol';

export function orgBody({ id, name, createdAtMs }: Org): AdminOrg {
  return { id, name, createdAt: timeText(createdAtMs) };
}

export function appBody({ createdAtMs, ...app }: BookedApp): AdminApp {
  return { ...app, createdAt: timeText(createdAtMs) };
}

export function keyBody(key: BookedKey): AdminKey {
  const { id, kind, appId, name, prefix, last4, createdAtMs, lastUsedAtMs, expiresAtMs, revokedAtMs } = key;
  return {
    id,
    kind,
    ...(appId === undefined ? {} : { appId }),
    name,
    prefix,
    last4,
    createdAt: timeText(createdAtMs),
    ...(lastUsedAtMs === undefined ? {} : { lastUsedAt: timeText(lastUsedAtMs) }),
    ...(expiresAtMs === undefined ? {} : { expiresAt: timeText(expiresAtMs) }),
    ...(revokedAtMs === undefined ? {} : { revokedAt: timeText(revokedAtMs) }),
  };
}

export function auditBody({ id, atMs, action, subject, appId, actor }: AuditEntry): AdminAuditEntry {
  return {
    id: String(id),
    at: timeText(atMs),
    action,
    subject,
    ...(appId === undefined ? {} : { appId }),
    actor: 'id' in actor ? { kind: actor.kind, id: actor.id } : { kind: actor.kind },
  };
}

/** Formats a time in ISO 8601. @param atMs milliseconds since 1970 */
export function timeText(atMs: number): string {
  return new Date(atMs).toISOString();
}
