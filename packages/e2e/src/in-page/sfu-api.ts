/** Calls of the SFU's HTTP API as a page makes them: `fetch` and nothing else. */
import type { ErrorReply } from '@causeway/protocol';
import type { SfuAccess } from '../servers/daemon.ts';

export type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

export interface ApiReply {
  readonly status: number;
  /** The headers that cross-origin code may see. */
  readonly headers: Readonly<Record<string, string>>;
  /** Parsed JSON; `undefined` for an empty body. */
  readonly body: unknown;
}

export interface SfuApi {
  /** @param path below the app: `/session/new` */
  call(method: Method, path: string, body?: unknown, headers?: Readonly<Record<string, string>>): Promise<ApiReply>;
  /** As `call`, for calls that must succeed; one over the rate limit is made again when the SFU says. @throws Error – any other status than 200 */
  callOk<Reply>(method: Method, path: string, body?: unknown): Promise<Reply>;
}

/** The API of one app, with its secret in every call. */
export function createSfuApi({ host, appId, secret }: SfuAccess): SfuApi {
  const call: SfuApi['call'] = async (method, path, body, headers = {}) => {
    const response = await fetch(`${host}/api/sfu/${appId}${path}`, {
      method,
      headers: { 'Content-Type': 'application/json', Authorization: `Bearer ${secret}`, ...headers },
      ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    });
    const text = await response.text();
    return { status: response.status, headers: Object.fromEntries(response.headers), body: text === '' ? undefined : JSON.parse(text) };
  };
  const callOk: SfuApi['callOk'] = async <Reply>(method: Method, path: string, body?: unknown): Promise<Reply> => {
    const reply = await call(method, path, body);
    if (reply.status === 200) return reply.body as Reply;
    const { errorCode, retryAfterMs = 0 } = reply.body as ErrorReply;
    if (errorCode !== 'rate_limited') throw new Error(`${method} ${path} → ${reply.status} ${JSON.stringify(reply.body)}`);
    await new Promise((resolve) => setTimeout(resolve, retryAfterMs));
    return callOk<Reply>(method, path, body);
  };
  return { call, callOk };
}
