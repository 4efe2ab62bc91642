import type { SfuAddress } from '@causeway/loadtest';

/** Longer than any call may take. */
const CALL_DEADLINE_MS = 15_000;

export interface ApiReply {
  /** 0 when there was none. */
  readonly status: number;
  readonly body: unknown;
  readonly headers: Headers;
  readonly tookMs: number;
}

/** The HTTP API of one node, asked as any client asks it; a refusal is a reply like another. */
export class NodeApi {
  readonly address: SfuAddress;

  constructor(address: SfuAddress) {
    this.address = address;
  }

  async call(method: string, path: string, body?: unknown, headers: Readonly<Record<string, string>> = {}): Promise<ApiReply> {
    const startedAtMs = performance.now();
    const { url, appId, secret } = this.address;
    try {
      const reply = await fetch(`${url}/api/sfu/${appId}${path}`, {
        method,
        headers: { authorization: `Bearer ${secret}`, 'content-type': 'application/json', ...headers },
        signal: AbortSignal.timeout(CALL_DEADLINE_MS),
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
      const text = await reply.text();
      return { status: reply.status, body: parse(text), headers: reply.headers, tookMs: performance.now() - startedAtMs };
    } catch (error) {
      return { status: 0, body: String(error), headers: new Headers(), tookMs: performance.now() - startedAtMs };
    }
  }

  /** All sessions of the app, page after page. @throws Error – the node does not answer with a list */
  async sessionIds(): Promise<string[]> {
    const ids: string[] = [];
    for (let path: string | undefined = '/sessions?limit=500'; path !== undefined; ) {
      const { status, body, headers }: ApiReply = await this.call('GET', path);
      if (status !== 200 || !Array.isArray(body)) throw new Error(`the list of sessions was answered ${status}: ${JSON.stringify(body)}`);
      ids.push(...body.map((session: { readonly sessionId: string }) => session.sessionId));
      path = nextPage(headers);
    }
    return ids;
  }
}

/** @see RFC 8288 */
function nextPage(headers: Headers): string | undefined {
  const target = /<([^>]+)>;\s*rel="next"/.exec(headers.get('link') ?? '')?.[1];
  return target === undefined ? undefined : `/sessions${target.slice(target.indexOf('?'))}`;
}

function parse(text: string): unknown {
  try {
    return text === '' ? undefined : JSON.parse(text);
  } catch {
    return text;
  }
}
