import { z } from 'zod';
import { itemErrorFields } from '../errors/error-reply.ts';
import { AppId, Mid, SessionId, TrackId, TrackName } from '../ids.ts';
import { LIMITS } from '../limits.ts';

/** Whether a track carries audio or video. */
export const TrackKind = z.enum(['audio', 'video']);
export type TrackKind = z.infer<typeof TrackKind>;

/** `pending` until the first media packet, `inactive` after 30 s of silence, otherwise `active`. */
export const TrackStatus = z.enum(['pending', 'active', 'inactive']).meta({
  description: '`pending` until the first media packet, `inactive` after 30 s of silence, otherwise `active`',
});
export type TrackStatus = z.infer<typeof TrackStatus>;

/** List of the tracks of one call, at most `LIMITS.maxTracksPerCall`; longer lists fail with `too_many_tracks`. */
export function trackList<Item extends z.ZodType>(item: Item) {
  return z.array(item).max(LIMITS.maxTracksPerCall, `must name at most ${LIMITS.maxTracksPerCall} tracks`);
}

/**
 * Longest text accepted where a request refers to something. References are checked less strictly than names that a
 * request assigns: an id that cannot exist is "not found", like any other that does not exist.
 */
const MAX_REFERENCE_LENGTH = 256;

const reference = () => z.string().min(1, 'must not be empty').max(MAX_REFERENCE_LENGTH);

/** Refers to a published track of any session of the app, by id or by name. */
export const remoteTrackFields = {
  remoteSessionId: reference().meta({ description: 'Session id of the publisher' }),
  remoteTrackId: reference().optional().meta({ description: 'Track id of the remote track; or give customTrackName' }),
  customTrackName: reference().optional().meta({ description: 'Name of the remote track; or give remoteTrackId' }),
};

/** Refers to a track of the calling session. */
export const trackReference = reference;

const Rid = z.string().regex(/^[A-Za-z0-9_-]{1,32}$/, 'must be 1 to 32 letters, digits, "_" or "-"');

/** Simulcast choice in the terms of the Cloudflare Realtime API. */
export const SimulcastChoice = z.object({
  preferredRid: Rid.optional(),
  priorityOrdering: z.enum(['none', 'asciibetical']).optional(),
  ridNotAvailable: z.enum(['none', 'asciibetical']).optional(),
});
export type SimulcastChoice = z.infer<typeof SimulcastChoice>;

/** The layer of a track that a subscriber wants, and its priority. Items of subscribe and update calls contain these fields. */
export const layerChoiceFields = {
  simulcast: SimulcastChoice.optional(),
  quality: Rid.optional().meta({ description: '`auto` (default), `high`, `medium`, `low`, or the rid of a layer' }),
  maxWidth: z.int().positive().max(16_384).optional().meta({ description: 'Largest picture width wanted, in pixels' }),
  maxHeight: z.int().positive().max(16_384).optional().meta({ description: 'Largest picture height wanted, in pixels' }),
  maxFps: z.number().positive().max(1000).optional().meta({ description: 'Highest frame rate wanted, in frames per second' }),
  maxBitrate: z.int().positive().max(1_000_000_000).optional().meta({ description: 'Highest bitrate wanted, in bits per second' }),
  maxTemporalLayer: z.int().nonnegative().max(7).optional().meta({ description: 'Highest temporal layer wanted; 0 is the base layer' }),
  priority: z.number().positive().max(1000).optional().meta({ description: 'Share when bandwidth is short, relative to 1 (default)' }),
  paused: z.boolean().optional().meta({ description: 'Keeps the media line but sends nothing on it' }),
};

/** One entry of `GET /session/:session_id/tracks`. */
export const TrackSummary = z.object({
  sessionId: SessionId,
  sfuAppId: AppId,
  trackId: TrackId,
  customTrackName: TrackName,
  mid: Mid,
  trackKind: TrackKind,
  status: TrackStatus,
  muted: z.literal(true).optional().meta({ description: 'The publisher states that the track is muted; missing if it is not' }),
  rids: z.array(z.string()).meta({ description: 'Simulcast layers in the order of the offer; empty without simulcast' }),
  codec: z.string().meta({ description: 'Encoding name as in `a=rtpmap`', examples: ['VP8', 'opus'] }),
});
export type TrackSummary = z.infer<typeof TrackSummary>;

/** What a session receives on one of its media lines. A subscription that the SFU ended by itself is listed with its errorCode. */
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

/** `GET /session/:session_id/tracks`: active tracks first, then pending ones, by media line. */
export const ListTracksReply = z.array(TrackSummary);
export type ListTracksReply = z.infer<typeof ListTracksReply>;

/** `PATCH /session/:session_id/track/:track_id`: changes what others see of a published track, without SDP. */
export const PatchTrackRequest = z
  .object({
    customTrackName: TrackName.optional().meta({ description: 'A new name; an empty one removes the name' }),
    replace: z.boolean().optional().meta({ description: 'Takes the name from another track of this session that has it' }),
    muted: z.boolean().optional().meta({
      description: 'Whether the track is announced as muted. The page itself must stop sending: what it sends is still forwarded',
    }),
  })
  .refine(({ customTrackName, muted }) => customTrackName !== undefined || muted !== undefined, 'must have customTrackName or muted');
export type PatchTrackRequest = z.infer<typeof PatchTrackRequest>;

/** Reply to the same call: the track after the change. */
export const PatchTrackReply = TrackSummary;
export type PatchTrackReply = z.infer<typeof PatchTrackReply>;
