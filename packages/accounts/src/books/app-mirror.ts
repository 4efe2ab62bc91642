import type { AppId } from '@causeway/protocol';
import type { App } from '../app/app.ts';
import type { AppStore } from '../app/app-store.ts';
import type { Books } from './books.ts';

/** What a mirror is made of. */
export interface AppMirrorOptions {
  /** Undefined on a node without books. */
  readonly books: Pick<Books, 'appChanges'> | undefined;
  /** The apps of this node's configuration. They take precedence, and only the configuration changes them. */
  readonly configured: readonly App[];
  /** Calls back once, later. @returns forgets it */
  readonly schedule: (delayMs: number, callback: () => void) => () => void;
}

/** Apps that have changed, or are no more. */
export interface MirroredChange {
  readonly changed: readonly App[];
  readonly removed: readonly AppId[];
}

/** The apps that a node is responsible for, and that it tells other nodes of. */
export interface OwnApps {
  /** All of them. */
  readonly apps: readonly App[];
  /** @returns undefined if this node is not responsible for such an app */
  find(id: AppId): App | undefined;
  /** Hears of changes as they come into force. @returns ends the listening */
  onChanged(listener: (change: MirroredChange) => void): () => void;
}

/** Own apps that never change, such as those of a config file. @throws Error – two apps have the same id */
export function createOwnApps(apps: readonly App[]): OwnApps {
  return new AppMirror({ books: undefined, configured: apps, schedule: () => () => undefined });
}

/** Another node may have changed the books. */
const INTERVAL_MS = 1_000;

/**
 * The apps that a node is responsible for: those of its configuration, and a copy of those in its books, all in memory. A call never waits
 * for the books, and finds every app that was in them when they could last be read.
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

  /** Whether the configuration says what this app is, whatever the books say. */
  isConfigured(id: string): boolean {
    return this.#configured.has(id as AppId);
  }

  /** Adds an app that lives as long as this process, as if it were configured. To be called before others are told of apps. */
  add(app: App): void {
    this.#configured.set(app.id, app);
  }

  find(id: AppId): App | undefined {
    return this.#configured.get(id) ?? this.#booked.get(id);
  }

  async findApp(id: AppId): Promise<App | undefined> {
    return this.find(id);
  }

  /** Reads the books now, and again and again from now on. */
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

  /** Resolves once what has been changed by now is in force here, or cannot be known. Never rejects. */
  async refresh(): Promise<void> {
    // A reading that is under way may have begun before the change.
    await this.#reading;
    this.#reading ??= this.#read().finally(() => {
      this.#reading = undefined;
    });
    await this.#reading;
  }

  /** Hears of changes of booked apps as they come into force. @returns ends the listening */
  onChanged(listener: (change: MirroredChange) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  async #read(): Promise<void> {
    const { books } = this.#options;
    if (books === undefined) return;
    try {
      let changes = await books.appChanges(this.#serial);
      // They were replaced by older ones: what is not in those is gone.
      const isAnew = changes.serial < this.#serial;
      if (isAnew) changes = await books.appChanges(0);
      this.#serial = changes.serial;
      this.#hasRead = true;
      const present = new Set(changes.changed.map(({ id }) => id));
      const gone = isAnew ? [...this.#booked.keys()].filter((id) => !present.has(id)) : [];
      this.#apply({ changed: changes.changed, removed: [...changes.removed, ...gone] });
    } catch {
      // What was known stays in force. The books themselves tell that they cannot be reached.
    }
  }

  #apply({ changed, removed }: MirroredChange): void {
    for (const app of changed) this.#booked.set(app.id, app);
    const known = removed.filter((id) => this.#booked.delete(id));
    // Configured apps have not changed for those who ask.
    const change = {
      changed: changed.filter(({ id }) => !this.#configured.has(id)),
      removed: known.filter((id) => !this.#configured.has(id)),
    };
    if (change.changed.length + change.removed.length === 0) return;
    for (const listener of [...this.#listeners]) listener(change);
  }
}
