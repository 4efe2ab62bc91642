/** Measures how late frames come by the publisher's clock, so that frames which a camera or a browser leaves out do not count. */
import type { FrameArrival } from '@causeway/e2e';

const TICKS_PER_MS = 90;

/**
 * Returns how much longer the slowest frame took than the quickest, in milliseconds.
 *
 * @param frames in any order, within less than six hours
 * @returns Infinity if there are none
 */
export function latestMs(frames: readonly FrameArrival[]): number {
  const [first] = frames;
  if (first === undefined) return Number.POSITIVE_INFINITY;
  // The difference is taken as a signed number of 32 bits, because timestamps start anywhere and wrap.
  const tookMs = frames.map(({ rtpTimestamp, completeAtMs }) => completeAtMs - ((rtpTimestamp - first.rtpTimestamp) | 0) / TICKS_PER_MS);
  return Math.max(...tookMs) - Math.min(...tookMs);
}
