import { z } from 'zod';
import { SessionId } from '../ids.ts';
import { LIMITS, utf8SizeBytes } from '../limits.ts';

const Sdp = z
  .string()
  .min(1, 'must not be empty')
  .refine((sdp) => utf8SizeBytes(sdp) <= LIMITS.maxSdpBytes, {
    error: `must be at most ${LIMITS.maxSdpBytes} bytes`,
    params: { errorCode: 'payload_too_large' },
  })
  .meta({
    description: `SDP text, at most ${LIMITS.maxSdpBytes} bytes`,
    examples: ['v=0\r\no=- 8184802762297966397 2 IN IP4 127.0.0.1\r\n…'],
  });

/** The reference shows `"sessionDescription": ""` as a placeholder, so a client that sends it is told what belongs there. */
const shape = {
  error: (issue: { readonly input: unknown }) =>
    issue.input === undefined ? undefined : 'must be an object with type and sdp, such as peerConnection.localDescription',
};

/**
 * The result of serialising `peerConnection.localDescription`, except for types that the SFU does not support:
 * `pranswer` and `rollback`.
 */
export const SessionDescription = z.object({ type: z.enum(['offer', 'answer']), sdp: Sdp }, shape);
export type SessionDescription = z.infer<typeof SessionDescription>;

/** A session description that must be an offer. */
export const OfferDescription = z.object({ type: z.literal('offer'), sdp: Sdp }, shape);
export type OfferDescription = z.infer<typeof OfferDescription>;

/** A session description that must be an answer. */
export const AnswerDescription = z.object({ type: z.literal('answer'), sdp: Sdp }, shape);
export type AnswerDescription = z.infer<typeof AnswerDescription>;

/** `PUT /session/:session_id/renegotiate` */
export const RenegotiateRequest = z.object({
  sessionDescription: SessionDescription.meta({
    description: "The answer to the SFU's offer; or an offer (ICE restart, direction change)",
  }),
});
export type RenegotiateRequest = z.infer<typeof RenegotiateRequest>;

/** Reply to `renegotiate`, with a description if the request was an offer. */
export const RenegotiateReply = z.object({
  sessionId: SessionId,
  success: z.literal(true),
  sessionDescription: AnswerDescription.optional().meta({ description: 'Present if and only if the request contains an offer' }),
});
export type RenegotiateReply = z.infer<typeof RenegotiateReply>;
