/** A value with listeners, in the form that React's `useSyncExternalStore` accepts. It does not depend on React. */
export interface Store<State> {
  read(): State;
  /** @returns a function that unsubscribes */
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
