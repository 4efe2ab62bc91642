import type { App, AppChanges, AppTokenAlgorithm, AppTokenKey, SecretDigest } from '@causeway/accounts';
import { AppId, readKnownSettings } from '@causeway/protocol';
import type { BooksDatabase } from './database/schema.ts';
import { type AppRow, isLive, type KeyRow } from './rows.ts';
import { newestSerial } from './serials.ts';

/** Databases limit the number of parameters of a statement. */
const APPS_PER_STATEMENT = 500;

/** Reads the apps changed since a serial, in the form that calls use. @param nowMs milliseconds since 1970 */
export async function readAppChanges(database: BooksDatabase, sinceSerial: number, nowMs: number): Promise<AppChanges> {
  // The serial is read before the apps, so that the next read includes changes made in between.
  const serial = await newestSerial(database);
  if (serial <= sinceSerial) return { serial, changed: [], removed: [] };
  const rows = await database.selectFrom('apps').selectAll().where('serial', '>', sinceSerial).execute();
  const live = rows.filter(({ removedAtMs }) => removedAtMs === null);
  const keys: KeyRow[] = [];
  for (let first = 0; first < live.length; first += APPS_PER_STATEMENT) {
    const ids = live.slice(first, first + APPS_PER_STATEMENT).map(({ id }) => id);
    keys.push(...(await database.selectFrom('keys').selectAll().where('appId', 'in', ids).where('revokedAtMs', 'is', null).execute()));
  }
  const keysOf = Map.groupBy(keys, ({ appId }) => appId);
  return {
    serial,
    changed: live.map((row) =>
      callableApp(
        row,
        (keysOf.get(row.id) ?? []).filter((key) => isLive(key, nowMs)),
      ),
    ),
    removed: rows.filter(({ removedAtMs }) => removedAtMs !== null).map(({ id }) => AppId.parse(id)),
  };
}

function callableApp({ id, settings }: AppRow, keys: readonly KeyRow[]): App {
  const secrets = keys.filter((key) => key.kind === 'secret' && key.digest !== null);
  const ends = secrets.flatMap(({ digest, expiresAtMs }) => (expiresAtMs === null ? [] : [[digest, expiresAtMs] as const]));
  const tokenKeys = keys.flatMap(({ kind, prefix: kid, alg, publicKey }): AppTokenKey[] =>
    kind === 'signing' && alg !== null && publicKey !== null ? [{ kid, alg: alg as AppTokenAlgorithm, key: publicKey }] : [],
  );
  return {
    id: AppId.parse(id),
    secretDigests: secrets.map(({ digest }) => digest as SecretDigest),
    ...(ends.length === 0 ? {} : { secretEndsMs: Object.fromEntries(ends) }),
    ...(tokenKeys.length === 0 ? {} : { tokenKeys }),
    settings: readKnownSettings(JSON.parse(settings)),
  };
}
