/**
 * Sends one call with its credential and idempotency key, and repeats it when no reply came. This file knows HTTP and JSON, but no
 * endpoint.
 */
import { errorFromReply, SfuApiError } from './sfu-api-error.ts';

/** Where an app's API is, and how it is called. */
export interface SfuApiOptions {
  /** The URL of the node, such as `https://sfu.example.com`, including the path that a proxy puts in front of it. */
  readonly url: string;
  readonly appId: string;
  /**
   * An access token, or on a server the app's secret. A function is called for the first token, and again whenever the SFU says that the
   * last one has expired; the refused call is then repeated once.
   */
  readonly credential: string | (() => Promise<string>);
  /**
   * How often a call that got no reply is repeated. Default: 2. All repetitions carry one idempotency key, so that the SFU carries the call
   * out once. With 0, no key is sent either.
   */
  readonly resends?: number;
  /** Default: the `fetch` of the browser or of Node. */
  readonly fetch?: typeof fetch;
}

/** One call of the HTTP API. */
export interface ApiCall {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** The path below the app, such as `/session/new`. */
  readonly path: string;
  /** Sent as JSON, except for a string, which is sent as it is. */
  readonly body?: unknown;
  /** Added to the headers that every call has, and replaces those of the same name. */
  readonly headers?: Readonly<Record<string, string>> | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Lets the browser send what a page needs in order to be shown before this call. */
  readonly priority?: 'low';
}

/** The reply of the SFU, whether or not the call succeeded. */
export interface ApiReply {
  readonly status: number;
  /** Keyed by name in lower case. A page of another origin sees only the headers that the SFU exposes. */
  readonly headers: Readonly<Record<string, string>>;
  /** Parsed JSON; undefined for an empty body, and for one that is not JSON. */
  readonly body: unknown;
}

const DEFAULT_RESENDS = 2;

/** @returns a function that makes calls. It resolves before the body of the reply is read, because a body may never end */
export function createSender(options: SfuApiOptions): (call: ApiCall) => Promise<Response> {
  const { credential, resends = DEFAULT_RESENDS, fetch: send = (...request) => fetch(...request) } = options;
  const base = new URL(`api/sfu/${encodeURIComponent(options.appId)}`, withSlash(options.url)).href;
  const bearer = createBearer(credential);

  return async (call) => {
    const key = call.method === 'GET' || resends === 0 ? undefined : randomKey();
    for (let attempt = 0, isRenewed = false; ; attempt++) {
      const token = await bearer.read();
      try {
        const response = await send(`${base}${call.path}`, requestOf(call, token, key));
        if (response.status !== 401 || isRenewed || !(await isExpired(response))) return response;
        if (!bearer.forget(token)) return response;
        isRenewed = true;
      } catch (cause) {
        if (isAbort(cause, call.signal)) throw cause;
        if (call.method === 'GET' || attempt >= resends) throw networkFailure(base, cause);
      }
    }
  };
}

/** @throws SfuApiError – `unexpected_reply` if a successful reply is not JSON; otherwise the SFU's reason for refusing the call */
export async function readSuccess<Reply>(response: Response): Promise<Reply> {
  const { status, body } = await readReply(response);
  if (!response.ok || typeof body !== 'object' || body === null) throw errorFromReply(status, body);
  return body as Reply;
}

/** Reads a reply to its end. */
export async function readReply(response: Response): Promise<ApiReply> {
  const body: unknown = await response.json().catch(() => undefined);
  return { status: response.status, headers: Object.fromEntries(response.headers), body };
}

/** The credential of an app: a fixed string, or tokens that replace each other. */
function createBearer(credential: SfuApiOptions['credential']) {
  let pending: Promise<string> | undefined;
  let latest: string | undefined;
  const fetchToken = async (next: () => Promise<string>) => {
    try {
      latest = await next();
      return latest;
    } finally {
      pending = undefined;
    }
  };
  return {
    async read(): Promise<string> {
      if (typeof credential === 'string') return credential;
      if (latest !== undefined) return latest;
      // Calls that are made at the same time share one request for a token.
      pending ??= fetchToken(credential);
      return pending;
    },
    /** @returns false if there can be no other token */
    forget(token: string): boolean {
      if (typeof credential === 'string') return false;
      if (latest === token) latest = undefined;
      return true;
    },
  };
}

function requestOf({ method, body, headers = {}, signal, priority }: ApiCall, token: string, key: string | undefined): RequestInit {
  const all = new Headers({ Authorization: `Bearer ${token}`, 'Content-Type': 'application/json' });
  if (key !== undefined) all.set('Idempotency-Key', key);
  for (const [name, value] of Object.entries(headers)) all.set(name, value);
  return {
    method,
    headers: all,
    cache: 'no-store',
    // Leaving is often the last thing that a page does, so the request must outlive the page.
    keepalive: method === 'DELETE',
    ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    ...(signal === undefined ? {} : { signal }),
    ...(priority === undefined ? {} : { priority }),
  };
}

async function isExpired(response: Response): Promise<boolean> {
  const { body } = await readReply(response.clone());
  return errorFromReply(response.status, body).code === 'token_expired';
}

/** The reason of an `AbortSignal` may be anything. */
function isAbort(cause: unknown, signal: AbortSignal | undefined): boolean {
  return signal?.aborted === true || (typeof cause === 'object' && cause !== null && 'name' in cause && cause.name === 'AbortError');
}

function networkFailure(base: string, cause: unknown): SfuApiError {
  const description = `${new URL(base).host} did not answer`;
  return new SfuApiError({ code: 'network_failure', description, httpStatus: 0, isRetryable: true }, cause);
}

function withSlash(url: string): string {
  return url.endsWith('/') ? url : `${url}/`;
}

/** 128 random bits. `crypto.randomUUID` does not exist in pages on plain http. */
function randomKey(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, '0')).join('');
}
