/** HTTP to other nodes, with limits on time, size and number, and precise errors about whether a failed call may have been carried out. */
import { once } from 'node:events';
import { Agent as HttpAgent, type IncomingMessage, request as requestHttp } from 'node:http';
import { Agent as HttpsAgent, request as requestHttps } from 'node:https';
import type { Socket } from 'node:net';
import type { CallReply } from './call-reply.ts';

export interface NodeRequest {
  readonly url: string;
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  /** The body as JSON. */
  readonly body: string | undefined;
}

/**
 * `unreached`: the other node has received nothing of the call. `interrupted`: it may or may not have carried out the
 * call.
 */
export type NodeCallFailure = 'unreached' | 'interrupted';

export class NodeCallError extends Error {
  override readonly name = 'NodeCallError';
  readonly failure: NodeCallFailure;

  constructor(failure: NodeCallFailure, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.failure = failure;
  }
}

export interface NodeClientLimits {
  readonly connectTimeoutMs: number;
  /** Calls wait up to 5 s for a negotiation, and for earlier calls. */
  readonly replyTimeoutMs: number;
  readonly maxReplyBytes: number;
  /** Three times the longest silence of an event stream. The other machine may disappear without notice. */
  readonly streamSilenceMs: number;
  /** The limit is per node, so that a node that does not answer cannot hold the calls of all clients. */
  readonly maxCallsUnderWay: number;
}

const DEFAULT_LIMITS: NodeClientLimits = {
  connectTimeoutMs: 2_000,
  replyTimeoutMs: 15_000,
  maxReplyBytes: 8 * 1024 * 1024,
  streamSilenceMs: 45_000,
  maxCallsUnderWay: 512,
};
/** Less than the 65 s after which the other side closes an idle connection, which would interrupt a call that uses it at that moment. */
const IDLE_SOCKET_TIMEOUT_MS = 30_000;

export class NodeClient {
  readonly #limits: NodeClientLimits;
  readonly #agents = {
    'http:': new HttpAgent({ keepAlive: true, timeout: IDLE_SOCKET_TIMEOUT_MS }),
    'https:': new HttpsAgent({ keepAlive: true, timeout: IDLE_SOCKET_TIMEOUT_MS }),
  };
  /** The number of pending calls by origin. */
  readonly #underWay = new Map<string, number>();

  constructor(limits: Partial<NodeClientLimits> = {}) {
    this.#limits = { ...DEFAULT_LIMITS, ...limits };
  }

  /** @throws NodeCallError – no complete reply arrived in time */
  async call(request: NodeRequest): Promise<CallReply> {
    const { origin } = new URL(request.url);
    const underWay = this.#underWay.get(origin) ?? 0;
    if (underWay >= this.#limits.maxCallsUnderWay) throw new NodeCallError('unreached', `${underWay} calls to ${origin} are under way`);
    this.#underWay.set(origin, underWay + 1);
    try {
      const response = await this.#open(request, AbortSignal.timeout(this.#limits.replyTimeoutMs));
      return { httpStatus: response.statusCode ?? 0, headers: singleHeaders(response), text: await this.#readText(response) };
    } catch (error) {
      throw error instanceof NodeCallError ? error : new NodeCallError('interrupted', 'the reply broke off', error);
    } finally {
      this.#leave(origin);
    }
  }

  /**
   * Starts to read a reply that does not end, such as events. It is interrupted after a long silence.
   *
   * @param signal ends it
   * @throws NodeCallError – there was no reply
   */
  async stream(request: NodeRequest, signal: AbortSignal): Promise<IncomingMessage> {
    const response = await this.#open(request, signal);
    response.setTimeout(this.#limits.streamSilenceMs, () =>
      response.destroy(new NodeCallError('interrupted', 'nothing has arrived for too long')),
    );
    return response;
  }

  /** Closes unused connections. */
  close(): void {
    for (const agent of Object.values(this.#agents)) agent.destroy();
  }

  #leave(origin: string): void {
    const left = (this.#underWay.get(origin) ?? 1) - 1;
    if (left === 0) this.#underWay.delete(origin);
    else this.#underWay.set(origin, left);
  }

  async #open({ url, method, headers, body }: NodeRequest, signal: AbortSignal): Promise<IncomingMessage> {
    const isSecure = url.startsWith('https:');
    const send = isSecure ? requestHttps : requestHttp;
    const length = body === undefined ? {} : { 'Content-Type': 'application/json', 'Content-Length': String(Buffer.byteLength(body)) };
    const agent = this.#agents[isSecure ? 'https:' : 'http:'];
    const request = send(url, { path: requestTargetOf(url), method, headers: { ...headers, ...length }, agent, signal });
    // A waiting caller is notified through `once` or by the response; a later error must not end the process.
    request.on('error', () => undefined);
    let hasConnected = false;
    const giveUp = setTimeout(() => request.destroy(new Error('connecting took too long')), this.#limits.connectTimeoutMs);
    // A reply without an end must also begin in time, because a suspended node still accepts connections.
    const giveUpReply = setTimeout(() => request.destroy(new Error('no reply arrived in time')), this.#limits.replyTimeoutMs);
    const noteConnection = (): void => {
      hasConnected = true;
      clearTimeout(giveUp);
    };
    request.once('socket', (socket: Socket) => {
      if (socket.connecting) socket.once(isSecure ? 'secureConnect' : 'connect', noteConnection);
      else noteConnection();
    });
    try {
      request.end(body);
      const [response] = (await once(request, 'response')) as [IncomingMessage];
      return response;
    } catch (error) {
      throw new NodeCallError(hasConnected ? 'interrupted' : 'unreached', `${method} ${new URL(url).origin} failed`, error);
    } finally {
      clearTimeout(giveUp);
      clearTimeout(giveUpReply);
    }
  }

  async #readText(response: IncomingMessage): Promise<string> {
    const chunks: Uint8Array[] = [];
    let sizeBytes = 0;
    for await (const chunk of response as AsyncIterable<Uint8Array>) {
      sizeBytes += chunk.length;
      if (sizeBytes > this.#limits.maxReplyBytes) throw new NodeCallError('interrupted', 'the reply is too long');
      chunks.push(chunk);
    }
    return Buffer.concat(chunks).toString('utf8');
  }
}

/** Returns the request target as written, because it may be signed and `URL` encodes some characters differently. */
function requestTargetOf(url: string): string {
  return /^\w+:\/\/[^/]*(\/.*)$/.exec(url)?.[1] ?? '/';
}

function singleHeaders({ headers }: IncomingMessage): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, String(value)]));
}
