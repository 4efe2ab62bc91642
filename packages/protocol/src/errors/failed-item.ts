import { z } from 'zod';
import { ERROR_CODES, type ErrorCode } from './error-codes.ts';

export const ErrorCodeSchema = z
  .enum(Object.keys(ERROR_CODES) as [ErrorCode, ...ErrorCode[]])
  .meta({ description: 'One of the closed list of error codes' });

/** The two fields that an item of a batch has exactly when it failed. Spread into every item of a reply. */
export const itemErrorFields = {
  errorCode: ErrorCodeSchema.optional(),
  errorDescription: z.string().optional(),
};

/** An item of a batch reply, seen only as succeeded or failed. */
export interface FailedItem {
  readonly errorCode?: ErrorCode | undefined;
  readonly errorDescription?: string | undefined;
}
