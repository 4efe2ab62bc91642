import { z } from 'zod';
import { AppId, GroupName, SessionId } from '../ids.ts';
import { LIMITS, utf8SizeBytes } from '../limits.ts';
import { SubscriptionSummary, TrackSummary } from './track-fields.ts';

/** Name of the place that nodes stand in, as their operator calls it. */
export const Region = z
  .string()
  .regex(/^[A-Za-z0-9_-]{1,32}$/, 'must be 1 to 32 letters, digits, "_" or "-"')
  .meta({ description: 'Name of a region', examples: ['frankfurt'] });
export type Region = z.infer<typeof Region>;

/** Text that an app attaches to a session; the SFU stores and lists it and gives it no meaning. */
export const Metadata = z
  .string()
  .refine((text) => utf8SizeBytes(text) <= LIMITS.maxMetadataBytes, `must be at most ${LIMITS.maxMetadataBytes} bytes of UTF-8`)
  .meta({ description: `Custom text about the session, at most ${LIMITS.maxMetadataBytes} bytes` });

/** State of the session's peer connection as the SFU sees it. */
export const ConnectionState = z.enum(['new', 'connecting', 'connected', 'disconnected', 'failed', 'closed']);
export type ConnectionState = z.infer<typeof ConnectionState>;

/** One entry of `GET /sessions`. */
export const SessionSummary = z.object({
  connectionState: ConnectionState,
  metadata: z.string().meta({ description: 'Metadata of the session; empty for none' }),
  group: GroupName.optional().meta({ description: 'Group that the session was created in; missing for none' }),
  sessionId: SessionId,
  sfuAppId: AppId,
});
export type SessionSummary = z.infer<typeof SessionSummary>;

/** `GET /session/:session_id` */
export const SessionDetails = SessionSummary.extend({
  createdAt: z.string().meta({ description: 'ISO 8601, UTC', format: 'date-time' }),
  tracks: z.array(TrackSummary),
  subscriptions: z.array(SubscriptionSummary),
});
export type SessionDetails = z.infer<typeof SessionDetails>;

/** `PATCH /session/:session_id` */
export const PatchSessionRequest = z.object({ metadata: Metadata });
export type PatchSessionRequest = z.infer<typeof PatchSessionRequest>;

/** Reply to `PATCH /session/:session_id`: the session as it is now. */
export const PatchSessionReply = SessionSummary;
export type PatchSessionReply = z.infer<typeof PatchSessionReply>;

/** Reply to `DELETE /session/:session_id`, which may be repeated: closing a closed session succeeds. */
export const DeleteSessionReply = z.object({ sessionId: SessionId, success: z.literal(true) });
export type DeleteSessionReply = z.infer<typeof DeleteSessionReply>;

/** All of a query is text, so that a text is not what is wrong. */
const notWhole = { error: ({ code }: { readonly code: string }) => (code === 'invalid_type' ? 'must be a whole number' : undefined) };

/**
 * Query of `GET /sessions`, as numbers and strings. Without `limit` all sessions are listed. Those that a filter leaves out count for
 * the limit: a page may be short, or empty, and not be the last.
 */
export const ListSessionsRequest = z.object({
  limit: z.int(notWhole).min(1).max(LIMITS.maxSessionsPerPage).optional(),
  cursor: z.string().min(1).max(LIMITS.maxNameLength).optional().meta({ description: 'From the Link header of the page before' }),
  group: GroupName.optional().meta({ description: 'Only sessions of this group' }),
  metadataPrefix: z
    .string()
    .min(1)
    .max(LIMITS.maxNameLength)
    .optional()
    .meta({ description: 'Only sessions whose metadata begins with this text' }),
});
export type ListSessionsRequest = z.infer<typeof ListSessionsRequest>;

/** A page of sessions. Over HTTP `sessions` is the whole body (a bare array) and `nextCursor` goes to the `Link` header. */
export const ListSessionsReply = z.object({
  sessions: z.array(SessionSummary),
  nextCursor: z.string().optional().meta({ description: 'Missing on the last page' }),
  isPartial: z
    .boolean()
    .optional()
    .meta({ description: 'Whether sessions of other nodes are missing, because the index cannot be asked for them now' }),
});
export type ListSessionsReply = z.infer<typeof ListSessionsReply>;

/** Body of the reply to `GET /sessions`. */
export const SessionList = z.array(SessionSummary);
export type SessionList = z.infer<typeof SessionList>;
