import { createContext, useContext, useSyncExternalStore } from 'react';
import type { Console } from '../console/console.ts';
import type { Store } from '../console/store.ts';

export const ConsoleContext = createContext<Console | undefined>(undefined);

export function useConsole(): Console {
  const console = useContext(ConsoleContext);
  if (console === undefined) throw new Error('useConsole() outside of a ConsoleContext.');
  return console;
}

/** The store's current value; renders again when it changes. */
export function useStore<State>(store: Store<State>): State {
  return useSyncExternalStore(store.subscribe, store.read);
}
