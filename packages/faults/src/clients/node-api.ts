import type { ApiCall, SfuApi } from '@causeway/client';
import { waitUntil } from '@causeway/lab';
import { createLoadApi, type SfuAddress } from '@causeway/loadtest';

/** Longer than any call takes. */
const CALL_DEADLINE_MS = 15_000;

export interface ApiReply {
  /** The HTTP status; 0 without a response. */
  readonly status: number;
  readonly body: unknown;
  /** Keyed by name in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly tookMs: number;
}

/** Calls the HTTP API of one node as clients do. Refusals are returned, not thrown. */
export class NodeApi {
  readonly #api: SfuApi;

  constructor(address: SfuAddress) {
    this.#api = createLoadApi(address);
  }

  async call(method: ApiCall['method'], path: string, body?: unknown, headers: Readonly<Record<string, string>> = {}): Promise<ApiReply> {
    const startedAtMs = performance.now();
    const signal = AbortSignal.timeout(CALL_DEADLINE_MS);
    const failed = (error: unknown) => ({ status: 0, body: String(error), headers: {} });
    const reply = await this.#api.send({ method, path, body, headers, signal }).catch(failed);
    return { ...reply, tookMs: performance.now() - startedAtMs };
  }

  /** Resolves once the node knows the app, since a new app is not known everywhere at once. @throws Error – it does not in time */
  async untilKnown(): Promise<void> {
    await waitUntil(
      'the node knows the app',
      async () => (await this.call('GET', '/sessions?limit=1')).status,
      (status) => status === 200,
    );
  }

  /** Lists all sessions of the app. @throws Error – the node does not reply with a list */
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
function nextPage({ link = '' }: ApiReply['headers']): string | undefined {
  const target = /<([^>]+)>;\s*rel="next"/.exec(link)?.[1];
  return target === undefined ? undefined : `/sessions${target.slice(target.indexOf('?'))}`;
}
