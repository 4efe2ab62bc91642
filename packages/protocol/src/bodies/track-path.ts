import { z } from 'zod';
import { AppId, DataChannelName, MAX_NODE_NO, SessionId, TrackId } from '../ids.ts';

const NodeNo = z.int().min(0).max(MAX_NODE_NO);

/** One copy of a track or data channel from one node to another. */
export const TrackPathHop = z.object({
  from: NodeNo.meta({ description: 'Node that sends the copy' }),
  to: NodeNo.meta({ description: 'Node that receives it' }),
  fromRegion: z.string(),
  toRegion: z.string(),
  layers: z.array(z.string()).meta({
    description: 'Simulcast layers that are sent; an empty name stands for the only encoding without simulcast, and for a data channel',
  }),
  rttMs: z.number().optional().meta({ description: 'Round trip of the link' }),
  lossRatio: z.number().optional().meta({ description: 'Share of packets lost at the first try, 0 to 1' }),
  pricePerGb: z.number().optional().meta({ description: 'Price for the sending side, as configured' }),
  cost: z.number().optional().meta({ description: 'These values combined as one number, in milliseconds; lower is better' }),
  subscribers: z.int().optional().meta({ description: 'Subscriptions at the receiving node itself' }),
  route: z.array(NodeNo).optional().meta({ description: 'The whole route of this copy, from the receiving node back to the owner' }),
  why: z.string().meta({ description: 'A readable reason for this route' }),
});
export type TrackPathHop = z.infer<typeof TrackPathHop>;

/** A link that carries nothing, with the reason. */
export const TrackPathRefusedLink = z.object({ node: NodeNo, region: z.string(), reason: z.string() });
export type TrackPathRefusedLink = z.infer<typeof TrackPathRefusedLink>;

const path = {
  node: NodeNo.meta({ description: 'Node of the publisher, the root of the tree' }),
  region: z.string(),
  subscribers: z.int().meta({ description: 'Subscriptions at the owner itself' }),
  hops: z.array(TrackPathHop).meta({ description: 'Every copy between nodes, each after the one that feeds it' }),
  unanswered: z.array(NodeNo).meta({ description: 'Nodes that receive it and did not report in time' }),
  refusedLinks: z
    .array(TrackPathRefusedLink)
    .meta({ description: 'Links of the owner that carry nothing because the versions are not compatible' }),
};

/** `GET /session/:session_id/track/:track_id/path`: the tree along which a track reaches its subscribers' nodes. */
export const TrackPathReply = z.object({ sessionId: SessionId, sfuAppId: AppId, trackId: TrackId, ...path });
export type TrackPathReply = z.infer<typeof TrackPathReply>;

/** `GET /session/:session_id/datachannels/:data_channel_name/path`: the same for a data channel. */
export const DataChannelPathReply = z.object({ sessionId: SessionId, sfuAppId: AppId, dataChannelName: DataChannelName, ...path });
export type DataChannelPathReply = z.infer<typeof DataChannelPathReply>;
