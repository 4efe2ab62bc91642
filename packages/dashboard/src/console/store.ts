/** A value that can be watched; shaped for React's `useSyncExternalStore`, without knowing React. */
export interface Store<State> {
  read(): State;
  /** @returns stops watching */
  subscribe(listener: () => void): () => void;
}

export interface WritableStore<State> extends Store<State> {
  write(state: State): void;
}

export function createStore<State>(initial: State): WritableStore<State> {
  let state = initial;
  const listeners = new Set<() => void>();
  return {
    read: () => state,
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    write(next) {
      if (Object.is(next, state)) return;
      state = next;
      for (const listener of listeners) listener();
    },
  };
}
