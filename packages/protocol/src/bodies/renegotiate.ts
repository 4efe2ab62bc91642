import { z } from 'zod';
import { SessionId } from '../ids/session-id.ts';
import { AnswerDescription, SessionDescription } from './session-description.ts';

/** `PUT /session/:session_id/renegotiate` */
export const RenegotiateRequest = z.object({
  sessionDescription: SessionDescription.meta({
    description: "The answer to the SFU's offer; or an offer (ICE restart, direction change)",
  }),
});
export type RenegotiateRequest = z.infer<typeof RenegotiateRequest>;

export const RenegotiateReply = z.object({
  sessionId: SessionId,
  success: z.literal(true),
  sessionDescription: AnswerDescription.optional().meta({ description: 'Present exactly when the request had an offer' }),
});
export type RenegotiateReply = z.infer<typeof RenegotiateReply>;
