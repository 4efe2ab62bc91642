import type { Clock } from '@causeway/client';

/** A clock that stands still until told. */
export interface ManualClock extends Clock {
  /** Moves on, waking waiting tasks in order, and lets each do what it can without waiting again. */
  advance(durationMs: number): Promise<void>;
}

export function createManualClock(): ManualClock {
  let nowMs = 1_000;
  const sleepers: { readonly atMs: number; readonly wake: () => void }[] = [];
  return {
    nowMs: () => nowMs,
    wait: (delayMs) => new Promise((wake) => sleepers.push({ atMs: nowMs + delayMs, wake })),
    async advance(durationMs) {
      const endMs = nowMs + durationMs;
      await settle();
      for (let next = nextSleeper(); next !== undefined && next.atMs <= endMs; next = nextSleeper()) {
        sleepers.splice(sleepers.indexOf(next), 1);
        nowMs = Math.max(nowMs, next.atMs);
        next.wake();
        await settle();
      }
      nowMs = endMs;
    },
  };

  function nextSleeper() {
    return sleepers.toSorted((a, b) => a.atMs - b.atMs)[0];
  }
}

/** Lets everything run that waits for nothing but its turn. */
export function settle(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
