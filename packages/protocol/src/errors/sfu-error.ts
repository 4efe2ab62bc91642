import type { ErrorCode } from './error-codes.ts';
import type { FailedItem } from './error-reply.ts';

/** What an error contains for programs besides its code. */
export interface SfuErrorOptions {
  /** Facts for programs, such as the path of the wrong field. Becomes part of the HTTP reply: no secrets, no SDP. */
  readonly details?: Readonly<Record<string, unknown>>;
  /** How long to wait before another try is worth it. */
  readonly retryAfterMs?: number;
  /** The items of a batch of which none succeeded. */
  readonly tracks?: readonly FailedItem[];
  /** Likewise, of a call about data channels. */
  readonly dataChannels?: readonly FailedItem[];
  readonly cause?: unknown;
}

/** These are thrown by the thousand under a flood of calls, when recording the stack would cost more than the refusal. */
const CODES_WITHOUT_STACK: ReadonlySet<ErrorCode> = new Set(['rate_limited', 'unauthorized', 'no_capacity']);

/** Only V8 has the limit; elsewhere setting it changes nothing. */
const v8Error: ErrorConstructor & { stackTraceLimit?: number } = Error;
const DEFAULT_STACK_TRACE_LIMIT = 10;

/** The caller or client is wrong, or must come back later. Everything that the public API can refuse is one of these. */
export class SfuError extends Error {
  override readonly name = 'SfuError';
  readonly code: ErrorCode;
  readonly details: Readonly<Record<string, unknown>> | undefined;
  readonly retryAfterMs: number | undefined;
  readonly tracks: readonly FailedItem[] | undefined;
  readonly dataChannels: readonly FailedItem[] | undefined;

  /** @param message what was expected and what was got, with ids; a client's developer reads it as `errorDescription` */
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
 * The batch rule: one item that succeeded makes the call a success; if all failed, the call fails with their common code, or with
 * `multiple_errors`, and carries the items.
 *
 * @param list field of the reply that the items are in
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
