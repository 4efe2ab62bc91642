import { type KeyframeDetector, keyframeDetector } from '@causeway/wire';
import { madeOnce } from '../made-once.ts';
import type { CodecPlan } from '../plan.ts';

/** A codec a publisher may send, looked up by payload type. */
export interface PublisherCodec {
  readonly plan: CodecPlan;
  /** True when the payload is another codec's retransmission (RFC 4588) and `plan` is that other codec. */
  readonly isRtx: boolean;
  /** True when the payload holds packets of another codec, this one and earlier ones (RFC 2198). */
  readonly isRed: boolean;
  /** Undefined for audio, where a receiver can start with any packet. */
  readonly detectKeyframe: KeyframeDetector | undefined;
}

/** Codecs by payload type, retransmission payload types included. */
export const indexCodecs = madeOnce((codecs: readonly CodecPlan[]): readonly (PublisherCodec | undefined)[] => {
  const byPayloadType = new Array<PublisherCodec | undefined>(128).fill(undefined);
  for (const plan of codecs) {
    const detectKeyframe = keyframeDetector(plan.name);
    byPayloadType[plan.payloadType] = { plan, isRtx: false, isRed: plan.name === 'red', detectKeyframe };
    if (plan.rtxPayloadType !== undefined) byPayloadType[plan.rtxPayloadType] = { plan, isRtx: true, isRed: false, detectKeyframe };
  }
  return byPayloadType;
});
