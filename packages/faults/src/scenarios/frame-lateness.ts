/** How late frames come, by the publisher's clock: what a camera or a browser leaves out by itself is not in it. */
import type { FrameArrival } from '@causeway/e2e';

const TICKS_PER_MS = 90;

/**
 * How much longer the slowest frame took than the quickest, in milliseconds.
 *
 * @param frames in any order, of less than six hours; infinitely late if there are none
 */
export function latestMs(frames: readonly FrameArrival[]): number {
  const [first] = frames;
  if (first === undefined) return Number.POSITIVE_INFINITY;
  // The difference as a signed number of 32 bits: timestamps begin anywhere, and wrap.
  const tookMs = frames.map(({ rtpTimestamp, completeAtMs }) => completeAtMs - ((rtpTimestamp - first.rtpTimestamp) | 0) / TICKS_PER_MS);
  return Math.max(...tookMs) - Math.min(...tookMs);
}
