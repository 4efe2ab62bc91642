/** Fields that the bodies about data channels share. */
import { z } from 'zod';
import { LIMITS } from '../limits.ts';

const MAX_UINT16 = 65_535;

/** How messages are delivered, as in `RTCDataChannelInit`; reliable and in order by default. */
export const reliabilityFields = {
  ordered: z.boolean().optional().meta({ description: 'Whether messages arrive in the order they were sent; default true' }),
  maxRetransmits: z
    .int()
    .min(0)
    .max(MAX_UINT16)
    .optional()
    .meta({ description: 'A message is abandoned after this many retransmissions; not together with maxPacketLifeTime' }),
  maxPacketLifeTime: z
    .int()
    .min(0)
    .max(MAX_UINT16)
    .optional()
    .meta({ description: 'A message is abandoned after this many milliseconds; not together with maxRetransmits' }),
};

/** The messages that a later subscriber receives first. */
export const Retain = z
  .union([z.enum(['none', 'last']), z.int().min(1).max(LIMITS.maxRetainedMessages)], {
    error: `must be "none", "last" or a whole number from 1 to ${LIMITS.maxRetainedMessages}`,
  })
  .meta({
    description: `Messages that a later subscriber receives first: none, the last one, or this number of them (up to ${LIMITS.maxRetainedMessages})`,
  });
export type Retain = z.infer<typeof Retain>;

/** Whether a subscriber may send messages to the publisher. */
export const CanReply = z.union([z.boolean(), z.literal('many')], { error: 'must be true, false or "many"' }).meta({
  description:
    'true: only this subscriber may send to the publisher, and it takes that right from the previous holder; "many": others may do so too',
});
export type CanReply = z.infer<typeof CanReply>;

/** `pending`: the channel is not open yet; `open`: messages flow. */
export const DataChannelStatus = z.enum(['pending', 'open']);
export type DataChannelStatus = z.infer<typeof DataChannelStatus>;

/** A stream id, as in `RTCDataChannel.id`. */
export const StreamId = z
  .int()
  .min(0)
  .max(MAX_UINT16 - 1);

/** List of the channels of one call, at most `LIMITS.maxTracksPerCall`; longer lists fail with `too_many_tracks`. */
export function dataChannelList<Item extends z.ZodType>(item: Item) {
  return z
    .array(item)
    .min(1, 'must name at least one data channel')
    .max(LIMITS.maxTracksPerCall, `must name at most ${LIMITS.maxTracksPerCall} data channels`);
}
