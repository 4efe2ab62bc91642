import type { Clock } from './clock.ts';
import { retryDelayMs } from './retry-delay.ts';

/**
 * Calls `attempt` until it succeeds or is not worth another try.
 *
 * @throws what the last attempt threw
 */
export async function retrying<Result>(clock: Clock, attempt: () => Promise<Result>): Promise<Result> {
  const startedAtMs = clock.nowMs();
  for (let count = 1; ; count++) {
    try {
      return await attempt();
    } catch (failure) {
      const delayMs = retryDelayMs(failure, { attempt: count, elapsedMs: clock.nowMs() - startedAtMs });
      if (delayMs === undefined) throw failure;
      await clock.wait(delayMs);
    }
  }
}
