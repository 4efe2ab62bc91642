/** Apps as they stand in Redis. */
import { type App, type AppSettings, DEFAULT_APP_SETTINGS, MAX_SECRETS_PER_APP, parseSecretDigest } from '@causeway/accounts';
import { AppId } from '@causeway/protocol';
import { z } from 'zod';

const StoredApp = z.object({
  id: AppId,
  secretDigests: z.array(z.string()).min(1).max(MAX_SECRETS_PER_APP),
  settings: z.record(z.string(), z.unknown()),
});

export function writeApp(app: App): string {
  return JSON.stringify(app);
}

/** @returns undefined if the text is no app of that id */
export function readApp(text: string, id: AppId): App | undefined {
  const { data } = StoredApp.safeParse(parseJson(text));
  const secretDigests = data?.secretDigests.flatMap((digest) => parseSecretDigest(digest) ?? []);
  if (data === undefined || data.id !== id || secretDigests === undefined || secretDigests.length === 0) return undefined;
  return { id, secretDigests, settings: readSettings(data.settings) };
}

/** What a version before this one did not write, and what this one does not understand, is as by default. */
function readSettings(stored: Readonly<Record<string, unknown>>): AppSettings {
  const known = Object.entries(DEFAULT_APP_SETTINGS).filter(([name, standard]) => typeof stored[name] === typeof standard);
  return { ...DEFAULT_APP_SETTINGS, ...Object.fromEntries(known.map(([name]) => [name, stored[name]])) };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
