/**
 * Carries calls of the admin API from a node without books to one that keeps them. Credentials are checked where the books are; the node
 * that the client called vouches only for who called, and under which host name.
 */
import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { ALL_GRANTS } from '@causeway/accounts';
import { AppId, SfuError } from '@causeway/protocol';
import type { NodeDirectory, NodeRecord } from '@causeway/sfu';
import type { Request, Response } from 'express';
import { isPublicAndPlain } from '../config/own-networks.ts';
import { assertedPathOf, digestOf } from '../forwarding/asserted-call.ts';
import { ASSERTION_HEADER, type AssertionDesk } from '../forwarding/assertion-desk.ts';
import { NodeCallError, type NodeRequest } from '../forwarding/node-client.ts';
import { type RequestContext, requestContextOf } from '../http/request-context.ts';
import { traceHeaders } from '../http/trace-context.ts';
import { AskedKeepers } from './asked-keepers.ts';

/** The part of a cluster that the admin API uses. */
export interface CarrierCluster {
  readonly directory: Pick<NodeDirectory, 'self' | 'others'>;
  readonly desk: Pick<AssertionDesk, 'write' | 'take'>;
  /** @returns undefined if a trusted proxy does not name the client */
  addressOf(request: IncomingMessage): string | undefined;
  /** @throws NodeCallError – there was no reply */
  send(request: NodeRequest, signal: AbortSignal): Promise<IncomingMessage>;
}

/** A call that another node has carried here. */
export interface CarriedCall {
  /** The address of the client; undefined if it is not known. */
  readonly address: string | undefined;
  /** The host name under which the client called that node. */
  readonly host: string;
  /** @throws unauthorized – the body differs from the one vouched for */
  checkBody(body: unknown): void;
}

/** JSON of the client's address and the host name, for which the assertion vouches as well. */
const CLIENT_HEADER = 'Causeway-Client';
/**
 * The app that assertions of carried calls name. Their paths differ from those of all calls for apps, so an app of the same name cannot use
 * them.
 */
const ADMIN = AppId.parse('admin');
const PASSED_ON = ['authorization', 'cookie', 'origin', 'sec-fetch-site', 'if-match', 'idempotency-key', 'accept'];
/** The headers of a reply that are passed back. The others concern the connection to the other node, or are set by this node. */
const PASSED_BACK = [
  'content-type',
  'content-disposition',
  'cache-control',
  'set-cookie',
  'etag',
  'allow',
  'link',
  'retry-after',
  'www-authenticate',
  'idempotency-replayed',
  'x-content-type-options',
];
/** People and their tools make few calls at once. */
const MAX_UNDER_WAY = 128;
const RETRY_AFTER_MS = 1_000;

export class AdminCarrier {
  readonly #cluster: CarrierCluster;
  readonly #asked: AskedKeepers;
  #underWay = 0;

  /** @param now monotonic time in milliseconds */
  constructor(cluster: CarrierCluster, now: () => number) {
    this.#cluster = cluster;
    this.#asked = new AskedKeepers(now);
  }

  /**
   * Has a node with books carry out a call, and passes on its reply.
   *
   * @throws books_unavailable – no node of the cluster keeps books, or this call was carried here by a node that thinks this one does
   * @throws node_unreachable – none of those that do has answered
   * @throws no_capacity – too many calls are being carried, here or to each of those nodes
   */
  async carry(request: Request, response: Response, body: unknown): Promise<void> {
    if (isCarried(request)) throw noBooks('this node keeps no books');
    if (this.#underWay >= MAX_UNDER_WAY) throw tooManyCalls();
    this.#underWay++;
    try {
      await this.#carryOut(request, response, body);
    } finally {
      this.#underWay--;
    }
  }

  /**
   * @returns undefined if the client called this node itself
   * @throws unauthorized – no node of this cluster vouches for the call
   */
  admit(request: Request): CarriedCall | undefined {
    const assertion = request.get(ASSERTION_HEADER);
    if (assertion === undefined) return undefined;
    const client = request.get(CLIENT_HEADER) ?? '';
    const admitted = this.#cluster.desk.take(assertion, { appId: ADMIN, method: request.method, path: assertedPath(request, client) });
    // Written by a node of this cluster, as its signature shows.
    const { address, host } = JSON.parse(client) as { readonly address?: string; readonly host: string };
    return { address, host, checkBody: (body) => admitted.checkBody(digestOf(body)) };
  }

  /** Asks one node after another while it is certain that none has carried the call out, or if the call changes nothing. */
  async #carryOut(request: Request, response: Response, body: unknown): Promise<void> {
    const ended = new AbortController();
    response.once('close', () => ended.abort());
    const asked: number[] = [];
    let failure: NodeCallError | undefined;
    for (const keeper of this.#keepers()) {
      const { nodeNo } = keeper;
      if (!this.#asked.begin(nodeNo)) continue;
      asked.push(nodeNo);
      try {
        const reply = await this.#cluster.send(this.#requestFor(keeper, request, body, requestContextOf(response)), ended.signal);
        this.#asked.noteAnswer(nodeNo);
        await sendBack(reply, response);
        return;
      } catch (error) {
        if (!(error instanceof NodeCallError)) throw error;
        failure = error;
        // A client that has hung up says nothing about the node.
        if (!ended.signal.aborted) this.#asked.noteSilence(nodeNo);
        if (error.failure === 'interrupted' && request.method !== 'GET') break;
      } finally {
        this.#asked.end(nodeNo);
      }
    }
    if (failure === undefined) throw tooManyCalls();
    const outcome = failure.failure === 'unreached' ? 'the call was not carried out' : 'the call may have been carried out';
    throw new SfuError('node_unreachable', `no node with books has answered (asked: ${asked.join(', ')}); ${outcome}`, {
      cause: failure,
      retryAfterMs: RETRY_AFTER_MS,
    });
  }

  /** @returns the nodes with books, those that answer and those of the own region first; credentials do not cross the internet unencrypted */
  #keepers(): readonly NodeRecord[] {
    const { self, others } = this.#cluster.directory;
    const keepers = others.filter(({ keepsBooks }) => keepsBooks === true);
    if (keepers.length === 0) throw noBooks('no live node of this cluster keeps books');
    const safe = keepers.filter(({ apiUrl }) => !isPublicAndPlain(apiUrl));
    if (safe.length === 0) {
      throw noBooks(
        `the nodes with books (${keepers.map(({ nodeNo }) => nodeNo).join(', ')}) can be reached only over unencrypted HTTP on public addresses; set CAUSEWAY_INTERNAL_URL there to https or a private address`,
      );
    }
    const distance = ({ nodeNo, region, state }: NodeRecord): number =>
      Number(region !== self.region) + 2 * Number(state === 'draining') + 4 * Number(this.#asked.isSilent(nodeNo));
    return safe.toSorted((one, other) => distance(one) - distance(other) || one.nodeNo - other.nodeNo);
  }

  #requestFor({ nodeNo, epoch, apiUrl }: NodeRecord, request: Request, body: unknown, { requestId, trace }: RequestContext): NodeRequest {
    const address = this.#cluster.addressOf(request);
    const client = JSON.stringify({ ...(address === undefined ? {} : { address }), host: request.headers.host ?? '' });
    const { method } = request;
    const called = { appId: ADMIN, grants: ALL_GRANTS, method, path: assertedPath(request, client), bodyDigest: digestOf(body) };
    const assertion = this.#cluster.desk.write({ to: { nodeNo, epoch }, ...called });
    return {
      url: `${apiUrl}${request.originalUrl}`,
      method,
      headers: {
        ...passedOn(request),
        'X-Request-Id': requestId,
        ...traceHeaders(trace),
        [CLIENT_HEADER]: client,
        [ASSERTION_HEADER]: assertion,
      },
      body: JSON.stringify(body),
    };
  }
}

function isCarried(request: Request): boolean {
  return request.get(ASSERTION_HEADER) !== undefined;
}

function tooManyCalls(): SfuError {
  return new SfuError('no_capacity', 'too many calls of the admin API are under way', { retryAfterMs: RETRY_AFTER_MS });
}

function noBooks(why: string): SfuError {
  return new SfuError('books_unavailable', `${why}; set CAUSEWAY_BOOKS on a node to use the admin API`);
}

/** What the assertion vouches for besides method and body: path, query and client. */
function assertedPath({ originalUrl }: Request, client: string): string {
  return assertedPathOf(`${originalUrl} ${client}`);
}

function passedOn(request: Request): Readonly<Record<string, string>> {
  const passed = PASSED_ON.flatMap((name) => {
    const value = request.get(name);
    return value === undefined ? [] : [[name, value]];
  });
  return Object.fromEntries(passed) as Record<string, string>;
}

/** A reply may be a long export, so it is streamed. */
async function sendBack(reply: IncomingMessage, response: Response): Promise<void> {
  response.statusCode = reply.statusCode ?? 502;
  for (const name of PASSED_BACK) {
    const value = reply.headers[name];
    if (value !== undefined) response.setHeader(name, value);
  }
  // Either side may close the connection: `#ask` then ends the reply, and the client notices that the end is missing.
  reply.once('error', () => response.destroy());
  const closed = once(reply, 'close');
  reply.pipe(response);
  await closed.catch(() => undefined);
}
