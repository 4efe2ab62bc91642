/** Finds where in a layer's history a subscriber can start at once, so that no keyframe has to be requested. */
import type { ExtendedSeq } from '@causeway/wire';
import type { ReceiveStream } from '../publisher/receive-stream.ts';

/** Where nothing is shown, a viewer would see the outdated picture of an older keyframe. */
const RECENT_MS = 250;
/**
 * Where a better layer is shown, the frames since the keyframe are decoded but not seen. Most steps up that fail do so within this time,
 * and Chromium sends keyframes of all layers when it is asked for one.
 */
const STEP_BACK_WITHIN_MS = 1500;
/** A path with a known limit is not filled for longer than this. */
const CATCH_UP_SECONDS = 0.15;

type Layer = Pick<ReceiveStream, 'recentKeyframe' | 'isComplete' | 'newest' | 'history' | 'rate'>;

/**
 * @param shown the layer that is being sent; undefined if nothing is
 * @param limitBps of the path; undefined if it has none
 * @returns the first packet of `wanted` to send; undefined if a keyframe must be requested
 */
export function findKeptBeginning(
  nowMs: number,
  wanted: Layer,
  shown: Pick<ReceiveStream, 'rate'> | undefined,
  limitBps: number | undefined,
): ExtendedSeq | undefined {
  if (shown === undefined) return wanted.recentKeyframe(nowMs, RECENT_MS);
  // A better layer would start with a burst, although the current one continues until its keyframe arrives.
  if (wanted.rate.bps >= shown.rate.bps || !wanted.isComplete) return undefined;
  const first = wanted.recentKeyframe(nowMs, STEP_BACK_WITHIN_MS);
  if (first === undefined || limitBps === undefined) return first;
  return 8 * bytesFrom(first, wanted) <= CATCH_UP_SECONDS * limitBps ? first : undefined;
}

function bytesFrom(first: ExtendedSeq, { history, newest }: Layer): number {
  let bytes = 0;
  for (let sequence = first; sequence <= (newest ?? first); sequence++) bytes += history.lengthOf(sequence);
  return bytes;
}
