import type { App } from './app.ts';
import type { AppStore } from './app-store.ts';

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
