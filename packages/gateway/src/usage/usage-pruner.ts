/** Removes usage from the books that is older than the operator wants to keep it. */
import type { UsageBooks } from '@causeway/accounts';
import type { CancelTimer, Clock } from '@causeway/sfu';

export interface UsagePrunerOptions {
  readonly books: Pick<UsageBooks, 'pruneUsage'>;
  readonly keptDays: number;
  readonly clock: Clock;
  /** Milliseconds since 1970. */
  readonly wallClockMs: () => number;
}

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
/** When a node has just started, there is more urgent work for the books. */
const FIRST_AFTER_MS = 60_000;
const EVERY_MS = HOUR_MS;
/** Calls of people and batches of usage come in between. */
const PAUSE_MS = 250;

/** Begins a minute after it was made. @returns what ends it */
export function pruneUsageHourly(options: UsagePrunerOptions): () => void {
  const { books, keptDays, clock, wallClockMs } = options;
  let cancelTimer: CancelTimer = clock.schedule(FIRST_AFTER_MS, prune);
  let hasEnded = false;
  return () => {
    hasEnded = true;
    cancelTimer();
  };

  function prune(): void {
    const oldestMs = wallClockMs() - keptDays * DAY_MS;
    const removing = books.pruneUsage(oldestMs - (oldestMs % HOUR_MS));
    // Books that are away are asked again in an hour.
    void removing
      .catch(() => 0)
      .then((removed) => {
        if (!hasEnded) cancelTimer = clock.schedule(removed > 0 ? PAUSE_MS : EVERY_MS, prune);
      });
  }
}
