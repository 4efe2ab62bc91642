import type { IncomingMessage } from 'node:http';
import type { Grants } from '@causeway/accounts';
import { type AppId, nodeNoOf, parseSessionId, SfuError } from '@causeway/protocol';
import type { NodeDirectory, NodeRecord } from '@causeway/sfu';
import { type RequestSpan, traceHeaders } from '../http/trace-context.ts';
import { API_BASE_PATH, assertedPathOf, digestOf } from './asserted-call.ts';
import { ASSERTION_HEADER, type AssertionDesk } from './assertion-desk.ts';
import type { CallReply } from './call-reply.ts';
import { NodeCallError, type NodeCallFailure, type NodeClient, type NodeRequest } from './node-client.ts';

/** A dead node is forgotten within six seconds, so a few retries suffice. */
const RETRY_AFTER_MS = 1_000;

/** A call of an authenticated caller, to be carried out by another node. */
export interface PassedCall {
  readonly appId: AppId;
  /** What its caller may do, on either node. */
  readonly grants: Grants;
  readonly method: string;
  /** Path below the base path of the API, as received, without the query. */
  readonly path: string;
  /** Query of a call that needs one, without the question mark. The assertion does not cover it, so nothing may be granted by it. */
  readonly query?: string | undefined;
  /** The parsed body, so that both nodes interpret it alike even if the text has duplicate keys. */
  readonly body: unknown;
  /** Headers passed on unchanged, such as the request id. */
  readonly headers: Readonly<Record<string, string>>;
  /** The request that makes this call. Default: no spans are recorded. */
  readonly span?: RequestSpan | undefined;
}

/** The outcome of an attempt to forward a call. */
export type PassedCallOutcome = 'replied' | NodeCallFailure;

export interface CallForwarderOptions {
  readonly directory: NodeDirectory;
  readonly desk: AssertionDesk;
  readonly client: Pick<NodeClient, 'call' | 'stream'>;
}

/** Forwards calls to the node that owns the session. Addresses come only from the directory, never from a session id. */
export class CallForwarder {
  readonly #directory: NodeDirectory;
  readonly #desk: AssertionDesk;
  readonly #client: CallForwarderOptions['client'];
  readonly #outcomes: Record<PassedCallOutcome, number> = { replied: 0, unreached: 0, interrupted: 0 };

  constructor({ directory, desk, client }: CallForwarderOptions) {
    this.#directory = directory;
    this.#desk = desk;
    this.#client = client;
  }

  /** A copy of the counts, including zeros. Streams are counted when they begin. */
  get outcomes(): Readonly<Record<PassedCallOutcome, number>> {
    return { ...this.#outcomes };
  }

  /**
   * Returns the node that owns a session if it is not this one.
   *
   * @returns undefined if it is this node, or the text is not a session id; this node then answers the call
   * @throws session_not_found – no live node has that number; the error is the same as for a session that never existed
   */
  ownerOf(appId: AppId, sessionId: string): NodeRecord | undefined {
    const id = parseSessionId(sessionId);
    if (id === undefined || nodeNoOf(id) === this.#directory.self.nodeNo) return undefined;
    const owner = this.#directory.find(nodeNoOf(id));
    if (owner === undefined) throw sessionNotFound(appId, sessionId);
    return owner;
  }

  /**
   * Has another node carry out a call. A read is tried twice; a change never is, because it may have been carried out.
   *
   * @throws NodeCallError – there is no reply, or the other node does not accept calls from this one
   */
  async passOn(target: NodeRecord, call: PassedCall): Promise<CallReply> {
    try {
      return await this.#callOnce(target, call);
    } catch (error) {
      if (call.method !== 'GET' || !(error instanceof NodeCallError)) throw error;
      return await this.#callOnce(this.#directory.find(target.nodeNo) ?? target, call);
    }
  }

  /**
   * Has another node send a reply that does not end.
   *
   * @param signal ends it
   * @throws NodeCallError – there is no reply, or the other node does not accept calls from this one
   */
  openStream(target: NodeRecord, call: PassedCall, signal: AbortSignal): Promise<IncomingMessage> {
    return this.#attempt(target, call, async (request) => acceptedStream(target, await this.#client.stream(request, signal)));
  }

  /** Builds a request that is valid only once, and only for the present life of the other node. */
  #requestFor({ nodeNo, epoch, apiUrl }: NodeRecord, { appId, grants, method, path, query, body, headers }: PassedCall): NodeRequest {
    const called = { appId, grants, method, path: assertedPathOf(path), bodyDigest: digestOf(body) };
    const assertion = this.#desk.write({ to: { nodeNo, epoch }, ...called });
    return {
      url: `${apiUrl}${API_BASE_PATH}${path}${query === undefined ? '' : `?${query}`}`,
      method,
      headers: { ...headers, [ASSERTION_HEADER]: assertion },
      body: JSON.stringify(body),
    };
  }

  #callOnce(target: NodeRecord, call: PassedCall): Promise<CallReply> {
    return this.#attempt(target, call, async (request) => accepted(target, await this.#client.call(request)));
  }

  /** Makes a call once, counts its outcome and records it as a span, of which the span of the other node is a part. */
  async #attempt<Reply>(target: NodeRecord, call: PassedCall, send: (request: NodeRequest) => Promise<Reply>): Promise<Reply> {
    const span = call.span?.beginCall(call.method, target.nodeNo);
    let failure: string | undefined = 'interrupted';
    try {
      const value = await send(this.#requestFor(target, { ...call, headers: { ...call.headers, ...traceHeaders(span?.trace) } }));
      this.#outcomes.replied++;
      failure = undefined;
      return value;
    } catch (error) {
      if (error instanceof NodeCallError) {
        this.#outcomes[error.failure]++;
        failure = error.failure;
      }
      throw error;
    } finally {
      span?.end(failure);
    }
  }
}

function accepted(target: NodeRecord, reply: CallReply): CallReply {
  if (reply.httpStatus === 401) throw notAccepted(target);
  return reply;
}

function acceptedStream(target: NodeRecord, reply: IncomingMessage): IncomingMessage {
  if (reply.statusCode !== 401) return reply;
  reply.resume();
  throw notAccepted(target);
}

/** The client has authenticated to this node, so it is this node that the other one refuses. */
function notAccepted({ nodeNo }: NodeRecord): NodeCallError {
  return new NodeCallError(
    'unreached',
    `node ${nodeNo} does not accept calls from this node; check that both have the same cluster key and apps`,
  );
}

/** The error is that of an SFU that does not know the session, so that it does not reveal which nodes exist. */
function sessionNotFound(appId: AppId, sessionId: string): SfuError {
  return new SfuError('session_not_found', `app ${appId} has no session ${sessionId}`);
}

/** Returns the error for a client if the owner of its session did not reply. */
export function nodeUnreachable(nodeNo: number, error: NodeCallError): SfuError {
  const outcome = error.failure === 'unreached' ? 'the call was not carried out' : 'the call may have been carried out';
  return new SfuError('node_unreachable', `node ${nodeNo} did not answer; ${outcome}`, { cause: error, retryAfterMs: RETRY_AFTER_MS });
}
