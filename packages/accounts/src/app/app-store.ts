import type { AppId } from '@causeway/protocol';
import type { App } from './app.ts';

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
