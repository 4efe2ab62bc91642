import { once } from 'node:events';
import type { RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createApp, createStaticAppStore } from '@causeway/accounts';
import { type ApiRouterOptions, createApiRouter, type Logger } from '@causeway/gateway';
import express from 'express';
import { createHttpServer } from '../../src/daemon/http-server.ts';
import { MemorySfu } from './memory-sfu.ts';

export const APP_ID = 'app';
export const SECRET = 'secret-canary-of-the-tests';
export const AUTHORIZATION = `Bearer ${SECRET}`;
export const OFFER = { type: 'offer', sdp: 'v=0\r\na=ice-pwd:client-password-canary\r\n' };

export interface Reply {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  /** Parsed body; undefined if it is not JSON. */
  readonly json: unknown;
}

export interface Call {
  readonly headers?: Readonly<Record<string, string>>;
  /** A text is sent as it is, anything else as JSON. */
  readonly body?: unknown;
}

export interface TestServer {
  readonly url: string;
  readonly port: number;
  readonly sfu: MemorySfu;
  /** Calls the API as the app; `path` is below the app's base path. */
  call(method: string, path: string, call?: Call): Promise<Reply>;
  /** Makes any request; nothing is added to it. */
  send(method: string, path: string, call?: Call): Promise<Reply>;
  createSession(): Promise<string>;
  /** A token of the app for the subject `user`, unless `claims` say otherwise. */
  mintToken(claims?: object): Promise<string>;
  close(): Promise<void>;
}

export const silentLogger: Logger = { log: () => undefined };

/** The API on a port of its own, before a memory SFU, with two apps. Close it after the test. */
export async function startTestServer(options: Partial<ApiRouterOptions> & { sfu?: MemorySfu } = {}): Promise<TestServer> {
  const sfu = options.sfu ?? new MemorySfu();
  const apps = createStaticAppStore([
    createApp({ id: APP_ID, secrets: [SECRET] }),
    createApp({ id: 'other', secrets: ['other-secret-of-the-tests'], settings: { autoPublish: false, maxCallsPerSecondPerSession: 2 } }),
  ]);
  const app = express();
  app.use(createApiRouter({ apps, region: 'test-region', logger: silentLogger, ...options, sfu }));
  return { sfu, ...(await serve(app)) };
}

/** Serves anything on a port of its own. */
export async function serve(listener: RequestListener): Promise<Omit<TestServer, 'sfu'>> {
  const server = createHttpServer(listener);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const url = `http://127.0.0.1:${port}`;

  const send = async (method: string, path: string, { headers = {}, body }: Call = {}): Promise<Reply> => {
    const text = body === undefined || typeof body === 'string' ? body : JSON.stringify(body);
    const response = await fetch(`${url}${path}`, { method, headers, ...(text === undefined ? {} : { body: text }) });
    return readReply(response);
  };
  const call: TestServer['call'] = (method, path, { headers, body } = {}) =>
    send(method, `/api/sfu/${APP_ID}${path}`, {
      body,
      headers: { Authorization: AUTHORIZATION, 'Content-Type': 'application/json', ...headers },
    });

  return {
    url,
    port,
    send,
    call,
    async createSession() {
      const { json } = await call('POST', '/session/new', { body: { sessionDescription: OFFER } });
      return (json as { sessionId: string }).sessionId;
    },
    async mintToken(claims = {}) {
      const { json, text } = await call('POST', '/tokens', { body: { sub: 'user', ...claims } });
      const { token } = json as { token?: string };
      if (token === undefined) throw new Error(`no token: ${text}`);
      return token;
    },
    async close() {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

async function readReply(response: Response): Promise<Reply> {
  const text = await response.text();
  const isJson = response.headers.get('Content-Type')?.startsWith('application/json') ?? false;
  return { status: response.status, headers: response.headers, text, json: isJson && text !== '' ? JSON.parse(text) : undefined };
}
