/** Decides whether and when a failed delivery is attempted again. */
import type { SettledDelivery } from '@causeway/accounts';
import type { DeliveryReply } from './delivery-sender.ts';

const SECOND_MS = 1_000;
const MINUTE_MS = 60_000;
const HOUR_MS = 3_600_000;

/** The delays between attempts. They result in eight attempts, the last one about 28 hours after the first. */
export const RETRY_DELAYS_MS: readonly number[] = [
  5 * SECOND_MS,
  5 * MINUTE_MS,
  30 * MINUTE_MS,
  2 * HOUR_MS,
  5 * HOUR_MS,
  10 * HOUR_MS,
  10 * HOUR_MS,
];
/** The share of a delay that is random, so that attempts that failed together are not repeated together. */
const JITTER_SHARE = 0.1;
/** The longest delay that a receiver can ask for. */
const MAX_RETRY_AFTER_MS = 24 * HOUR_MS;
const STATUS_GONE = 410;

/** A finished attempt. */
export interface FinishedAttempt {
  /** The number of attempts of the delivery, including this one. */
  readonly count: number;
  readonly reply: DeliveryReply;
  /** Milliseconds since 1970. */
  readonly nowMs: number;
  /** Uniform in [0, 1). */
  readonly random: () => number;
}

/** Decides what follows an attempt. A redirect is a failure, because it could lead to an address that is not allowed. */
export function nextStep({ count, reply, nowMs, random }: FinishedAttempt): SettledDelivery['next'] {
  if (isDelivered(reply)) return { state: 'delivered' };
  if (reply.type === 'reply' && reply.status === STATUS_GONE) return { state: 'failed', disables: 'gone' };
  const delayMs = RETRY_DELAYS_MS[count - 1];
  if (delayMs === undefined) return { state: 'failed' };
  const jitteredMs = delayMs * (1 + JITTER_SHARE * (2 * random() - 1));
  const askedMs = reply.type === 'reply' ? Math.min(reply.retryAfterMs ?? 0, MAX_RETRY_AFTER_MS) : 0;
  return { state: 'waiting', nextAtMs: nowMs + Math.round(Math.max(jitteredMs, askedMs)) };
}

/** Whether the receiver has accepted the event. */
export function isDelivered(reply: DeliveryReply): boolean {
  return reply.type === 'reply' && reply.status >= 200 && reply.status < 300;
}
