/**
 * Virtual machines are sometimes paused for minutes. Clocks continue during the pause, so every connection is lost when it ends, which says
 * nothing about the clients.
 */

/** Longer than any garbage collection or busy neighbour. */
const STANDSTILL_MS = 5_000;
const LOOK_EVERY_MS = 250;

export interface Undisturbed<Result> {
  readonly result: Result;
  /** How often it was run again. */
  readonly repetitions: number;
}

/** Runs something again if the machine stood still while it ran, whether it failed or not. */
export async function runUndisturbed<Result>(run: () => Promise<Result>): Promise<Undisturbed<Result>> {
  for (let repetitions = 0; ; repetitions += 1) {
    const watch = watchForStandstill();
    const [outcome] = await Promise.allSettled([run()]);
    if (watch.end()) continue;
    if (outcome.status === 'rejected') throw outcome.reason;
    return { result: outcome.value, repetitions };
  }
}

function watchForStandstill(): { /** @returns whether there was one */ end(): boolean } {
  let hasStoodStill = false;
  let lastMs = performance.now();
  const look = (): void => {
    const nowMs = performance.now();
    hasStoodStill ||= nowMs - lastMs > STANDSTILL_MS;
    lastMs = nowMs;
  };
  const timer = setInterval(look, LOOK_EVERY_MS);
  return {
    end: () => {
      look();
      clearInterval(timer);
      return hasStoodStill;
    },
  };
}
