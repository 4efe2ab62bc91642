import type { ErrorCode } from './error-codes.ts';
import type { FailedItem } from './error-reply.ts';

/** What an error contains for programs in addition to its code. */
export interface SfuErrorOptions {
  /**
   * Machine-readable facts, such as the path of an invalid field. They become part of the HTTP reply, so they contain
   * no secrets and no SDP.
   */
  readonly details?: Readonly<Record<string, unknown>>;
  /** How long to wait before the next attempt. */
  readonly retryAfterMs?: number;
  /** The items of a batch of which none succeeded. */
  readonly tracks?: readonly FailedItem[];
  /** The same for a call about data channels. */
  readonly dataChannels?: readonly FailedItem[];
  readonly cause?: unknown;
}

/** Errors with these codes are thrown by the thousand under a flood of calls, when recording the stack would cost more than the refusal. */
const CODES_WITHOUT_STACK: ReadonlySet<ErrorCode> = new Set(['rate_limited', 'unauthorized', 'no_capacity']);

/** Only V8 has this limit; setting it elsewhere has no effect. */
const v8Error: ErrorConstructor & { stackTraceLimit?: number } = Error;
const DEFAULT_STACK_TRACE_LIMIT = 10;

/** An error of the caller or client, or a request to retry later. Every refusal of the public API is an instance. */
export class SfuError extends Error {
  override readonly name = 'SfuError';
  readonly code: ErrorCode;
  readonly details: Readonly<Record<string, unknown>> | undefined;
  readonly retryAfterMs: number | undefined;
  readonly tracks: readonly FailedItem[] | undefined;
  readonly dataChannels: readonly FailedItem[] | undefined;

  /** @param message what was expected and what was received, with ids; developers of clients read it as `errorDescription` */
  constructor(code: ErrorCode, message: string, options: SfuErrorOptions = {}) {
    const { stackTraceLimit = DEFAULT_STACK_TRACE_LIMIT } = v8Error;
    if (CODES_WITHOUT_STACK.has(code)) v8Error.stackTraceLimit = 0;
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    v8Error.stackTraceLimit = stackTraceLimit;
    this.code = code;
    this.details = options.details;
    this.retryAfterMs = options.retryAfterMs;
    this.tracks = options.tracks;
    this.dataChannels = options.dataChannels;
  }
}

const NOUNS = { tracks: 'tracks', dataChannels: 'data channels' } as const;

/**
 * Applies the rule for batches: the call succeeds if at least one item does. If all failed, the call fails with their
 * common code or with `multiple_errors`, and contains the items.
 *
 * @param list the field of the reply that contains the items
 * @returns undefined if the list is empty or at least one item succeeded
 */
export function allFailedError(items: readonly FailedItem[], list: 'tracks' | 'dataChannels' = 'tracks'): SfuError | undefined {
  const [first] = items;
  if (first?.errorCode === undefined || items.some((item) => item.errorCode === undefined)) return undefined;
  if (items.some((item) => item.errorCode !== first.errorCode)) {
    return new SfuError('multiple_errors', `all ${items.length} ${NOUNS[list]} failed, for different reasons; see ${list}`, {
      [list]: items,
    });
  }
  const others = items.length === 1 ? '' : ` (and ${items.length - 1} more failed likewise)`;
  return new SfuError(first.errorCode, `${first.errorDescription ?? first.errorCode}${others}`, { [list]: items });
}
