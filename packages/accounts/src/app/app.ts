import type { AppId, AppSettings } from '@causeway/protocol';
import type { AppTokenKey } from './app-token-key.ts';
import type { SecretDigest } from './secret.ts';

/** How many secrets of an app are valid at the same time: an old and a new one during a rotation. */
export const MAX_SECRETS_PER_APP = 2;

/** A tenant: it contains sessions, and owns the secrets that give access to them. */
export interface App {
  readonly id: AppId;
  /** One digest, or two during a rotation. The secrets themselves are stored nowhere. */
  readonly secretDigests: readonly SecretDigest[];
  /** When secrets expire, by digest, in milliseconds since 1970; a secret that is not listed does not expire. */
  readonly secretEndsMs?: Readonly<Record<string, number>>;
  /** The keys with which the app's own backend signs tokens. Default: none. */
  readonly tokenKeys?: readonly AppTokenKey[];
  readonly settings: AppSettings;
}

/** Looks up apps. Every implementation passes `appStoreContract`. */
export interface AppStore {
  /**
   * @param asker identifies an unauthenticated caller, for example by its network, so that a store with remote
   *   look-ups can limit requests for unknown ids. Undefined if the caller is trusted
   * @returns undefined if there is no such app; rejects if the store cannot be reached
   * @throws SfuError `rate_limited` – the asker has requested too many unknown ids
   */
  findApp(id: AppId, asker?: string): Promise<App | undefined>;
}

/**
 * Creates an app store with a fixed set of apps, such as those of a config file.
 *
 * @throws Error – two apps have the same id
 */
export function createStaticAppStore(apps: readonly App[]): AppStore {
  const appsById = new Map(apps.map((app) => [app.id, app]));
  if (appsById.size < apps.length) throw new Error('two apps have the same id');
  return { findApp: async (id) => appsById.get(id) };
}
