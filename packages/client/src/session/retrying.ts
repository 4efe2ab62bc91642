/**
 * Decides when to repeat a refused call.
 *
 * `negotiation_glare` and `negotiation_in_progress` mean that the SFU waits for an answer. Our own exchanges are queued, so that must be an
 * offer whose reply never arrived. The SFU withdraws it after 10 s (docs/api.md §6), and the retries continue a little longer.
 */
import { SfuApiError } from '../api/sfu-api-error.ts';
import { type Clock, systemClock } from '../clock.ts';

const FIRST_DELAY_MS = 100;
const MAX_DELAY_MS = 2_000;
const NEGOTIATION_PATIENCE_MS = 13_000;
const OTHER_PATIENCE_MS = 5_000;

export interface RetrySituation {
  /** The number of failures so far. */
  readonly attempt: number;
  /** The time since the call was first sent. */
  readonly elapsedMs: number;
}

/**
 * Calls `attempt` until it succeeds or need not be tried again: for 5 s while the SFU says that the call may succeed later, and for 13 s
 * while it waits for the answer to an offer.
 *
 * @throws what the last attempt threw
 */
export async function retrying<Result>(attempt: () => Promise<Result>, clock: Clock = systemClock): Promise<Result> {
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

/** @returns undefined if the call should not be repeated */
export function retryDelayMs(failure: unknown, { attempt, elapsedMs }: RetrySituation): number | undefined {
  if (!(failure instanceof SfuApiError)) return undefined;
  const { code, isRetryable, retryAfterMs } = failure.facts;
  const isGlare = code === 'negotiation_glare' || code === 'negotiation_in_progress';
  // It was already repeated below HTTP, with the same idempotency key.
  if (code === 'network_failure' || (!isGlare && !isRetryable)) return undefined;

  const backoffMs = Math.min(FIRST_DELAY_MS * 2 ** (attempt - 1), MAX_DELAY_MS);
  const delayMs = Math.max(backoffMs, retryAfterMs ?? 0);
  const patienceMs = isGlare ? NEGOTIATION_PATIENCE_MS : OTHER_PATIENCE_MS;
  return elapsedMs + delayMs <= patienceMs ? delayMs : undefined;
}
