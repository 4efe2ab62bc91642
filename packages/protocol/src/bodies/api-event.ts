import { z } from 'zod';
import { ErrorCodeSchema } from '../errors/error-reply.ts';
import { GroupName, SessionId } from '../ids.ts';
import { Region } from './sessions.ts';
import { TrackKind } from './track-fields.ts';

/** Every type of event. */
export const API_EVENT_TYPES = [
  'session.created',
  'session.connected',
  'session.disconnected',
  'session.closed',
  'track.published',
  'track.active',
  'track.inactive',
  'track.renamed',
  'track.muted',
  'track.unmuted',
  'track.closed',
  'speaker.changed',
  'subscription.active',
  'subscription.ended',
  'subscription.failed',
  'layer.changed',
  'quality.changed',
  'datachannel.published',
  'datachannel.closed',
  'datachannel.failed',
  'datachannel.subscribed',
  'datachannel.unsubscribed',
  'datachannel.overflow',
  'datachannel.oversized',
  'node.draining',
  'quota.warning',
  'webhook.disabled',
  'events.lost',
] as const;

/** An event, as one message of an event stream contains it. Fields that do not apply to its type are missing. */
export const ApiEvent = z.object({
  id: z.string().meta({
    description:
      'Opaque; increases from event to event of an app, or of a session. An event has one id in the stream of its app and another in the stream of its session',
    examples: ['1771845600000-0'],
  }),
  type: z.enum(API_EVENT_TYPES).meta({
    description: '`events.lost`: earlier events are no longer available; read the present state with GET',
  }),
  at: z.iso.datetime().meta({ description: 'Time of the event by the clock of the node' }),
  sessionId: SessionId.optional().meta({
    description: 'The session that the event concerns; missing in `node.draining`, `quota.warning`, `webhook.disabled` and `events.lost`',
  }),
  group: GroupName.optional().meta({ description: 'Group of that session; missing if it has none' }),
  trackId: z.string().optional().meta({ description: 'Of `track.…` and `speaker.changed`: the track of this session' }),
  customTrackName: z.string().optional(),
  mid: z.string().optional().meta({ description: 'Media line that the event concerns' }),
  trackKind: TrackKind.optional(),
  remoteSessionId: z.string().optional().meta({ description: 'Of a subscription: the session that publishes the track or data channel' }),
  remoteTrackId: z.string().optional(),
  dataChannelName: z.string().optional().meta({ description: 'Of `datachannel.…`' }),
  dataChannelId: z.int().optional().meta({ description: 'Stream id of the data channel in this session' }),
  sizeBytes: z.int().optional().meta({ description: 'Of `datachannel.oversized`: size of the message that was dropped' }),
  maxMessageBytes: z
    .int()
    .optional()
    .meta({ description: 'Of `datachannel.oversized`: size of the longest message that the client accepts' }),
  rid: z.string().optional().meta({
    description: 'Of `layer.changed`: the layer that is now sent, empty for a track with only one; missing while nothing is sent',
  }),
  spatial: z.int().optional().meta({ description: 'Of `layer.changed`: the highest spatial layer sent of the stream; missing if all are' }),
  temporal: z.int().optional().meta({ description: 'Of `layer.changed`: the highest temporal layer sent; missing if all are' }),
  quality: z
    .enum(['full', 'reduced', 'paused'])
    .optional()
    .meta({ description: 'Of `quality.changed`: the session receives everything that it asked for, less, or nothing' }),
  webhookId: z.string().optional().meta({ description: 'Of `webhook.disabled`: the webhook to which nothing is sent from now on' }),
  reason: z.string().optional().meta({
    description:
      'Why it ended; of `webhook.disabled` one of `gone`, `failing`, `unreadable`; of `layer.changed` and `quality.changed` one of `start`, `bandwidth`, `request`, `publisher`',
  }),
  errorCode: ErrorCodeSchema.optional().meta({ description: 'Why it failed' }),
  region: Region.optional().meta({ description: 'Of `node.draining`: region of the node' }),
  usedPercent: z
    .int()
    .optional()
    .meta({ description: 'Of `quota.warning`: the share of its monthly quota that the app has used, in percent: 80, 95 or 100' }),
  deadlineAt: z.iso.datetime().optional().meta({ description: 'Of `node.draining`: when the remaining sessions of this node are closed' }),
});
export type ApiEvent = z.infer<typeof ApiEvent>;

/** Query of the event stream of an app. */
export const EventsQuery = z.object({
  group: GroupName.optional().meta({
    description: 'Only events of sessions of this group, and those that concern all sessions',
  }),
});
export type EventsQuery = z.infer<typeof EventsQuery>;
