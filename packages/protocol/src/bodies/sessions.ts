import { z } from 'zod';
import { AppId, GroupName, SessionId } from '../ids.ts';
import { LIMITS, utf8SizeBytes } from '../limits.ts';
import { SubscriptionSummary, TrackSummary } from './track-fields.ts';

/** The operator's name for a group of nodes that are close to each other. */
export const Region = z
  .string()
  .regex(/^[A-Za-z0-9_-]{1,32}$/, 'must be 1 to 32 letters, digits, "_" or "-"')
  .meta({ description: 'Name of a region', examples: ['frankfurt'] });
export type Region = z.infer<typeof Region>;

/** Text that an app attaches to a session. The SFU stores and lists it without interpreting it. */
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
  metadata: z.string().meta({ description: 'Metadata of the session; empty if it has none' }),
  group: GroupName.optional().meta({ description: 'Group that the session was created in; missing if it has none' }),
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

/** Reply to `PATCH /session/:session_id`: the session after the change. */
export const PatchSessionReply = SessionSummary;
export type PatchSessionReply = z.infer<typeof PatchSessionReply>;

/** Reply to `DELETE /session/:session_id`, which may be repeated: closing a closed session succeeds. */
export const DeleteSessionReply = z.object({ sessionId: SessionId, success: z.literal(true) });
export type DeleteSessionReply = z.infer<typeof DeleteSessionReply>;

/** A query consists of text, so the message does not mention the type. */
const notWhole = { error: ({ code }: { readonly code: string }) => (code === 'invalid_type' ? 'must be a whole number' : undefined) };

/**
 * Query of `GET /sessions`, with its values parsed. Without `limit`, all sessions are listed. Sessions that a filter
 * excludes count towards the limit, so a page may be short or empty without being the last.
 */
export const ListSessionsRequest = z.object({
  limit: z.int(notWhole).min(1).max(LIMITS.maxSessionsPerPage).optional(),
  cursor: z.string().min(1).max(LIMITS.maxNameLength).optional().meta({ description: 'From the Link header of the previous page' }),
  group: GroupName.optional().meta({ description: 'Only sessions of this group' }),
  metadataPrefix: z
    .string()
    .min(1)
    .max(LIMITS.maxNameLength)
    .optional()
    .meta({ description: 'Only sessions whose metadata begins with this text' }),
});
export type ListSessionsRequest = z.infer<typeof ListSessionsRequest>;

/** A page of sessions. Over HTTP, `sessions` is the whole body (a bare array) and `nextCursor` is in the `Link` header. */
export const ListSessionsReply = z.object({
  sessions: z.array(SessionSummary),
  nextCursor: z.string().optional().meta({ description: 'Missing on the last page' }),
  isPartial: z
    .boolean()
    .optional()
    .meta({ description: 'Whether sessions of other nodes may be missing because the index is not available at present' }),
});
export type ListSessionsReply = z.infer<typeof ListSessionsReply>;

/** Body of the reply to `GET /sessions`. */
export const SessionList = z.array(SessionSummary);
export type SessionList = z.infer<typeof SessionList>;
