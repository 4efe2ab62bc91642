import { z } from 'zod';
import { itemErrorFields } from '../errors/error-reply.ts';
import { Mid, SessionId } from '../ids.ts';
import { AnswerDescription, OfferDescription } from './session-description.ts';
import { trackList, trackReference } from './track-fields.ts';

/** Names a published track by its id or its media line. */
export const CloseTrackItem = z
  .object({
    trackId: trackReference().optional().meta({ description: 'Track id of the published track; or give mid' }),
    mid: Mid.optional(),
  })
  .refine((item) => item.trackId !== undefined || item.mid !== undefined, { error: 'must have trackId or mid' });
export type CloseTrackItem = z.infer<typeof CloseTrackItem>;

/** `POST /session/:session_id/track/close` */
export const CloseTracksRequest = z.object({
  tracks: trackList(CloseTrackItem).min(1, 'must name at least one track'),
  sessionDescription: OfferDescription.optional().meta({
    description: 'New SDP offer after removing the track; without it, the tracks are closed and the SDP does not change',
  }),
  force: z.boolean().optional().meta({ description: 'Closes the tracks and ignores sessionDescription' }),
});
export type CloseTracksRequest = z.infer<typeof CloseTracksRequest>;

/** The result of one item of `track/close`. */
export const ClosedTrackResult = z.object({
  trackId: z.string().optional(),
  mid: Mid.optional(),
  customTrackName: z.string().optional(),
  status: z.enum(['closed', 'already_closed']).optional(),
  ...itemErrorFields,
});
export type ClosedTrackResult = z.infer<typeof ClosedTrackResult>;

/** Reply to `track/close`, with one result for each item. */
export const CloseTracksReply = z.object({
  sessionId: SessionId,
  success: z.boolean(),
  sessionDescription: AnswerDescription.optional().meta({
    description: 'Present if and only if the request contains an offer and not force',
  }),
  tracks: z.array(ClosedTrackResult),
});
export type CloseTracksReply = z.infer<typeof CloseTracksReply>;
