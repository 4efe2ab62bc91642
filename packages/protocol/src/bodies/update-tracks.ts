import { z } from 'zod';
import { Mid } from '../ids/mid.ts';
import { SessionId } from '../ids/session-id.ts';
import { layerChoiceFields } from './layer-choice.ts';
import { remoteTrackFields } from './remote-track.ts';
import { SubscribedTrackResult } from './subscribe.ts';
import { trackList } from './track-list.ts';

/** Changes the source or the layer of the subscription on one media line; what it does not name stays. */
export const UpdateTrackItem = z
  .object({ ...remoteTrackFields, remoteSessionId: remoteTrackFields.remoteSessionId.optional(), mid: Mid, ...layerChoiceFields })
  .refine((item) => (item.remoteSessionId === undefined) === (item.remoteTrackId === undefined && item.customTrackName === undefined), {
    error: 'must have remoteSessionId together with remoteTrackId or customTrackName, or none of them',
  });
export type UpdateTrackItem = z.infer<typeof UpdateTrackItem>;

/** `PUT /session/:session_id/track/update` */
export const UpdateTracksRequest = z.object({ tracks: trackList(UpdateTrackItem).min(1, 'must name at least one track') });
export type UpdateTracksRequest = z.infer<typeof UpdateTracksRequest>;

export const UpdateTracksReply = z.object({
  immediateRenegotiationRequired: z.literal(false),
  sessionId: SessionId,
  tracks: z.array(SubscribedTrackResult),
});
export type UpdateTracksReply = z.infer<typeof UpdateTracksReply>;
