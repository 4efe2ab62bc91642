/** What follows an attempt to deliver: another one later, or none. */
import type { SettledDelivery } from '@causeway/accounts';
import type { DeliveryReply } from './delivery-sender.ts';

const SECOND_MS = 1_000;
const MINUTE_MS = 60_000;
const HOUR_MS = 3_600_000;

/** Between one attempt and the next. With them there are eight attempts, the last one some 28 hours after the first. */
export const RETRY_DELAYS_MS: readonly number[] = [
  5 * SECOND_MS,
  5 * MINUTE_MS,
  30 * MINUTE_MS,
  2 * HOUR_MS,
  5 * HOUR_MS,
  10 * HOUR_MS,
  10 * HOUR_MS,
];
/** Attempts that failed together shall not come back together. */
const JITTER_SHARE = 0.1;
/** A receiver cannot put off an attempt for longer. */
const MAX_RETRY_AFTER_MS = 24 * HOUR_MS;
const STATUS_GONE = 410;

/** An attempt that is over. */
export interface FinishedAttempt {
  /** Attempts of the delivery, this one included. */
  readonly count: number;
  readonly reply: DeliveryReply;
  /** Milliseconds since 1970. */
  readonly nowMs: number;
  /** Uniform in [0, 1). */
  readonly random: () => number;
}

/** A redirect is a failure: it could lead to where webhooks must not go. */
export function nextStep({ count, reply, nowMs, random }: FinishedAttempt): SettledDelivery['next'] {
  if (isDelivered(reply)) return { state: 'delivered' };
  if (reply.type === 'reply' && reply.status === STATUS_GONE) return { state: 'failed', disables: 'gone' };
  const delayMs = RETRY_DELAYS_MS[count - 1];
  if (delayMs === undefined) return { state: 'failed' };
  const jitteredMs = delayMs * (1 + JITTER_SHARE * (2 * random() - 1));
  const askedMs = reply.type === 'reply' ? Math.min(reply.retryAfterMs ?? 0, MAX_RETRY_AFTER_MS) : 0;
  return { state: 'waiting', nextAtMs: nowMs + Math.round(Math.max(jitteredMs, askedMs)) };
}

/** Whether the receiver has taken the event. */
export function isDelivered(reply: DeliveryReply): boolean {
  return reply.type === 'reply' && reply.status >= 200 && reply.status < 300;
}
