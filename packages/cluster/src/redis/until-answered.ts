import { SfuError } from '@causeway/protocol';
import type { Clock } from '@causeway/sfu';

/** Repeats a call to Redis until it is answered. */
export type Persist = <Reply>(call: () => Promise<Reply>) => Promise<Reply>;

const RETRY_MS = 200;

/**
 * Returns a function that repeats calls while a node starts. When many nodes start at once, Redis or the machine may be
 * too busy to answer a single call in time. Errors other than `registry_unavailable` are not retried.
 *
 * @throws Error if a call is not answered within `timeoutMs` from now; the message says why
 */
export function persistFor(timeoutMs: number, clock: Clock): Persist {
  const deadlineMs = clock.nowMs() + timeoutMs;
  return async (call) => {
    for (;;) {
      try {
        return await call();
      } catch (error) {
        if (!(error instanceof SfuError) || error.code !== 'registry_unavailable') throw error;
        if (clock.nowMs() > deadlineMs)
          throw new Error(`gave up after ${timeoutMs / 1000} s: Redis does not answer: ${reasonOf(error)}`, { cause: error });
      }
      await new Promise<void>((resolve) => void clock.schedule(RETRY_MS, resolve));
    }
  };
}

/** Takes the reason from the connection, to distinguish a wrong address from a wrong password. */
export function reasonOf({ cause }: SfuError): string {
  const { message, code } = Object(cause) as { readonly message?: unknown; readonly code?: unknown };
  return String(message || code || 'there is no connection');
}
