/** Helpers that decide where a subscriber may switch from one layer, source or wish to another. */

import type { ExtendedSeq } from '@causeway/wire';
import type { SubscriberTrackPlan } from '../plan.ts';
import type { ReceiveStream, StreamPacket } from '../publisher/receive-stream.ts';

/**
 * How many packets may have arrived ahead of a keyframe's first packet, if that was lost and retransmitted: the rest of a large keyframe,
 * and what follows within a round trip. Sending more than this at once would be a burst.
 */
const MAX_OVERTAKEN_BY_PACKETS = 256;

/** Whether a receiver can start decoding with this packet. */
export function canBeginWith(packet: StreamPacket): boolean {
  if (packet.codec.detectKeyframe === undefined) return true;
  return packet.isKeyframe && newestOf(packet) - packet.sequence <= MAX_OVERTAKEN_BY_PACKETS;
}

export function newestOf({ stream, sequence }: StreamPacket): number {
  return stream.newest ?? sequence;
}

/** Whether both streams are copies of the same publication. Only then is it worth the time to search them for common packets. */
export function isCopyOfSame(former: ReceiveStream | undefined, { track: { plan } }: ReceiveStream): former is ReceiveStream {
  return plan.copyOf !== undefined && former?.track.plan.copyOf === plan.copyOf;
}

/** Whether both plans ask for the same layers of a publication. */
export function isSameWish(one: SubscriberTrackPlan, other: SubscriberTrackPlan): boolean {
  return one.preferredRid === other.preferredRid && JSON.stringify(one.layers) === JSON.stringify(other.layers);
}

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
