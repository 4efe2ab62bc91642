import type { App, AppStore } from '@causeway/accounts';
import { type AppId, SfuError } from '@causeway/protocol';
import { appKeys } from '../redis/keys.ts';
import type { RedisLink } from '../redis/redis-link.ts';
import { readApp, writeApp } from './app-text.ts';

export interface RedisAppStoreOptions {
  readonly link: RedisLink;
  /** Those of this node's configuration: found without Redis. */
  readonly apps: readonly App[];
  /** Milliseconds on a clock that never goes back. */
  readonly nowMs: () => number;
}

interface Remembered {
  readonly app: App | undefined;
  readonly atMs: number;
}

const FRESH_MS = 60_000;
/** Somebody may be about to write it. */
const FRESH_ABSENCE_MS = 5_000;
/** What is known of an app is better than nothing for a day, when Redis does not answer. */
const STALE_MS = 24 * 3_600_000;
/** Ids come from strangers: absent ones must not drive out those that exist, nor fill the memory. */
const MAX_REMEMBERED = 10_000;

/** Apps of all nodes, each of which writes those of its own configuration. */
export class RedisAppStore implements AppStore {
  readonly #options: RedisAppStoreOptions;
  readonly #configured: ReadonlyMap<AppId, App>;
  readonly #present = new Map<AppId, Remembered>();
  readonly #absent = new Map<AppId, Remembered>();
  /** Readings that are under way. */
  readonly #reading = new Map<AppId, Promise<App | undefined>>();

  constructor(options: RedisAppStoreOptions) {
    this.#options = options;
    this.#configured = new Map(options.apps.map((app) => [app.id, app]));
  }

  /** @throws SfuError `registry_unavailable` – only Redis could tell, and it cannot be asked */
  async findApp(id: AppId): Promise<App | undefined> {
    const configured = this.#configured.get(id);
    if (configured !== undefined) return configured;
    const known = this.#present.get(id) ?? this.#absent.get(id);
    const ageMs = known === undefined ? Number.POSITIVE_INFINITY : this.#options.nowMs() - known.atMs;
    if (known !== undefined && ageMs < (known.app === undefined ? FRESH_ABSENCE_MS : FRESH_MS)) return known.app;
    try {
      return await this.#readOnce(id);
    } catch (error) {
      if (error instanceof SfuError && known?.app !== undefined && ageMs < STALE_MS) return known.app;
      throw error;
    }
  }

  /** Tells the other nodes of the configured apps. @throws SfuError `registry_unavailable` */
  async writeConfigured(): Promise<void> {
    await Promise.all([...this.#configured.values()].map((app) => this.write(app)));
  }

  /** Adds or replaces an app for all nodes; they notice within a minute. @throws SfuError `registry_unavailable` */
  async write(app: App): Promise<void> {
    await this.#options.link.send(['SET', appKeys(app.id).config, writeApp(app)]);
    this.#absent.delete(app.id);
    this.#present.delete(app.id);
  }

  #readOnce(id: AppId): Promise<App | undefined> {
    const reading = this.#reading.get(id) ?? this.#read(id).finally(() => this.#reading.delete(id));
    this.#reading.set(id, reading);
    return reading;
  }

  async #read(id: AppId): Promise<App | undefined> {
    const text = await this.#options.link.send(['GET', appKeys(id).config]);
    const app = typeof text === 'string' ? readApp(text, id) : undefined;
    this.#present.delete(id);
    this.#absent.delete(id);
    const remembered = app === undefined ? this.#absent : this.#present;
    remembered.set(id, { app, atMs: this.#options.nowMs() });
    const [oldest] = remembered.keys();
    if (remembered.size > MAX_REMEMBERED && oldest !== undefined) remembered.delete(oldest);
    return app;
  }
}
