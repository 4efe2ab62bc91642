import { type AppId, parseAppId } from '@causeway/protocol';
import type { CancelTimer } from '@causeway/sfu';
import { z } from 'zod';
import { APP_HINTS, NODE_KEYS } from '../redis/keys.ts';
import type { RedisLink } from '../redis/redis-link.ts';
import type { Timers } from '../time/cluster-clock.ts';

export interface AppChangeFeedOptions {
  readonly link: RedisLink;
  readonly timers: Timers;
  /** The time by the cluster's clock. */
  readonly clusterNowMs: () => number;
  /** Called when the record of an app has changed; the id is undefined if it is not known which. */
  readonly onChanged: (appId: AppId | undefined) => void;
}

/** Ensures that a revoked secret is refused on every node within two seconds, with or without a hint. */
const INTERVAL_MS = 1_000;
const MAX_ENTRIES = 1_000;
/** A node that has not read the stream for longer than this reads all apps again. */
const KEPT_FOR_MS = 10 * 60_000;
const BEGINNING = '0-0';

const Entries = z.array(z.tuple([z.string(), z.array(z.string())]));

/**
 * Announces which records of apps have changed, so that nodes read those again. It is a stream that every node reads
 * once a second, and immediately on a hint. Its content is not trusted; it only triggers reads.
 */
export class AppChangeFeed {
  readonly #options: AppChangeFeedOptions;
  readonly #stopListening: () => void;
  /** Id of the last entry that was read; undefined before the first read. */
  #position: string | undefined;
  #isReading = false;
  #hasMoreToRead = false;
  #cancelTimer: CancelTimer | undefined;
  #hasStopped = false;

  /** Starts reading at once. */
  constructor(options: AppChangeFeedOptions) {
    this.#options = options;
    options.link.subscribe(APP_HINTS, () => void this.#refresh());
    // The connection may be to another Redis, or to an older state of this one.
    this.#stopListening = options.link.onReady(() => {
      this.#position = undefined;
      void this.#refresh();
    });
    this.#schedule();
  }

  stop(): void {
    this.#hasStopped = true;
    this.#stopListening();
    this.#cancelTimer?.();
  }

  /** Adds an entry for an app. Never rejects: without Redis, the other nodes notice the change when their copy is a minute old. */
  async tell(appId: AppId): Promise<void> {
    const { link, clusterNowMs } = this.#options;
    const oldestMs = Math.max(0, Math.round(clusterNowMs() - KEPT_FOR_MS));
    try {
      await link.send(['XADD', NODE_KEYS.appChanges, 'MINID', '~', `${oldestMs}-0`, '*', 'a', appId]);
      await link.send(['PUBLISH', APP_HINTS, '']);
    } catch {
      // The record itself is rewritten until Redis accepts it; see `AppAnnouncer`.
    }
  }

  #schedule(): void {
    this.#cancelTimer?.();
    if (!this.#hasStopped) this.#cancelTimer = this.#options.timers.schedule(INTERVAL_MS, () => void this.#refresh());
  }

  async #refresh(): Promise<void> {
    if (this.#hasStopped) return;
    if (this.#isReading) {
      this.#hasMoreToRead = true;
      return;
    }
    this.#isReading = true;
    do {
      this.#hasMoreToRead = false;
      // If Redis cannot be read, the next read is in a second.
      await this.#read().catch(() => undefined);
    } while (this.#hasMoreToRead && !this.#hasStopped);
    this.#isReading = false;
    this.#schedule();
  }

  async #read(): Promise<void> {
    const { link, onChanged } = this.#options;
    const [newest] = Entries.parse(await link.send(['XREVRANGE', NODE_KEYS.appChanges, '+', '-', 'COUNT', 1]));
    const newestId = newest?.[0] ?? BEGINNING;
    if (newestId === this.#position) return;
    const known = this.#position;
    this.#position = newestId;
    // Entries from before this node's first read, or ones that this Redis has lost, are not known.
    if (known === undefined || newestId === BEGINNING) return onChanged(undefined);
    const entries = Entries.parse(await link.send(['XRANGE', NODE_KEYS.appChanges, `(${known}`, newestId, 'COUNT', MAX_ENTRIES]));
    if (entries.length === 0 || entries.length === MAX_ENTRIES) return onChanged(undefined);
    for (const [, [, text = '']] of entries) {
      const appId = parseAppId(text);
      if (appId !== undefined) onChanged(appId);
    }
  }
}
