import { z } from 'zod';
import { itemErrorFields } from '../errors/failed-item.ts';
import { Mid } from '../ids/mid.ts';
import { SessionId } from '../ids/session-id.ts';
import { remoteTrackFields } from './remote-track.ts';
import { AnswerDescription, OfferDescription } from './session-description.ts';
import { trackList } from './track-list.ts';

/** Names a subscription by its media line, or by the remote track. */
export const UnsubscribeItem = z
  .object({ ...remoteTrackFields, remoteSessionId: remoteTrackFields.remoteSessionId.optional(), mid: Mid.optional() })
  .refine(
    (item) =>
      item.mid !== undefined ||
      (item.remoteSessionId !== undefined && (item.remoteTrackId !== undefined || item.customTrackName !== undefined)),
    { error: 'must have mid, or remoteSessionId with remoteTrackId or customTrackName' },
  );
export type UnsubscribeItem = z.infer<typeof UnsubscribeItem>;

/** `POST /session/:session_id/track/unsubscribe` */
export const UnsubscribeRequest = z.object({
  tracks: trackList(UnsubscribeItem).min(1, 'must name at least one track'),
  sessionDescription: OfferDescription.optional(),
});
export type UnsubscribeRequest = z.infer<typeof UnsubscribeRequest>;

export const UnsubscribedTrackResult = z.object({
  mid: Mid.optional(),
  remoteSessionId: z.string().optional(),
  remoteTrackId: z.string().optional(),
  customTrackName: z.string().optional(),
  ...itemErrorFields,
});
export type UnsubscribedTrackResult = z.infer<typeof UnsubscribedTrackResult>;

export const UnsubscribeReply = z.object({
  sessionId: SessionId,
  success: z.boolean(),
  sessionDescription: AnswerDescription.optional().meta({ description: 'Present exactly when the request had an offer' }),
  tracks: z.array(UnsubscribedTrackResult),
});
export type UnsubscribeReply = z.infer<typeof UnsubscribeReply>;
