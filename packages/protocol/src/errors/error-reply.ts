import { z } from 'zod';
import { ErrorCodeSchema, itemErrorFields } from './failed-item.ts';

/** Body of every reply that is not a success. */
export const ErrorReply = z.object({
  errorCode: ErrorCodeSchema,
  errorDescription: z.string().meta({ description: 'What was expected and what was got, for a developer to read' }),
  requestId: z.string().meta({ description: 'Same as the X-Request-Id header; quote it when reporting a problem' }),
  retryable: z.boolean().meta({ description: 'Whether the same request may succeed later, unchanged' }),
  retryAfterMs: z.int().nonnegative().optional().meta({ description: 'How long to wait before trying again, in milliseconds' }),
  details: z.record(z.string(), z.unknown()).optional().meta({ description: 'Facts for programs, such as `path` of the wrong field' }),
  tracks: z
    .array(z.looseObject(itemErrorFields))
    .optional()
    .meta({ description: 'The items of a batch of which none succeeded, each with its own errorCode' }),
  dataChannels: z.array(z.looseObject(itemErrorFields)).optional().meta({ description: 'Likewise, of a call about data channels' }),
});
export type ErrorReply = z.infer<typeof ErrorReply>;
