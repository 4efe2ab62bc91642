import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { NaiveSfu } from './naive-sfu.ts';

type Body = { readonly [field: string]: unknown };
type Handler = (sfu: NaiveSfu, sessionId: string, body: Body) => Promise<unknown>;

const ROUTES: readonly (readonly [method: string, path: RegExp, handler: Handler])[] = [
  ['POST', /\/session\/new$/, createSession],
  ['POST', /\/session\/([^/]+)\/track\/subscribe$/, subscribe],
  ['POST', /\/session\/([^/]+)\/datachannel\/subscribe$/, subscribeData],
  ['PUT', /\/session\/([^/]+)\/renegotiate$/, renegotiate],
  ['DELETE', /\/session\/([^/]+)$/, deleteSession],
];

/** Serves as much of Causeway's HTTP API as a load client needs, without apps and secrets. */
export function createNaiveApi(sfu: NaiveSfu): Server {
  return createServer((request, response) => {
    answer(sfu, request).then(
      (reply) => response.setHeader('Content-Type', 'application/json').end(JSON.stringify(reply)),
      (error: unknown) => response.writeHead(500).end(error instanceof Error ? error.stack : String(error)),
    );
  });
}

async function answer(sfu: NaiveSfu, request: IncomingMessage): Promise<unknown> {
  const { method, url = '' } = request;
  for (const [routeMethod, path, handler] of ROUTES) {
    const match = method === routeMethod ? path.exec(url) : null;
    if (match) return handler(sfu, match[1] ?? '', await readJson(request));
  }
  throw new Error(`No route for ${method} ${url}`);
}

async function createSession(sfu: NaiveSfu, _sessionId: string, body: Body): Promise<unknown> {
  const { sessionId, answerSdp } = await sfu.createSession(descriptionOf(body));
  return { sessionId, sessionDescription: { type: 'answer', sdp: answerSdp } };
}

async function subscribe(sfu: NaiveSfu, sessionId: string, body: Body): Promise<unknown> {
  const [track] = body.tracks as [{ remoteSessionId: string; remoteTrackId: string }];
  const sdp = await sfu.subscribe(sessionId, track.remoteSessionId, track.remoteTrackId);
  return { sessionId, immediateRenegotiationRequired: true, sessionDescription: { type: 'offer', sdp } };
}

async function subscribeData(sfu: NaiveSfu, sessionId: string, body: Body): Promise<unknown> {
  const [channel] = body.dataChannels as [{ remoteSessionId: string; dataChannelName: string }];
  sfu.subscribeData(sessionId, channel.remoteSessionId, channel.dataChannelName);
  return { sessionId, dataChannels: [{}] };
}

async function renegotiate(sfu: NaiveSfu, sessionId: string, body: Body): Promise<unknown> {
  await sfu.answer(sessionId, descriptionOf(body));
  return { sessionId, success: true };
}

async function deleteSession(sfu: NaiveSfu, sessionId: string): Promise<unknown> {
  await sfu.deleteSession(sessionId);
  return { sessionId, success: true };
}

function descriptionOf(body: Body): string {
  return (body.sessionDescription as { sdp: string }).sdp;
}

async function readJson(request: IncomingMessage): Promise<Body> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const text = Buffer.concat(chunks).toString();
  return text === '' ? {} : (JSON.parse(text) as Body);
}
