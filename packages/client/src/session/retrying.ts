/**
 * When to send a refused call again.
 *
 * `negotiation_glare` and `negotiation_in_progress` mean that the SFU waits for an answer. Our own exchanges are queued, so that
 * offer is one whose reply we never saw; the SFU withdraws it after 10 s (docs/api.md §6), and the retries go on just longer than that.
 */
import { SfuApiError } from '../api/sfu-api-error.ts';
import { type Clock, systemClock } from '../clock.ts';

const FIRST_DELAY_MS = 100;
const MAX_DELAY_MS = 2_000;
const NEGOTIATION_PATIENCE_MS = 13_000;
const OTHER_PATIENCE_MS = 5_000;

export interface RetrySituation {
  /** 1 after the first failure. */
  readonly attempt: number;
  /** Since the call was first sent. */
  readonly elapsedMs: number;
}

/**
 * Calls `attempt` until it succeeds or is not worth another try: for 5 s while the SFU says that the call may succeed later, and for
 * 13 s while it waits for the answer to an offer.
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

/** @returns undefined if the call is not worth sending again */
export function retryDelayMs(failure: unknown, { attempt, elapsedMs }: RetrySituation): number | undefined {
  if (!(failure instanceof SfuApiError)) return undefined;
  const { code, isRetryable, retryAfterMs } = failure.facts;
  const isGlare = code === 'negotiation_glare' || code === 'negotiation_in_progress';
  // Sent again already, below HTTP, with the same idempotency key.
  if (code === 'network_failure' || (!isGlare && !isRetryable)) return undefined;

  const backoffMs = Math.min(FIRST_DELAY_MS * 2 ** (attempt - 1), MAX_DELAY_MS);
  const delayMs = Math.max(backoffMs, retryAfterMs ?? 0);
  const patienceMs = isGlare ? NEGOTIATION_PATIENCE_MS : OTHER_PATIENCE_MS;
  return elapsedMs + delayMs <= patienceMs ? delayMs : undefined;
}
