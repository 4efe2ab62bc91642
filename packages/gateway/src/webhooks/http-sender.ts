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
  readonly #shares = new FairShares();
  /** Ends the requests under way. */
  readonly #underWay = new Set<AbortController>();
  #isClosed = false;

  constructor(options: HttpSenderOptions) {
    this.#options = options;
    // No limit on the agent's sockets is set: requests would wait inside the agent while their time runs, and idle sockets would count
    // towards the limit.
    const pooled = { keepAlive: true, maxFreeSockets: MAX_IDLE_SOCKETS_PER_RECEIVER };
    this.#agents = [
      new HttpAgent({ ...pooled, timeout: IDLE_MS }),
      new HttpsAgent({ ...pooled, timeout: IDLE_MS, rejectUnauthorized: true, ...(options.ca === undefined ? {} : { ca: options.ca }) }),
    ];
  }

  async send(request: DeliveryRequest): Promise<DeliveryReply> {
    const share = await this.#shares.enter([request.orgId, request.appId, request.url]);
    const end = new AbortController();
    this.#underWay.add(end);
    const beganAt = performance.now();
    const timer = setTimeout(() => end.abort('timeout'), this.#options.timeoutMs ?? TIMEOUT_MS);
    try {
      if (this.#isClosed) end.abort('interrupted');
      return { ...(await this.#attempt(request, end.signal)), durationMs: Math.round(performance.now() - beganAt) };
    } catch (error) {
      return { type: 'none', error: errorOf(error, end.signal), durationMs: Math.round(performance.now() - beganAt) };
    } finally {
      clearTimeout(timer);
      this.#underWay.delete(end);
      this.#closeIdle();
      this.#shares.leave(share);
    }
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    // Those that wait follow the ones that end, and are interrupted in their turn.
    for (const end of this.#underWay) end.abort('interrupted');
    for (const agent of this.#agents) agent.destroy();
  }

  /** Closes excess idle connections, the oldest of each receiver first. */
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

/** All requests, those of an organisation, those of one of its apps, or those of that app to one URL. */
class Share {
  readonly name: string;
  readonly whole: Share | undefined;
  readonly parts = new Map<string, Share>();
  readonly queue: (() => void)[] = [];
  /** The numbers of requests here and in the parts. */
  underWay = 0;
  waiting = 0;

  constructor(name: string, whole: Share | undefined) {
    this.name = name;
    this.whole = whole;
  }

  /** This share, and all that it is a part of. */
  *upwards(): Generator<Share> {
    for (let share: Share | undefined = this; share !== undefined; share = share.whole) yield share;
  }
}

/**
 * Decides which requests are under way. An organisation may have as many as it leaves free, which is half of them if it is alone and a third
 * each if there are two. Of the room that this leaves, each of its apps may take as much as it leaves free, and so may each URL of an app. So
 * however many slow receivers an owner has, a request of another owner need not wait for them.
 */
class FairShares {
  readonly #all = new Share('', undefined);

  /** Waits for room. @param path the names of the organisation, the app and the URL @returns what `leave` has to be given */
  async enter(path: readonly string[]): Promise<Share> {
    let share = this.#all;
    for (const name of path) {
      const part = share.parts.get(name) ?? new Share(name, share);
      share.parts.set(name, part);
      share = part;
    }
    const going = new Promise<void>((resolve) => share.queue.push(resolve));
    let room = MAX_REQUESTS;
    for (const each of share.upwards()) {
      each.waiting++;
      room -= each.underWay;
    }
    if (room > 0) this.#start(share);
    await going;
    return share;
  }

  leave(share: Share): void {
    for (const each of share.upwards()) {
      each.underWay--;
      if (each.underWay === 0 && each.waiting === 0) each.whole?.parts.delete(each.name);
    }
    for (let next = this.#next(); next !== undefined; next = this.#next()) this.#start(next);
  }

  #start(share: Share): void {
    for (const each of share.upwards()) {
      each.underWay++;
      each.waiting--;
      // Among parts with as many requests under way, the one whose turn is the longest ago comes first.
      each.whole?.parts.delete(each.name);
      each.whole?.parts.set(each.name, each);
    }
    share.queue.shift()?.();
  }

  /** Finds the URL whose oldest request is next: of the organisation with the fewest under way, and among its own again of the app. */
  #next(whole = this.#all, room = MAX_REQUESTS - whole.underWay): Share | undefined {
    if (whole.queue.length > 0) return whole;
    const parts = [...whole.parts.values()].filter(({ waiting, underWay }) => waiting > 0 && underWay < room);
    for (const part of parts.toSorted((one, other) => one.underWay - other.underWay)) {
      const next = this.#next(part, room - part.underWay);
      if (next !== undefined) return next;
    }
    return undefined;
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
