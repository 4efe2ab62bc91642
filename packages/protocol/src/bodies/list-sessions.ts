import { z } from 'zod';
import { LIMITS } from '../limits.ts';
import { SessionSummary } from './session-summary.ts';

/** All of a query is text, so that a text is not what is wrong. */
const notWhole = { error: ({ code }: { readonly code: string }) => (code === 'invalid_type' ? 'must be a whole number' : undefined) };

/** Query of `GET /sessions`, as numbers and strings. Without `limit` all sessions are listed. */
export const ListSessionsRequest = z.object({
  limit: z.int(notWhole).min(1).max(LIMITS.maxSessionsPerPage).optional(),
  cursor: z.string().min(1).max(LIMITS.maxNameLength).optional().meta({ description: 'From the Link header of the page before' }),
});
export type ListSessionsRequest = z.infer<typeof ListSessionsRequest>;

/** A page of sessions. Over HTTP `sessions` is the whole body (a bare array) and `nextCursor` goes to the `Link` header. */
export const ListSessionsReply = z.object({
  sessions: z.array(SessionSummary),
  nextCursor: z.string().optional().meta({ description: 'Missing on the last page' }),
  isPartial: z
    .boolean()
    .optional()
    .meta({ description: 'Whether sessions of other nodes are missing, because nobody can be asked for them now' }),
});
export type ListSessionsReply = z.infer<typeof ListSessionsReply>;

/** Body of the reply to `GET /sessions`. */
export const SessionList = z.array(SessionSummary);
export type SessionList = z.infer<typeof SessionList>;
