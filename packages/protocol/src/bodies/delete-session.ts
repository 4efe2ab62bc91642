import { z } from 'zod';
import { SessionId } from '../ids/session-id.ts';

/** Reply to `DELETE /session/:session_id`, which may be repeated: closing a closed session succeeds. */
export const DeleteSessionReply = z.object({ sessionId: SessionId, success: z.literal(true) });
export type DeleteSessionReply = z.infer<typeof DeleteSessionReply>;
