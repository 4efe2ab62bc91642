import type { AppId } from '@causeway/protocol';
import type { App } from './app.ts';

/** Where apps are known. Every implementation passes `appStoreContract`. */
export interface AppStore {
  /**
   * @param asker the unauthenticated caller that names the app, such as the network of a client: a store that asks
   *   elsewhere may refuse one who asks for too many ids that it does not know. Undefined if the caller is trusted
   * @returns undefined if there is no such app; rejects if the store cannot find out now
   * @throws SfuError `rate_limited` – the asker is to come back later
   */
  findApp(id: AppId, asker?: string): Promise<App | undefined>;
}

/**
 * An app store that holds exactly the given apps for as long as it lives: those of a config file, say.
 *
 * @throws Error – two apps have the same id
 */
export function createStaticAppStore(apps: readonly App[]): AppStore {
  const appsById = new Map(apps.map((app) => [app.id, app]));
  if (appsById.size < apps.length) throw new Error('two apps have the same id');
  return { findApp: async (id) => appsById.get(id) };
}
