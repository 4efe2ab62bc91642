import { z } from 'zod';
import { ErrorCodeSchema } from '../errors/error-reply.ts';
import { GroupName, SessionId } from '../ids.ts';
import { Region } from './sessions.ts';
import { TrackKind } from './track-fields.ts';

/** Every type that an event may have. */
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
  'events.lost',
] as const;

/** What happened, as one message of an event stream tells it. Fields that the type has no use for are missing. */
export const ApiEvent = z.object({
  id: z.string().meta({
    description:
      'Grows from event to event of an app, or of a session; opaque. An event has one id among those of the app and another among those of its session',
    examples: ['1771845600000-0'],
  }),
  type: z.enum(API_EVENT_TYPES).meta({
    description: '`events.lost`: some that happened before are no longer known; read the present state with GET',
  }),
  at: z.iso.datetime().meta({ description: 'When it happened, by the clock of the node' }),
  sessionId: SessionId.optional().meta({
    description: 'The session that it happened to; missing in `node.draining`, `quota.warning` and `events.lost`',
  }),
  group: GroupName.optional().meta({ description: 'Group of that session; missing for none' }),
  trackId: z.string().optional().meta({ description: 'Of `track.…`: the track of this session' }),
  customTrackName: z.string().optional(),
  mid: z.string().optional().meta({ description: 'Media line of the session that the event is about' }),
  trackKind: TrackKind.optional(),
  remoteSessionId: z.string().optional().meta({ description: 'Of a subscription: who publishes the track or data channel' }),
  remoteTrackId: z.string().optional(),
  dataChannelName: z.string().optional().meta({ description: 'Of `datachannel.…`' }),
  dataChannelId: z.int().optional().meta({ description: 'Stream id of the data channel in this session' }),
  sizeBytes: z.int().optional().meta({ description: 'Of `datachannel.oversized`: the message that was left out' }),
  maxMessageBytes: z.int().optional().meta({ description: 'Of `datachannel.oversized`: the longest that the client takes' }),
  rid: z.string().optional().meta({
    description: 'Of `layer.changed`: the layer that is sent now, empty for a track that has only one; missing while nothing is sent',
  }),
  spatial: z
    .int()
    .optional()
    .meta({ description: 'Of `layer.changed`: the highest spatial layer that is sent of one stream; missing where all are' }),
  temporal: z.int().optional().meta({ description: 'Of `layer.changed`: the highest temporal layer that is sent; missing where all are' }),
  quality: z
    .enum(['full', 'reduced', 'paused'])
    .optional()
    .meta({ description: 'Of `quality.changed`: the session gets all that it has asked for, less, or nothing' }),
  reason: z.string().optional().meta({
    description: 'Why it ended; of `layer.changed` and `quality.changed` one of `start`, `bandwidth`, `request`, `publisher`',
  }),
  errorCode: ErrorCodeSchema.optional().meta({ description: 'Why it failed' }),
  region: Region.optional().meta({ description: 'Of `node.draining`: where the node stands' }),
  usedPercent: z
    .int()
    .optional()
    .meta({ description: 'Of `quota.warning`: how much of its quota of the month the app has used: 80, 95 or 100' }),
  deadlineAt: z.iso
    .datetime()
    .optional()
    .meta({ description: 'Of `node.draining`: when sessions of this node that are still there are closed' }),
});
export type ApiEvent = z.infer<typeof ApiEvent>;

/** Query of the event stream of an app. */
export const EventsQuery = z.object({
  group: GroupName.optional().meta({
    description: 'Only events of sessions of this group, beside those that concern all sessions',
  }),
});
export type EventsQuery = z.infer<typeof EventsQuery>;
