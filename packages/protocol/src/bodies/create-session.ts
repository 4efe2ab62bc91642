import { z } from 'zod';
import { GroupName, SessionId } from '../ids.ts';
import { PublishedTrackResult, PublishItem } from './publish.ts';
import { AnswerDescription, OfferDescription } from './session-description.ts';
import { Metadata, Region } from './sessions.ts';
import { SubscribedTrackResult, SubscribeItem } from './subscribe.ts';
import { trackList } from './track-fields.ts';

/** `POST /session/new` */
export const CreateSessionRequest = z.object({
  sessionDescription: OfferDescription,
  tracks: trackList(PublishItem)
    .optional()
    .meta({ description: 'Names tracks of the offer, as `track/publish` does; `autoPublish` decides about others' }),
  metadata: Metadata.optional(),
  group: GroupName.optional(),
  autoPublish: z.boolean().optional().meta({
    description: 'Whether sending media lines of the offer are published automatically; default is the setting of the app (true)',
  }),
  connectAtOnce: z.boolean().optional().meta({
    description:
      'Whether the client already handles changes of its connection state. Its first connectivity checks are then answered at once instead of up to 100 ms later; default is false',
  }),
  subscribe: trackList(SubscribeItem)
    .optional()
    .meta({ description: 'Tracks to subscribe to at once, on the receiving media lines of the offer' }),
  region: Region.optional().meta({ description: 'Region for the session; default is the region nearest to the client' }),
});
export type CreateSessionRequest = z.infer<typeof CreateSessionRequest>;

/** Query of `POST /session/new`. */
export const CreateSessionQuery = z.object({
  region: Region.optional().meta({ description: 'Like `region` in the body, which takes precedence' }),
});
export type CreateSessionQuery = z.infer<typeof CreateSessionQuery>;

/** Reply to `session/new`: the new session and the answer to the offer. */
export const CreateSessionReply = z.object({
  sessionDescription: AnswerDescription,
  sessionId: SessionId,
  tracks: z.array(PublishedTrackResult).optional().meta({ description: 'Tracks published from the offer' }),
  region: Region.optional().meta({ description: 'Region of the session' }),
  sessionToken: z.string().optional().meta({
    description: 'A token for this session only, with the rights of the caller; it expires with the token of the caller, or after a day',
  }),
  subscriptions: z.array(SubscribedTrackResult).optional().meta({ description: 'One item for each of `subscribe`, in the same order' }),
});
export type CreateSessionReply = z.infer<typeof CreateSessionReply>;
