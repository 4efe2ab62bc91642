import { z } from 'zod';
import { itemErrorFields } from '../errors/error-reply.ts';
import { DataChannelName, SessionId } from '../ids.ts';
import { DataChannelStatus, dataChannelList, Retain, reliabilityFields, StreamId } from './data-channel-fields.ts';
import { OfferDescription, SessionDescription } from './session-description.ts';

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
