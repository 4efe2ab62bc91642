import type { ServerResponse } from 'node:http';
import type { ErrorCode } from '@causeway/protocol';
import type { RequestSpan } from './request-span.ts';
import type { TraceContext } from './trace-context.ts';

/** What the stages of an HTTP request know about it. */
export interface RequestContext {
  readonly requestId: string;
  /** Undefined if the request is in no trace: it has no `traceparent`, and this node exports none. */
  readonly trace?: TraceContext | undefined;
  /** Undefined if this node exports no traces. */
  readonly span?: RequestSpan | undefined;
  /** Set if the reply is an error. */
  errorCode?: ErrorCode;
}

const contexts = new WeakMap<ServerResponse, RequestContext>();

export function setRequestContext(response: ServerResponse, context: RequestContext): void {
  contexts.set(response, context);
}

/** @returns a context with an empty request id for a response that never passed `identifyRequest` */
export function requestContextOf(response: ServerResponse): RequestContext {
  return contexts.get(response) ?? { requestId: '' };
}
