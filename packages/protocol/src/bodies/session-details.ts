import { z } from 'zod';
import { SessionSummary } from './session-summary.ts';
import { SubscriptionSummary } from './subscription-summary.ts';
import { TrackSummary } from './track-summary.ts';

/** `GET /session/:session_id` */
export const SessionDetails = SessionSummary.extend({
  createdAt: z.string().meta({ description: 'ISO 8601, UTC', format: 'date-time' }),
  tracks: z.array(TrackSummary),
  subscriptions: z.array(SubscriptionSummary),
});
export type SessionDetails = z.infer<typeof SessionDetails>;
