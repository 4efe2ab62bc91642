import { z } from 'zod';
import { itemErrorFields } from '../errors/error-reply.ts';
import { DataChannelName, SessionId } from '../ids.ts';
import { LIMITS } from '../limits.ts';
import { OfferDescription, SessionDescription } from './session-description.ts';
import { trackReference } from './track-fields.ts';

/** Fields that the bodies about data channels share. */
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

/** A data channel to publish, with its settings. */
export const PublishDataChannelItem = z
  .object({
    dataChannelName: DataChannelName,
    ...reliabilityFields,
    retain: Retain.optional(),
    bus: z.boolean().optional().meta({ description: 'Whether messages of a subscriber go to the publisher and to all other subscribers' }),
    negotiated: z.boolean().optional().meta({
      description:
        'Whether the reply gives an id to create the channel with (`{negotiated: true, id}`); default false: the page opens it by its label',
    }),
  })
  .refine((item) => item.maxRetransmits === undefined || item.maxPacketLifeTime === undefined, {
    error: 'must not have both maxRetransmits and maxPacketLifeTime',
    path: ['maxPacketLifeTime'],
  });
export type PublishDataChannelItem = z.infer<typeof PublishDataChannelItem>;

/** `POST /session/:session_id/datachannel/publish` */
export const PublishDataChannelsRequest = z.object({
  dataChannels: dataChannelList(PublishDataChannelItem),
  sessionDescription: OfferDescription.optional().meta({ description: 'An offer with m=application, if the session has none yet' }),
});
export type PublishDataChannelsRequest = z.infer<typeof PublishDataChannelsRequest>;

/** The result of one item. `status` and the settings are missing if and only if the item failed. */
export const PublishedDataChannelResult = z.object({
  dataChannelName: z.string(),
  id: StreamId.optional().meta({ description: 'Stream id; missing until the page has opened the channel by its label' }),
  negotiated: z.boolean().optional(),
  status: DataChannelStatus.optional(),
  ...reliabilityFields,
  retain: Retain.optional(),
  bus: z.boolean().optional(),
  ...itemErrorFields,
});
export type PublishedDataChannelResult = z.infer<typeof PublishedDataChannelResult>;

/** What every call that may need an m=application section replies about it. */
export const dataNegotiationFields = {
  immediateRenegotiationRequired: z.boolean(),
  sessionDescription: SessionDescription.optional().meta({
    description:
      'The answer, if the request had an offer; an offer of the SFU if and only if immediateRenegotiationRequired is true: answer it with renegotiate',
  }),
  sessionId: SessionId,
};

/** Reply to `datachannel/publish`, with one result for each item. */
export const PublishDataChannelsReply = z.object({ ...dataNegotiationFields, dataChannels: z.array(PublishedDataChannelResult) });
export type PublishDataChannelsReply = z.infer<typeof PublishDataChannelsReply>;

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

/** Names a subscription by its stream id, or by the remote channel. */
export const UpdateDataChannelItem = z
  .object({
    id: StreamId.optional(),
    remoteSessionId: remoteDataChannelFields.remoteSessionId.optional(),
    dataChannelName: remoteDataChannelFields.dataChannelName.optional(),
    canReply: CanReply.optional(),
    paused: z.boolean().optional(),
  })
  .refine((item) => item.id !== undefined || (item.remoteSessionId !== undefined && item.dataChannelName !== undefined), {
    error: 'must have id, or remoteSessionId with dataChannelName',
  });
export type UpdateDataChannelItem = z.infer<typeof UpdateDataChannelItem>;

/** `PUT /session/:session_id/datachannel/update` */
export const UpdateDataChannelsRequest = z.object({ dataChannels: dataChannelList(UpdateDataChannelItem) });
export type UpdateDataChannelsRequest = z.infer<typeof UpdateDataChannelsRequest>;

/** The settings of a subscription after an update; missing if the item failed. */
export const UpdatedDataChannelResult = SubscribedDataChannelResult.partial();
export type UpdatedDataChannelResult = z.infer<typeof UpdatedDataChannelResult>;

/** Reply to `datachannel/update`, with one result for each item. */
export const UpdateDataChannelsReply = z.object({ sessionId: SessionId, dataChannels: z.array(UpdatedDataChannelResult) });
export type UpdateDataChannelsReply = z.infer<typeof UpdateDataChannelsReply>;

/**
 * Names a channel that this session publishes by its name, one that it subscribes to by session and name, and either by
 * its stream id.
 */
export const CloseDataChannelItem = z
  .object({
    dataChannelName: trackReference().optional(),
    remoteSessionId: trackReference().optional().meta({ description: 'Publisher of a channel that this session subscribes to' }),
    id: StreamId.optional(),
  })
  .refine((item) => item.id !== undefined || item.dataChannelName !== undefined, { error: 'must have dataChannelName or id' });
export type CloseDataChannelItem = z.infer<typeof CloseDataChannelItem>;

/** `POST /session/:session_id/datachannel/close` */
export const CloseDataChannelsRequest = z.object({ dataChannels: dataChannelList(CloseDataChannelItem) });
export type CloseDataChannelsRequest = z.infer<typeof CloseDataChannelsRequest>;

/** The result of one item of `datachannel/close`. */
export const ClosedDataChannelResult = z.object({
  dataChannelName: z.string().optional(),
  remoteSessionId: z.string().optional(),
  id: StreamId.optional(),
  status: z.enum(['closed', 'already_closed']).optional(),
  ...itemErrorFields,
});
export type ClosedDataChannelResult = z.infer<typeof ClosedDataChannelResult>;

/** Reply to `datachannel/close`, with one result for each item. */
export const CloseDataChannelsReply = z.object({
  sessionId: SessionId,
  success: z.boolean(),
  dataChannels: z.array(ClosedDataChannelResult),
});
export type CloseDataChannelsReply = z.infer<typeof CloseDataChannelsReply>;

/** `GET /session/:session_id/datachannels` */
export const ListDataChannelsReply = z.object({
  sessionId: SessionId,
  published: z.array(PublishedDataChannelResult),
  subscribed: z.array(SubscribedDataChannelResult),
});
export type ListDataChannelsReply = z.infer<typeof ListDataChannelsReply>;
