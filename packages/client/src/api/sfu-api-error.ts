import type { ErrorCode, ErrorReply, FailedItem } from '@causeway/protocol';

/**
 * The code of what went wrong with a call: one of the SFU's own, or one of two that only a client can find out. `network_failure` means
 * that no reply came, and `unexpected_reply` that something between the client and the SFU answered instead.
 */
export type ApiErrorCode = ErrorCode | 'network_failure' | 'unexpected_reply';

/** What is known about a call that did not succeed. */
export interface ApiErrorFacts {
  readonly code: ApiErrorCode;
  readonly description: string;
  /** The HTTP status; 0 if there was no reply. */
  readonly httpStatus: number;
  readonly isRetryable: boolean;
  readonly retryAfterMs?: number | undefined;
  readonly requestId?: string | undefined;
  readonly details?: Readonly<Record<string, unknown>> | undefined;
  /** The items of a batch of which none succeeded. */
  readonly items?: readonly FailedItem[] | undefined;
}

/** A call to the SFU that did not succeed. */
export class SfuApiError extends Error {
  override readonly name = 'SfuApiError';
  readonly facts: ApiErrorFacts;

  constructor(facts: ApiErrorFacts, cause?: unknown) {
    super(`${facts.code}: ${facts.description}`, cause === undefined ? undefined : { cause });
    this.facts = facts;
  }

  get code(): ApiErrorCode {
    return this.facts.code;
  }
}

/** Turns the body of an unsuccessful reply into an error. A proxy or anything else may have written that body. */
export function errorFromReply(httpStatus: number, body: unknown): SfuApiError {
  if (!isErrorReply(body)) {
    return new SfuApiError({
      code: 'unexpected_reply',
      description: `HTTP ${httpStatus} without the error body of the SFU`,
      httpStatus,
      isRetryable: httpStatus >= 502,
    });
  }
  return new SfuApiError({
    code: body.errorCode,
    description: body.errorDescription,
    httpStatus,
    isRetryable: body.retryable === true,
    retryAfterMs: body.retryAfterMs,
    requestId: body.requestId,
    details: body.details,
    items: body.tracks ?? body.dataChannels,
  });
}

/** Turns one failed item of an otherwise successful batch into an error. */
export function errorFromItem(item: FailedItem): SfuApiError | undefined {
  if (item.errorCode === undefined) return undefined;
  const description = item.errorDescription ?? item.errorCode;
  return new SfuApiError({ code: item.errorCode, description, httpStatus: 200, isRetryable: false });
}

function isErrorReply(body: unknown): body is ErrorReply {
  if (typeof body !== 'object' || body === null) return false;
  const { errorCode, errorDescription } = body as Record<string, unknown>;
  return typeof errorCode === 'string' && typeof errorDescription === 'string';
}
