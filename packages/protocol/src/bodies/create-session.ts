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
    .meta({ description: 'Names tracks of the offer, as `track/publish` does; others are published as `autoPublish` says' }),
  metadata: Metadata.optional(),
  group: GroupName.optional(),
  autoPublish: z.boolean().optional().meta({
    description: 'Whether sending media lines of the offer become tracks by themselves; default is the setting of the app (true)',
  }),
  connectAtOnce: z.boolean().optional().meta({
    description:
      'Whether the client handles changes of its connection state already: then its first connectivity checks are answered at once, not up to 100 ms later; default is false',
  }),
  subscribe: trackList(SubscribeItem)
    .optional()
    .meta({ description: 'Tracks to subscribe to at once, on the receiving media lines of the offer' }),
  region: Region.optional().meta({ description: 'Where the session shall live; default is the region nearest to the client' }),
});
export type CreateSessionRequest = z.infer<typeof CreateSessionRequest>;

/** Query of `POST /session/new`. */
export const CreateSessionQuery = z.object({
  region: Region.optional().meta({ description: 'Like `region` in the body, which counts if both are there' }),
});
export type CreateSessionQuery = z.infer<typeof CreateSessionQuery>;

/** Reply to `session/new`: the new session, and the answer if the request had an offer. */
export const CreateSessionReply = z.object({
  sessionDescription: AnswerDescription,
  sessionId: SessionId,
  tracks: z.array(PublishedTrackResult).optional().meta({ description: 'Tracks published from the offer' }),
  region: Region.optional().meta({ description: 'Where the session lives' }),
  sessionToken: z.string().optional().meta({
    description:
      'A token for this session alone, with the rights of the caller; it ends with the token that the caller has, or after a day',
  }),
  subscriptions: z.array(SubscribedTrackResult).optional().meta({ description: 'One item for each of `subscribe`, in the same order' }),
});
export type CreateSessionReply = z.infer<typeof CreateSessionReply>;
