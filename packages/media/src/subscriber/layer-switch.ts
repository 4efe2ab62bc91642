/** Where a subscriber may change from one layer, source or wish to another. */
import type { SubscriberTrackPlan } from '../plan.ts';
import { ALL_LAYERS, type LayerOption } from '../publisher/layer-catalogue.ts';
import type { ReceiveStream, StreamPacket } from '../publisher/receive-stream.ts';

/**
 * How far ahead of a keyframe's first packet others may have come, when it was lost and sent again: the rest of a large one, and what follows in a
 * round trip. More at once would be a burst.
 */
const MAX_OVERTAKEN_BY_PACKETS = 256;

/** Whether a receiver can make something of this packet and those after it. */
export function canBeginWith(packet: StreamPacket): boolean {
  if (packet.codec.detectKeyframe === undefined) return true;
  return packet.isKeyframe && newestOf(packet) - packet.sequence <= MAX_OVERTAKEN_BY_PACKETS;
}

export function newestOf({ stream, sequence }: StreamPacket): number {
  return stream.newest ?? sequence;
}

/** To look for packets in common costs time: only where there must be some. */
export function isCopyOfSame(former: ReceiveStream | undefined, { track: { plan } }: ReceiveStream): former is ReceiveStream {
  return plan.copyOf !== undefined && former?.track.plan.copyOf === plan.copyOf;
}

export function isSameOption(one: LayerOption | undefined, other: LayerOption | undefined): boolean {
  if (one === undefined || other === undefined) return one === other;
  return one.stream === other.stream && one.maxSpatialId === other.maxSpatialId && one.maxTemporalId === other.maxTemporalId;
}

/** A layer within a stream as it is told; undefined if none is left out. */
export function limitOf(maxId: number | undefined): number | undefined {
  return maxId === ALL_LAYERS ? undefined : maxId;
}

/** Whether two plans ask for the same of a publication's layers. */
export function isSameWish(one: SubscriberTrackPlan, other: SubscriberTrackPlan): boolean {
  return one.preferredRid === other.preferredRid && JSON.stringify(one.layers) === JSON.stringify(other.layers);
}
