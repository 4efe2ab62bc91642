import type { ServerResponse } from 'node:http';
import type { ErrorCode } from '@causeway/protocol';
import type { TraceContext } from './trace-context.ts';

/** What the stages of an HTTP request know about it. */
export interface RequestContext {
  readonly requestId: string;
  /** Undefined if the request has no `traceparent`. */
  readonly trace?: TraceContext | undefined;
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
