import type { AppId } from '@causeway/protocol';
import type { App } from './app.ts';

/** Where apps are known. Every implementation passes `appStoreContract`. */
export interface AppStore {
  /** @returns undefined if there is no such app; rejects if the store cannot tell now */
  findApp(id: AppId): Promise<App | undefined>;
}
