import { z } from 'zod';
import { itemErrorFields } from '../errors/failed-item.ts';
import { Mid } from '../ids/mid.ts';
import { TrackKind } from './track-kind.ts';
import { TrackStatus } from './track-status.ts';

/** What a session receives on one of its media lines. A subscription that the SFU ended itself is shown with its errorCode. */
export const SubscriptionSummary = z.object({
  mid: Mid,
  trackKind: TrackKind,
  remoteSessionId: z.string(),
  remoteTrackId: z.string(),
  customTrackName: z.string().meta({ description: 'Name that the remote track was subscribed by; empty if it was subscribed by id' }),
  status: TrackStatus.optional().meta({ description: 'Status of the remote track; missing once the subscription has ended' }),
  paused: z.boolean(),
  ...itemErrorFields,
});
export type SubscriptionSummary = z.infer<typeof SubscriptionSummary>;
