/** Estimates how much one peer's path carries, from what its transport-wide feedback says of the packets we sent it. */
import type { ExtendedSeq, TransportFeedback } from '@causeway/wire';

/**
 * One per transport. The writer of outgoing packets calls `onPacketSent` for each packet that carries a transport-wide
 * sequence number, the RTCP receiver `onFeedback`; the allocator reads `bitrateBps` when it chooses layers.
 */
export interface Estimator {
  onPacketSent(nowMs: number, transportSeq: ExtendedSeq, sizeBytes: number): void;
  /** What the peer says: it may be about numbers that no packet had, which must count for nothing. */
  onFeedback(nowMs: number, feedback: TransportFeedback): void;
  /** What all streams to the peer together may send; Infinity while nothing suggests a limit. */
  bitrateBps(nowMs: number): number;
}

const NULL_ESTIMATOR: Estimator = {
  onPacketSent() {},
  onFeedback() {},
  bitrateBps: () => Number.POSITIVE_INFINITY,
};

/** @returns an estimator that knows no limit; it has no state, so all transports share one */
export function createNullEstimator(): Estimator {
  return NULL_ESTIMATOR;
}
