import { z } from 'zod';
import { itemErrorFields } from '../errors/error-reply.ts';
import { Mid, SessionId } from '../ids.ts';
import { AnswerDescription, OfferDescription } from './session-description.ts';
import { layerChoiceFields, remoteTrackFields, TrackKind, TrackStatus, trackList } from './track-fields.ts';

/** A remote track to subscribe to, and the layer that is wanted. */
export const SubscribeItem = z
  .object({
    ...remoteTrackFields,
    mid: Mid.optional().meta({ description: 'Media line of this session to receive on; default is the first free one that fits' }),
    ...layerChoiceFields,
    duplicate: z.boolean().optional().meta({ description: 'Asks for a second copy of a track that is already subscribed to' }),
  })
  .refine((item) => (item.remoteTrackId === undefined) !== (item.customTrackName === undefined), {
    error: 'must have either remoteTrackId or customTrackName',
  });
export type SubscribeItem = z.infer<typeof SubscribeItem>;

/** `POST /session/:session_id/track/subscribe` */
export const SubscribeRequest = z.object({ tracks: trackList(SubscribeItem).min(1, 'must name at least one track') });
export type SubscribeRequest = z.infer<typeof SubscribeRequest>;

/** The result of one item. `mid`, `trackKind` and `status` are missing if the item failed. */
export const SubscribedTrackResult = z.object({
  remoteSessionId: z.string().optional().meta({ description: 'Missing only if the item failed and named none' }),
  remoteTrackId: z.string().optional(),
  customTrackName: z.string().optional(),
  mid: Mid.optional(),
  trackKind: TrackKind.optional(),
  status: z
    .enum([...TrackStatus.options, 'needs_renegotiation'])
    .optional()
    .meta({
      description: 'Status of the remote track; `needs_renegotiation` if the offer of session/new had no free media line for it',
    }),
  alreadySubscribed: z.boolean().optional(),
  ...itemErrorFields,
});
export type SubscribedTrackResult = z.infer<typeof SubscribedTrackResult>;

/** Reply to `track/subscribe`, with one result for each item, and an offer if the SDP has to change. */
export const SubscribeReply = z.object({
  immediateRenegotiationRequired: z.boolean(),
  sessionDescription: OfferDescription.optional().meta({
    description:
      'Present if and only if immediateRenegotiationRequired is true: set it as remote description and answer it with renegotiate',
  }),
  sessionId: SessionId,
  tracks: z.array(SubscribedTrackResult),
});
export type SubscribeReply = z.infer<typeof SubscribeReply>;

/** Changes the source or the layer of the subscription on one media line; properties that it does not name stay as they are. */
export const UpdateTrackItem = z
  .object({ ...remoteTrackFields, remoteSessionId: remoteTrackFields.remoteSessionId.optional(), mid: Mid, ...layerChoiceFields })
  .refine((item) => (item.remoteSessionId === undefined) === (item.remoteTrackId === undefined && item.customTrackName === undefined), {
    error: 'must have remoteSessionId together with remoteTrackId or customTrackName, or none of them',
  });
export type UpdateTrackItem = z.infer<typeof UpdateTrackItem>;

/** `PUT /session/:session_id/track/update` */
export const UpdateTracksRequest = z.object({ tracks: trackList(UpdateTrackItem).min(1, 'must name at least one track') });
export type UpdateTracksRequest = z.infer<typeof UpdateTracksRequest>;

/** Reply to `track/update`, with one result for each item. */
export const UpdateTracksReply = z.object({
  immediateRenegotiationRequired: z.literal(false),
  sessionId: SessionId,
  tracks: z.array(SubscribedTrackResult),
});
export type UpdateTracksReply = z.infer<typeof UpdateTracksReply>;

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

/** The result of one item of `track/unsubscribe`. */
export const UnsubscribedTrackResult = z.object({
  mid: Mid.optional(),
  remoteSessionId: z.string().optional(),
  remoteTrackId: z.string().optional(),
  customTrackName: z.string().optional(),
  ...itemErrorFields,
});
export type UnsubscribedTrackResult = z.infer<typeof UnsubscribedTrackResult>;

/** Reply to `track/unsubscribe`, with one result for each item. */
export const UnsubscribeReply = z.object({
  sessionId: SessionId,
  success: z.boolean(),
  sessionDescription: AnswerDescription.optional().meta({ description: 'Present if and only if the request contains an offer' }),
  tracks: z.array(UnsubscribedTrackResult),
});
export type UnsubscribeReply = z.infer<typeof UnsubscribeReply>;
