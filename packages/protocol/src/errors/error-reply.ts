import { z } from 'zod';
import { ERROR_CODES, type ErrorCode } from './error-codes.ts';

export const ErrorCodeSchema = z
  .enum(Object.keys(ERROR_CODES) as [ErrorCode, ...ErrorCode[]])
  .meta({ description: 'One of the closed list of error codes' });

/** The two fields that an item of a batch has if and only if it failed. They are part of every item of a reply. */
export const itemErrorFields = {
  errorCode: ErrorCodeSchema.optional(),
  errorDescription: z.string().optional(),
};

/** An item of a batch reply, reduced to its success or failure. */
export interface FailedItem {
  readonly errorCode?: ErrorCode | undefined;
  readonly errorDescription?: string | undefined;
}

/** Body of every reply that is not a success. */
export const ErrorReply = z.object({
  errorCode: ErrorCodeSchema,
  errorDescription: z.string().meta({ description: 'What was expected and what was received, for developers' }),
  requestId: z.string().meta({ description: 'Same as the X-Request-Id header; quote it when reporting a problem' }),
  retryable: z.boolean().meta({ description: 'Whether the same request may succeed later, unchanged' }),
  retryAfterMs: z.int().nonnegative().optional().meta({ description: 'How long to wait before trying again, in milliseconds' }),
  details: z
    .record(z.string(), z.unknown())
    .optional()
    .meta({ description: 'Machine-readable facts, such as the `path` of an invalid field' }),
  tracks: z
    .array(z.looseObject(itemErrorFields))
    .optional()
    .meta({ description: 'The items of a batch of which none succeeded, each with its own errorCode' }),
  dataChannels: z.array(z.looseObject(itemErrorFields)).optional().meta({ description: 'The same for a call about data channels' }),
});
export type ErrorReply = z.infer<typeof ErrorReply>;
