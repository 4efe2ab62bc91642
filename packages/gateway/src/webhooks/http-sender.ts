/** Sends requests to receivers of webhooks, but only to addresses that the policy allows. */
import { promises as dns, type LookupAddress } from 'node:dns';
import { Agent as HttpAgent, request as httpRequest, type IncomingMessage, type RequestOptions } from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';
import type { LookupFunction } from 'node:net';
import type { AddressPolicy } from './address-policy.ts';
import type { DeliveryError, DeliveryReply, DeliveryRequest, DeliverySender } from './delivery-sender.ts';
import { checkWebhookUrl, hostOf } from './webhook-url.ts';

/** Options of an HTTP sender. */
export interface HttpSenderOptions {
  readonly policy: AddressPolicy;
  /** Returns all addresses of a name. Default: the system's resolver. */
  readonly resolve?: (name: string) => Promise<readonly LookupAddress[]>;
  /** The time allowed for a whole attempt. */
  readonly timeoutMs?: number;
  /** Certificates in PEM to trust in addition to those of the system. */
  readonly ca?: string;
}

const TIMEOUT_MS = 5_000;
/** Idle connections are kept for reuse this long, since a handshake costs the receiver and the node more than an event does. */
const IDLE_MS = 10_000;
const MAX_IDLE_SOCKETS_PER_RECEIVER = 8;
const MAX_IDLE_SOCKETS = 256;
/** Concurrent requests; further ones wait. */
const MAX_REQUESTS = 256;
/** When so many are under way, each URL gets one request at a time, so that a few slow receivers cannot keep the others waiting. */
const MAX_UNSHARED_REQUESTS = MAX_REQUESTS / 2;
/** Reading stops after this much of a response. */
const MAX_REPLY_BYTES = 64 * 1_024;
const KEPT_BYTES = 1_024;

class RefusedAddress extends Error {
  readonly code = 'ADDRESS_REFUSED';
}

/** Sends requests from the calling thread. */
export class HttpSender implements DeliverySender {
  readonly #options: HttpSenderOptions;
  readonly #agents: readonly [http: HttpAgent, https: HttpsAgent];
  /** Ends the requests under way. */
  readonly #underWay = new Set<AbortController>();
  /** How many of these go to each URL. */
  readonly #countOf = new Map<string, number>();
  /** The oldest first. */
  readonly #waiting: { readonly url: string; readonly go: () => void }[] = [];
  #isClosed = false;

  constructor(options: HttpSenderOptions) {
    this.#options = options;
    // Limits of an agent for sockets in use would have requests wait in it with their time running, and idle sockets count towards the total.
    const pooled = { keepAlive: true, maxFreeSockets: MAX_IDLE_SOCKETS_PER_RECEIVER };
    this.#agents = [
      new HttpAgent({ ...pooled, timeout: IDLE_MS }),
      new HttpsAgent({ ...pooled, timeout: IDLE_MS, rejectUnauthorized: true, ...(options.ca === undefined ? {} : { ca: options.ca }) }),
    ];
  }

  async send(request: DeliveryRequest): Promise<DeliveryReply> {
    const { url } = request;
    const end = new AbortController();
    const take = (): void => {
      this.#underWay.add(end);
      this.#countOf.set(url, (this.#countOf.get(url) ?? 0) + 1);
    };
    if (this.#hasRoomFor(url)) take();
    else await new Promise<void>((resolve) => this.#waiting.push({ url, go: () => resolve(take()) }));
    const beganAt = performance.now();
    const timer = setTimeout(() => end.abort('timeout'), this.#options.timeoutMs ?? TIMEOUT_MS);
    try {
      if (this.#isClosed) end.abort('interrupted');
      return { ...(await this.#attempt(request, end.signal)), durationMs: Math.round(performance.now() - beganAt) };
    } catch (error) {
      return { type: 'none', error: errorOf(error, end.signal), durationMs: Math.round(performance.now() - beganAt) };
    } finally {
      clearTimeout(timer);
      this.#release(end, url);
    }
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    for (const end of this.#underWay) end.abort('interrupted');
    for (const { go } of this.#waiting.splice(0)) go();
    for (const agent of this.#agents) agent.destroy();
  }

  #hasRoomFor(url: string): boolean {
    if (this.#isClosed || this.#underWay.size < MAX_UNSHARED_REQUESTS) return true;
    return this.#underWay.size < MAX_REQUESTS && !this.#countOf.has(url);
  }

  #release(end: AbortController, url: string): void {
    this.#underWay.delete(end);
    const left = (this.#countOf.get(url) ?? 1) - 1;
    if (left === 0) this.#countOf.delete(url);
    else this.#countOf.set(url, left);
    this.#closeIdle();
    const next = this.#waiting.findIndex((waiting) => this.#hasRoomFor(waiting.url));
    if (next >= 0) this.#waiting.splice(next, 1)[0]?.go();
  }

  /** Closes the idle connections that are too many, the oldest of each receiver first. */
  #closeIdle(): void {
    const idle = this.#agents.flatMap(({ freeSockets }) => Object.values(freeSockets).flatMap((sockets) => sockets ?? []));
    for (const socket of idle.slice(0, Math.max(0, idle.length - MAX_IDLE_SOCKETS))) socket.destroy();
  }

  async #attempt(request: DeliveryRequest, signal: AbortSignal, isFirst = true): Promise<WithoutDuration<DeliveryReply>> {
    const { url: text, headers, body } = request;
    const { policy } = this.#options;
    const checked = checkWebhookUrl(text, policy);
    if ('problem' in checked) return { type: 'none', error: 'url_refused' };
    const { url } = checked;
    signal.throwIfAborted();
    const isPlain = url.protocol === 'http:';
    const options: RequestOptions = {
      method: 'POST',
      headers: { ...headers, 'Content-Length': String(Buffer.byteLength(body)) },
      agent: this.#agents[isPlain ? 0 : 1],
      lookup: this.#lookupFor(isPlain),
      signal,
    };
    // An IP address as the host is not looked up, so only the check of the URL covers it.
    const { promise, resolve, reject } = Promise.withResolvers<WithoutDuration<DeliveryReply>>();
    const sent = (isPlain ? httpRequest : httpsRequest)(url, { ...options, host: hostOf(url) }, (reply) =>
      resolve(readReply(reply, signal)),
    );
    sent.on('error', (error: NodeJS.ErrnoException) => {
      // A receiver may close an idle connection just as it is reused.
      const isStale = isFirst && sent.reusedSocket && error.code === 'ECONNRESET';
      if (isStale && !signal.aborted) resolve(this.#attempt(request, signal, false));
      else reject(error);
    });
    sent.end(body);
    return promise;
  }

  /** Passes the checked addresses to the socket: a second lookup of the name could return different ones (DNS rebinding). */
  #lookupFor(isPlain: boolean): LookupFunction {
    const { policy, resolve = resolveBySystem } = this.#options;
    return (name, { all }, callback) => {
      resolve(name).then(
        (found) => {
          const verdicts = found.map(({ address }) => policy.judge(address));
          const isRefused = verdicts.includes('refused') || (isPlain && verdicts.includes('public'));
          const [first] = found;
          if (isRefused || first === undefined) callback(new RefusedAddress(`${name} leads to an address that is not public`), []);
          else if (all) callback(null, [...found]);
          else callback(null, first.address, first.family);
        },
        (error: NodeJS.ErrnoException) => callback(error, []),
      );
    };
  }
}

type WithoutDuration<Reply> = Reply extends unknown ? Omit<Reply, 'durationMs'> : never;

function resolveBySystem(name: string): Promise<LookupAddress[]> {
  return dns.lookup(name, { all: true, order: 'verbatim' });
}

/** Only the status decides about the outcome, so a slow or long body is cut off. Never rejects. */
function readReply(reply: IncomingMessage, signal: AbortSignal): Promise<WithoutDuration<DeliveryReply>> {
  const kept: Buffer[] = [];
  let bytes = 0;
  const { promise, resolve } = Promise.withResolvers<void>();
  const finish = (): void => {
    resolve();
    if (!reply.complete) reply.destroy();
  };
  reply.on('data', (chunk: Buffer) => {
    if (bytes < KEPT_BYTES) kept.push(chunk.subarray(0, KEPT_BYTES - bytes));
    bytes += chunk.length;
    if (bytes > MAX_REPLY_BYTES) finish();
  });
  for (const event of ['end', 'close', 'error', 'aborted']) reply.on(event, finish);
  signal.addEventListener('abort', finish, { once: true });
  return promise.then(() => ({
    type: 'reply',
    status: reply.statusCode ?? 0,
    excerpt: beginOf(Buffer.concat(kept)),
    retryAfterMs: retryAfterMsOf(reply.headers['retry-after'], Date.now()),
  }));
}

const NAME_ERRORS: readonly unknown[] = ['ENOTFOUND', 'EAI_AGAIN', 'EAI_NODATA', 'EAI_NONAME', 'ENODATA'];

function errorOf(error: unknown, { aborted, reason }: AbortSignal): DeliveryError {
  if (aborted) return reason === 'interrupted' ? 'interrupted' : 'timeout';
  const { code = '', cause } = error as { readonly code?: unknown; readonly cause?: unknown };
  const name = String(code);
  if (name === 'ADDRESS_REFUSED' || (cause as { readonly code?: unknown } | undefined)?.code === 'ADDRESS_REFUSED')
    return 'address_refused';
  if (NAME_ERRORS.includes(code)) return 'name_not_found';
  if (name.startsWith('HPE_')) return 'invalid_reply';
  const isOfTls = /^(?:ERR_TLS|ERR_SSL|CERT_|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO|HOSTNAME_MISMATCH|EPROTO)/.test(name);
  return isOfTls ? 'tls_failed' : 'connection_failed';
}

// A receiver may reply anything, so nothing of its reply is trusted.

const MS_PER_SECOND = 1_000;
const MAX_SECONDS = 31 * 86_400;
const SECRET = /\bwhsec_[A-Za-z0-9+/=]+/g;

/** Returns the start of a body for display, without control characters and without any webhook secret that the receiver echoed. */
function beginOf(bytes: Uint8Array): string {
  const text = new TextDecoder().decode(bytes);
  return text.replace(/[^\P{Cc}\t\n]/gu, ' ').replace(SECRET, 'whsec_[redacted]');
}

/**
 * Reads `Retry-After`, which contains seconds or a date.
 *
 * @returns undefined if it is neither
 * @see RFC 9110 §10.2.3
 */
function retryAfterMsOf(header: string | undefined, nowMs: number): number | undefined {
  if (header === undefined) return undefined;
  if (/^[0-9]{1,9}$/.test(header)) return Math.min(Number(header), MAX_SECONDS) * MS_PER_SECOND;
  const atMs = Date.parse(header);
  return Number.isNaN(atMs) || !/GMT$/.test(header) ? undefined : Math.max(0, Math.min(atMs - nowMs, MAX_SECONDS * MS_PER_SECOND));
}
