import { z } from 'zod';
import { itemErrorFields } from '../errors/error-reply.ts';
import { Mid, SessionId, TrackId, TrackName } from '../ids.ts';
import { AnswerDescription, OfferDescription } from './session-description.ts';
import { TrackKind, TrackStatus, trackList } from './track-fields.ts';

/** Names a media line of the offer, and the track that it becomes. */
export const PublishItem = z.object({
  trackId: TrackId,
  mid: Mid,
  customTrackName: TrackName.optional(),
  replace: z.boolean().optional().meta({ description: 'Takes the name from another track of this session that has it' }),
});
export type PublishItem = z.infer<typeof PublishItem>;

/** `POST /session/:session_id/track/publish` */
export const PublishRequest = z
  .object({
    tracks: trackList(PublishItem),
    sessionDescription: OfferDescription,
    autoDiscover: z
      .boolean()
      .optional()
      .meta({ description: 'Publishes every sending media line of the offer, whether or not `tracks` names it' }),
  })
  .refine((request) => request.tracks.length > 0 || request.autoDiscover === true, {
    error: 'must name at least one track, or send autoDiscover: true',
    path: ['tracks'],
  });
export type PublishRequest = z.infer<typeof PublishRequest>;

/** The result of one item. `trackKind` and `status` are missing if and only if the item failed. */
export const PublishedTrackResult = z.object({
  trackId: TrackId,
  mid: Mid,
  customTrackName: TrackName,
  trackKind: TrackKind.optional(),
  status: TrackStatus.optional(),
  ...itemErrorFields,
});
export type PublishedTrackResult = z.infer<typeof PublishedTrackResult>;

/** Reply to `track/publish`, with one result for each item. */
export const PublishReply = z.object({
  sessionDescription: AnswerDescription,
  sessionId: SessionId,
  tracks: z.array(PublishedTrackResult),
  warnings: z.array(z.string()).optional().meta({ description: 'Such as new sending media lines that `tracks` does not name' }),
});
export type PublishReply = z.infer<typeof PublishReply>;
