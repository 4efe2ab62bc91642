import type { TraceContext } from './trace-context.ts';

/** Records what requests did, for an operator who follows one of them across nodes. */
export interface Tracer {
  /**
   * Begins the span of a request that this node has received.
   *
   * @param traceparent the header of the request; without one that is understood, a new trace begins
   */
  begin(traceparent: string | undefined, method: string): RequestSpan;
}

/** One request on this node. */
export interface RequestSpan {
  readonly trace: TraceContext;
  /** Begins the span of a call that this request makes to another node. */
  beginCall(method: string, nodeNo: number): CallSpan;
  end(facts: RequestFacts): void;
}

/** What a span says of its request. Paths are left out, because they contain ids, and some contain a token. */
export interface RequestFacts {
  readonly requestId: string;
  /** The path with placeholders; undefined if no route matched. */
  readonly route: string | undefined;
  /** Undefined if the client disconnected before the reply was sent. */
  readonly httpStatus: number | undefined;
  readonly errorCode: string | undefined;
}

/** One call to another node. */
export interface CallSpan {
  /** What the other node is to continue. */
  readonly trace: TraceContext;
  /** @param failure undefined if the other node replied */
  end(failure: string | undefined): void;
}
