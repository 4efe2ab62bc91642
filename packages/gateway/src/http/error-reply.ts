import { ERROR_CODES, type ErrorReply, type SfuError } from '@causeway/protocol';

/** Creates the body of the reply to a failed request. */
export function createErrorReply(error: SfuError, requestId: string): ErrorReply {
  return {
    errorCode: error.code,
    errorDescription: error.message,
    requestId,
    retryable: ERROR_CODES[error.code].retryable,
    ...(error.retryAfterMs === undefined ? {} : { retryAfterMs: error.retryAfterMs }),
    ...(error.details === undefined ? {} : { details: { ...error.details } }),
    ...(error.tracks === undefined ? {} : { tracks: error.tracks.map((item) => ({ ...item })) }),
    ...(error.dataChannels === undefined ? {} : { dataChannels: error.dataChannels.map((item) => ({ ...item })) }),
  };
}
