import { z } from 'zod';
import { itemErrorFields } from '../errors/failed-item.ts';
import { Mid } from '../ids/mid.ts';
import { SessionId } from '../ids/session-id.ts';
import { layerChoiceFields } from './layer-choice.ts';
import { remoteTrackFields } from './remote-track.ts';
import { OfferDescription } from './session-description.ts';
import { TrackKind } from './track-kind.ts';
import { trackList } from './track-list.ts';
import { TrackStatus } from './track-status.ts';

export const SubscribeItem = z
  .object({
    ...remoteTrackFields,
    mid: Mid.optional().meta({ description: 'Media line of this session to receive on; default is the first fitting free one' }),
    ...layerChoiceFields,
    duplicate: z.boolean().optional().meta({ description: 'Asks for a second copy of a track that is subscribed to already' }),
  })
  .refine((item) => (item.remoteTrackId === undefined) !== (item.customTrackName === undefined), {
    error: 'must have either remoteTrackId or customTrackName',
  });
export type SubscribeItem = z.infer<typeof SubscribeItem>;

/** `POST /session/:session_id/track/subscribe` */
export const SubscribeRequest = z.object({ tracks: trackList(SubscribeItem).min(1, 'must name at least one track') });
export type SubscribeRequest = z.infer<typeof SubscribeRequest>;

/** `mid`, `trackKind` and `status` are missing when the item failed. */
export const SubscribedTrackResult = z.object({
  remoteSessionId: z.string().optional().meta({ description: 'Missing only when the item failed and named none' }),
  remoteTrackId: z.string().optional(),
  customTrackName: z.string().optional(),
  mid: Mid.optional(),
  trackKind: TrackKind.optional(),
  status: z
    .enum([...TrackStatus.options, 'needs_renegotiation'])
    .optional()
    .meta({
      description: 'Status of the remote track; `needs_renegotiation` when the offer of session/new had no media line left for it',
    }),
  alreadySubscribed: z.boolean().optional(),
  ...itemErrorFields,
});
export type SubscribedTrackResult = z.infer<typeof SubscribedTrackResult>;

export const SubscribeReply = z.object({
  immediateRenegotiationRequired: z.boolean(),
  sessionDescription: OfferDescription.optional().meta({
    description: 'Present exactly when immediateRenegotiationRequired: set it as remote description, answer it with renegotiate',
  }),
  sessionId: SessionId,
  tracks: z.array(SubscribedTrackResult),
});
export type SubscribeReply = z.infer<typeof SubscribeReply>;
