import type { AppId } from '@causeway/protocol';
import type { App, AppStore } from '../app/app.ts';
import type { Books } from './books.ts';

/** Options of a mirror. */
export interface AppMirrorOptions {
  /** Undefined on a node without books. */
  readonly books: Pick<Books, 'appChanges'> | undefined;
  /** The apps in this node's configuration. They take precedence over the books, which cannot change them. */
  readonly configured: readonly App[];
  /** Calls back once, after the delay. @returns a function that cancels it */
  readonly schedule: (delayMs: number, callback: () => void) => () => void;
}

/** Apps that were changed or removed. */
export interface MirroredChange {
  readonly changed: readonly App[];
  readonly removed: readonly AppId[];
}

/** The apps that a node is responsible for, which it announces to other nodes. */
export interface OwnApps {
  /** All of them. */
  readonly apps: readonly App[];
  /** @returns undefined if this node is not responsible for such an app */
  find(id: AppId): App | undefined;
  /** Subscribes to changes as they take effect. @returns a function that unsubscribes */
  onChanged(listener: (change: MirroredChange) => void): () => void;
}

/** Creates a fixed set of own apps, such as those of a config file. @throws Error – two apps have the same id */
export function createOwnApps(apps: readonly App[]): OwnApps {
  return new AppMirror({ books: undefined, configured: apps, schedule: () => () => undefined });
}

/** How often the books are read, since another node may have changed them. */
const INTERVAL_MS = 1_000;

/**
 * Holds the apps that a node is responsible for in memory: those of its configuration, and a copy of those in its books. Calls never wait
 * for the books, and see the apps as they were when the books were last read.
 */
export class AppMirror implements AppStore, OwnApps {
  readonly #options: AppMirrorOptions;
  readonly #configured: Map<AppId, App>;
  readonly #booked = new Map<AppId, App>();
  readonly #listeners = new Set<(change: MirroredChange) => void>();
  #serial = 0;
  #hasRead = false;
  #reading: Promise<void> | undefined;
  #cancelTimer: (() => void) | undefined;
  #hasStopped = false;

  /** @throws Error – two configured apps have the same id */
  constructor(options: AppMirrorOptions) {
    this.#options = options;
    this.#configured = new Map(options.configured.map((app) => [app.id, app]));
    if (this.#configured.size < options.configured.length) throw new Error('two apps have the same id');
  }

  /** Whether the books have been read at least once, or there are none. */
  get isComplete(): boolean {
    return this.#hasRead || this.#options.books === undefined;
  }

  /** All of them. */
  get apps(): readonly App[] {
    return [...this.#configured.values(), ...[...this.#booked.values()].filter(({ id }) => !this.#configured.has(id))];
  }

  /** Whether this app is defined by the configuration. */
  isConfigured(id: string): boolean {
    return this.#configured.has(id as AppId);
  }

  /** Adds an app for the life of this process, as if it were configured. Call it before apps are announced to other nodes. */
  add(app: App): void {
    this.#configured.set(app.id, app);
  }

  find(id: AppId): App | undefined {
    return this.#configured.get(id) ?? this.#booked.get(id);
  }

  async findApp(id: AppId): Promise<App | undefined> {
    return this.find(id);
  }

  /** Reads the books now, and periodically from now on. */
  start(): void {
    if (this.#options.books === undefined) return;
    void this.refresh().then(() => {
      if (!this.#hasStopped) this.#cancelTimer = this.#options.schedule(INTERVAL_MS, () => this.start());
    });
  }

  stop(): void {
    this.#hasStopped = true;
    this.#cancelTimer?.();
  }

  /** Resolves once all changes made until now are in effect here, or the books cannot be read. Never rejects. */
  async refresh(): Promise<void> {
    // A read that is under way may have begun before the change.
    await this.#reading;
    this.#reading ??= this.#read().finally(() => {
      this.#reading = undefined;
    });
    await this.#reading;
  }

  /** Subscribes to changes of booked apps as they take effect. @returns a function that unsubscribes */
  onChanged(listener: (change: MirroredChange) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  async #read(): Promise<void> {
    const { books } = this.#options;
    if (books === undefined) return;
    try {
      let changes = await books.appChanges(this.#serial);
      // The books were replaced by an older copy, so apps that are not in it are gone.
      const isRestored = changes.serial < this.#serial;
      if (isRestored) changes = await books.appChanges(0);
      this.#serial = changes.serial;
      this.#hasRead = true;
      const present = new Set(changes.changed.map(({ id }) => id));
      const gone = isRestored ? [...this.#booked.keys()].filter((id) => !present.has(id)) : [];
      this.#apply({ changed: changes.changed, removed: [...changes.removed, ...gone] });
    } catch {
      // The last known apps stay in effect. The books themselves report that they cannot be reached.
    }
  }

  #apply({ changed, removed }: MirroredChange): void {
    for (const app of changed) this.#booked.set(app.id, app);
    const known = removed.filter((id) => this.#booked.delete(id));
    // A configured app takes precedence, so a change of its booked namesake has no effect.
    const change = {
      changed: changed.filter(({ id }) => !this.#configured.has(id)),
      removed: known.filter((id) => !this.#configured.has(id)),
    };
    if (change.changed.length + change.removed.length === 0) return;
    for (const listener of [...this.#listeners]) listener(change);
  }
}
