/** Bodies of the calls that change, end or list existing data channels. */
import { z } from 'zod';
import { itemErrorFields } from '../errors/error-reply.ts';
import { SessionId } from '../ids.ts';
import { CanReply, dataChannelList, StreamId } from './data-channel-fields.ts';
import { PublishedDataChannelResult } from './publish-data-channels.ts';
import { remoteDataChannelFields, SubscribedDataChannelResult } from './subscribe-data-channels.ts';
import { trackReference } from './track-fields.ts';

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
