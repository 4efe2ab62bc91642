import { z } from 'zod';
import { itemErrorFields } from '../errors/error-reply.ts';
import { CanReply, DataChannelStatus, dataChannelList, reliabilityFields, StreamId } from './data-channel-fields.ts';
import { dataNegotiationFields } from './publish-data-channels.ts';
import { OfferDescription } from './session-description.ts';
import { trackReference } from './track-fields.ts';

/** Refers to a published data channel of any session of the app. */
export const remoteDataChannelFields = {
  remoteSessionId: trackReference().meta({ description: 'Session id of the publisher' }),
  dataChannelName: trackReference().meta({ description: 'Name of the published data channel' }),
};

/** A remote data channel to subscribe to, with the settings of the subscription. */
export const SubscribeDataChannelItem = z
  .object({
    ...remoteDataChannelFields,
    canReply: CanReply.optional(),
    negotiated: z.boolean().optional().meta({
      description: 'Whether the page creates the channel itself with the id in the reply; default false: `ondatachannel` announces it',
    }),
    waitForAck: z.boolean().optional().meta({
      description: 'Only with negotiated: nothing is delivered before this subscriber has sent a first message, which is not forwarded',
    }),
    paused: z.boolean().optional(),
  })
  .refine((item) => item.waitForAck !== true || item.negotiated === true, {
    error: 'needs negotiated: true; a channel announced by ondatachannel loses no message before it is open',
    path: ['waitForAck'],
  });
export type SubscribeDataChannelItem = z.infer<typeof SubscribeDataChannelItem>;

/** `POST /session/:session_id/datachannel/subscribe` */
export const SubscribeDataChannelsRequest = z.object({
  dataChannels: dataChannelList(SubscribeDataChannelItem),
  sessionDescription: OfferDescription.optional().meta({ description: 'An offer with m=application, if the session has none yet' }),
});
export type SubscribeDataChannelsRequest = z.infer<typeof SubscribeDataChannelsRequest>;

/** The result of one item. `id` and the settings are missing if the item failed. */
export const SubscribedDataChannelResult = z.object({
  remoteSessionId: z.string(),
  dataChannelName: z.string(),
  id: StreamId.optional().meta({ description: 'Stream id of the channel in this session' }),
  negotiated: z.boolean().optional(),
  status: DataChannelStatus.optional(),
  ...reliabilityFields,
  canReply: CanReply.optional(),
  waitForAck: z.boolean().optional(),
  paused: z.boolean().optional(),
  alreadySubscribed: z.boolean().optional(),
  ...itemErrorFields,
});
export type SubscribedDataChannelResult = z.infer<typeof SubscribedDataChannelResult>;

/** Reply to `datachannel/subscribe`, with one result for each item. */
export const SubscribeDataChannelsReply = z.object({ ...dataNegotiationFields, dataChannels: z.array(SubscribedDataChannelResult) });
export type SubscribeDataChannelsReply = z.infer<typeof SubscribeDataChannelsReply>;
