/** Removes usage from the books once it is older than the operator keeps it. */
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
/** A node that has just started has more urgent work for the books. */
const FIRST_AFTER_MS = 60_000;
const EVERY_MS = HOUR_MS;
/** This pause lets admin calls and batches of usage through between two removals. */
const PAUSE_MS = 250;

/** Removes old usage every hour, first after a minute. @returns a function that stops it */
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
    // If the books cannot be reached, the next attempt is in an hour.
    void removing
      .catch(() => 0)
      .then((removed) => {
        if (!hasEnded) cancelTimer = clock.schedule(removed > 0 ? PAUSE_MS : EVERY_MS, prune);
      });
  }
}
