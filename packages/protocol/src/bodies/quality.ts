import { z } from 'zod';
import { AppId, Mid, SessionId } from '../ids.ts';
import { TrackKind } from './track-fields.ts';

const LossRatio = z.number().min(0).max(1).optional();

/** What the node received of a published track during the interval before a sample. */
export const PublicationQuality = z.object({
  mid: Mid,
  trackKind: TrackKind,
  bitrateBps: z.number().meta({ description: 'Bitrate of all layers together' }),
  lossRatio: LossRatio.meta({ description: 'Share of its packets that did not arrive at the first try; missing while it sends nothing' }),
});
export type PublicationQuality = z.infer<typeof PublicationQuality>;

/** What the node sent of a subscribed track during the interval before a sample. */
export const SubscriptionQuality = z.object({
  mid: Mid,
  trackKind: TrackKind,
  remoteSessionId: z.string(),
  remoteTrackId: z.string(),
  bitrateBps: z.number().meta({ description: 'Repeated packets included' }),
  lossRatio: LossRatio.meta({
    description: 'Share of packets that the client reports as lost at the first try; missing while it reports nothing new',
  }),
  rid: z.string().optional().meta({ description: 'Layer that was sent last, empty for a track with only one; missing while none was' }),
});
export type SubscriptionQuality = z.infer<typeof SubscriptionQuality>;

/** How a session went during the interval before `at`. */
export const QualitySample = z.object({
  at: z.iso.datetime().meta({ description: 'Time of the sample by the clock of the node' }),
  rttMs: z.number().optional().meta({ description: 'Round trip, smoothed; missing until it has been measured' }),
  estimatedBps: z.number().optional().meta({ description: 'Estimated capacity of the downlink of the client; missing without feedback' }),
  publications: z.array(PublicationQuality),
  subscriptions: z.array(SubscriptionQuality),
});
export type QualitySample = z.infer<typeof QualitySample>;

/** `GET /session/:session_id/quality`: the last five minutes of a session. */
export const SessionQualityReply = z.object({
  sessionId: SessionId,
  sfuAppId: AppId,
  samples: z.array(QualitySample).meta({
    description:
      'Oldest first, about five seconds apart, for five minutes; only times at which the session had tracks, and tracks that it still has',
  }),
});
export type SessionQualityReply = z.infer<typeof SessionQualityReply>;

/** Query of the event stream of a session. */
export const SessionEventsQuery = z.object({
  quality: z.enum(['true', 'false']).optional().meta({
    description: '`true`: new samples of `GET /quality` are sent as well, as messages with `event: quality` and without an id',
  }),
});
export type SessionEventsQuery = z.infer<typeof SessionEventsQuery>;
