/** Serves information for operators on a separate port of the loopback interface. It is read-only. */
import { createHash, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import type { UsageBytes } from '@causeway/accounts';
import { type AppId, parseAppId, SfuError } from '@causeway/protocol';
import { sendJson } from '../http/reply.ts';
import type { NodeInspection } from './inspect-node.ts';
import { PROMETHEUS_CONTENT_TYPE, writePrometheusText } from './metric.ts';
import { METRICS } from './metrics.ts';

/**
 * A page in a browser on this machine can make its own host name resolve to 127.0.0.1 and could then read the reply,
 * but the browser sends the name that it used.
 */
const LOOPBACK_HOST = /^(?:localhost|127\.0\.0\.1|\[::1\])(?::\d+)?$/i;

export interface DebugSources {
  readonly inspect: () => Promise<NodeInspection>;
  readonly usage: UsageTotals;
  readonly onDefect: (error: unknown) => void;
}

export function createDebugListener(sources: DebugSources): RequestListener {
  return (request, response) => {
    reply(sources, request, response).catch((error: unknown) => {
      sources.onDefect(error);
      response.destroy();
    });
  };
}

async function reply({ inspect, usage }: DebugSources, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const [path, query] = (request.url ?? '').split('?', 2);
  if (!LOOPBACK_HOST.test(request.headers.host ?? '')) {
    sendJson(response, 403, JSON.stringify({ error: 'this port can be used only by its loopback address' }));
  } else if (request.method !== 'GET') {
    response.setHeader('Allow', 'GET');
    sendJson(response, 405, JSON.stringify({ error: 'this port only answers GET' }));
  } else if (path === '/debug/objects') {
    sendJson(response, 200, indented(describeObjects(await inspect())));
  } else if (path === '/debug/usage') {
    const [status, body] = await usageReply(new URLSearchParams(query), usage);
    sendJson(response, status, indented(body));
  } else if (path === '/metrics') {
    await sendMetrics(inspect, response);
  } else {
    sendJson(response, 404, JSON.stringify({ error: 'there are /metrics, /debug/objects and /debug/usage' }));
  }
}

async function sendMetrics(inspect: DebugSources['inspect'], response: ServerResponse): Promise<void> {
  const text = writePrometheusText(METRICS, await inspect());
  response.writeHead(200, { 'Content-Type': PROMETHEUS_CONTENT_TYPE, 'Cache-Control': 'no-store' }).end(text);
}

/**
 * Serves only `/metrics`, to any caller with the token, from any address.
 *
 * @param token compared in constant time
 */
export function createMetricsListener({ inspect, onDefect }: Omit<DebugSources, 'usage'>, token: string): RequestListener {
  const digest = digestOf(`Bearer ${token}`);
  return (request, response) => {
    if (!timingSafeEqual(digestOf(request.headers.authorization ?? ''), digest)) {
      response.setHeader('WWW-Authenticate', 'Bearer');
      sendJson(response, 401, JSON.stringify({ error: 'send "Authorization: Bearer <CAUSEWAY_METRICS_TOKEN>"' }));
    } else if (request.method !== 'GET') {
      response.setHeader('Allow', 'GET');
      sendJson(response, 405, JSON.stringify({ error: 'this port only answers GET' }));
    } else if (request.url?.split('?', 1)[0] !== '/metrics') {
      sendJson(response, 404, JSON.stringify({ error: 'there is /metrics' }));
    } else {
      sendMetrics(inspect, response).catch((error: unknown) => {
        onDefect(error);
        response.destroy();
      });
    }
  };
}

function digestOf(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}

function indented(body: unknown): string {
  return `${JSON.stringify(body, undefined, 2)}\n`;
}

/** `objects` is all zeros on a node that all clients have left; `kept` may not be, and is bounded. */
function describeObjects({ sfu, http, kept, process }: NodeInspection) {
  return { objects: { ...sfu.objects, http, ...describeRelay(sfu) }, kept: { ...sfu.kept, ...kept }, process };
}

/** Links exist as long as the other nodes do, and a counter is no object. */
function describeRelay({ relay }: NodeInspection['sfu']) {
  if (relay === undefined) return {};
  const { links: _links, refusedLinkReports: _refused, ...objects } = relay;
  return { relay: objects };
}

/** What an operator may query about the usage of apps. */
export interface UsageTotals {
  today(): string;
  totals(appId: AppId, day: string): Promise<UsageBytes>;
}

const DAY = /^\d{4}-\d{2}-\d{2}$/;

/** Replies to `/debug/usage?app=demo&day=2026-11-27`. */
export async function usageReply(query: URLSearchParams, usage: UsageTotals): Promise<readonly [status: number, body: unknown]> {
  const app = parseAppId(query.get('app') ?? '');
  const day = query.get('day') ?? usage.today();
  if (app === undefined || !DAY.test(day)) return [400, { error: 'ask for ?app=ID, or ?app=ID&day=YYYY-MM-DD (UTC)' }];
  try {
    return [200, { app, day, bytes: await usage.totals(app, day) }];
  } catch (error) {
    if (error instanceof SfuError) return [503, { error: error.message }];
    throw error;
  }
}
