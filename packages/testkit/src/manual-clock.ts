import type { Clock } from '@causeway/client';

/** A clock that only advances on request. */
export interface ManualClock extends Clock {
  /** Advances the clock, and wakes waiting tasks in order, each of which runs until it waits again. */
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

/** Runs all pending microtasks and immediates. */
export function settle(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
