import { errorText } from './error-text.ts';
import { createStore, type Store } from './store.ts';

export interface Notice {
  readonly id: number;
  readonly title: string;
  readonly detail: string;
}

/** Failures that have not been dismissed yet, newest last. */
export interface Notices {
  readonly list: Store<readonly Notice[]>;
  report(failure: unknown): void;
  dismiss(id: number): void;
}

/** More would cover the page, so the oldest is dropped. */
const MAX_NOTICES = 3;

export function createNotices(): Notices {
  const list = createStore<readonly Notice[]>([]);
  let nextId = 1;
  return {
    list,
    report(failure) {
      const { title, detail } = errorText(failure);
      const others = list.read().filter((notice) => notice.title !== title);
      list.write([...others, { id: nextId++, title, detail }].slice(-MAX_NOTICES));
    },
    dismiss(id) {
      list.write(list.read().filter((notice) => notice.id !== id));
    },
  };
}
