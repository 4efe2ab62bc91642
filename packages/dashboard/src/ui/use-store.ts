import { useSyncExternalStore } from 'react';
import type { Store } from '../console/store.ts';

/** The store's current value; renders again when it changes. */
export function useStore<State>(store: Store<State>): State {
  return useSyncExternalStore(store.subscribe, store.read);
}
