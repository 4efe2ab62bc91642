/** Bodies in chunks of next to nothing: how much of them is handled, and who is not meant. */
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import { connect, type Socket } from 'node:net';
import { createApp, createStaticAppStore } from '@causeway/accounts';
import { createApiRouter } from '@causeway/gateway';
import express from 'express';
import { createHttpServer, listen } from '../src/daemon/http-server.ts';
import { isInTinyChunks } from '../src/http/tiny-chunks.ts';
import { MemorySfu } from './support/memory-sfu.ts';
import { APP_ID, AUTHORIZATION, OFFER, SECRET, silentLogger } from './support/test-server.ts';

const MAX_HANDLED_BYTES = 2_100;
/** What Node reads at once is 64 KiB, and as much again is kept for later. */
const MAX_READ_BYTES = 3 * 64 * 1024;
const TINY_CHUNK = '1\r\nx\r\n';
const REFUSAL = '"errorDescription":"the request body is divided into chunks that are too small"';
const END = '0\r\n\r\n';
const HEAD = `POST / HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n`;
const API_HEAD = `POST /api/sfu/${APP_ID}/session/new HTTP/1.1\r\nHost: localhost\r\nAuthorization: ${AUTHORIZATION}\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n`;

let server: Server;
let client: Socket;
let reply: string;

afterEach(() => {
  client.destroy();
  server.closeAllConnections();
  server.close();
});

/** Serves, and opens a connection to it. */
async function open(served: Server): Promise<void> {
  server = served;
  reply = '';
  client = connect(await listen(server, 0, '127.0.0.1'), '127.0.0.1');
  client.on('data', (data) => {
    reply += data.toString();
  });
  // To be reset while still sending is what some get here.
  client.on('error', () => undefined);
  await once(client, 'connect');
}

async function untilReplies(count: number): Promise<void> {
  while (reply.split('HTTP/1.1 ').length <= count) await once(client, 'data');
}

function createApi(): express.Express {
  const apps = createStaticAppStore([createApp({ id: APP_ID, secrets: [SECRET] })]);
  return express().use(createApiRouter({ sfu: new MemorySfu(), apps, logger: silentLogger }));
}

function inChunksOf(sizeBytes: number, text: string): string {
  const pieces = text.match(new RegExp(`.{1,${sizeBytes}}`, 'gs')) ?? [];
  return pieces.map((piece) => `${piece.length.toString(16)}\r\n${piece}\r\n`).join('') + END;
}

test('of a body in tiny chunks two thousand are handled, however many are read at once', async () => {
  let handledBytes = 0;
  const { promise: refused, resolve: refuse } = Promise.withResolvers<IncomingMessage>();
  await open(
    createHttpServer((request) => {
      request.on('data', (chunk: Buffer) => {
        handledBytes += chunk.length;
        if (isInTinyChunks(request)) refuse(request);
      });
    }),
  );

  client.write(HEAD + TINY_CHUNK.repeat(50_000));
  const { socket } = await refused;
  // What had been read with them has been parsed by now, and no more is read.
  await new Promise(setImmediate);
  await new Promise(setImmediate);

  expect(handledBytes).toBeGreaterThan(2_000);
  expect(handledBytes).toBeLessThan(MAX_HANDLED_BYTES);
  expect(socket.bytesRead).toBeLessThan(MAX_READ_BYTES);
});

test('a client that sends byte by byte, with pauses, may continue until the time limit', async () => {
  const sizeBytes = 3_000;
  await open(
    createHttpServer((request, response) => {
      request.on('data', () => request.socket.write('.'));
      request.on('end', () => response.end('all'));
    }),
  );

  client.write(HEAD);
  for (let sentBytes = 0; sentBytes < sizeBytes; sentBytes++) {
    client.write(TINY_CHUNK);
    await once(client, 'data');
  }
  client.write(END);
  await untilReplies(1);

  expect(reply).toMatch(/all$/);
});

test('bodies in moderate chunks may follow each other on one connection', async () => {
  const body = JSON.stringify({ metadata: 'm'.repeat(4_000), sessionDescription: OFFER });
  await open(createHttpServer(createApi()));

  client.write(`${API_HEAD}\r\n${inChunksOf(5, body)}`.repeat(3));
  await untilReplies(3);
  client.write(`${API_HEAD}\r\n${inChunksOf(16, body)}`);
  await untilReplies(4);

  expect(reply.match(/HTTP\/1\.1 (\d+)/g)).toEqual(Array(4).fill('HTTP/1.1 200'));
});

test.each([
  ['our server', () => createHttpServer(createApi())],
  ["an embedder's server", () => createServer(createApi())],
])('%s refuses tiny chunks, and says why', async (_whose, create) => {
  await open(create());

  client.write(`${API_HEAD}\r\n${TINY_CHUNK.repeat(3_000)}`);
  await untilReplies(1);

  expect(reply).toMatch(/^HTTP\/1\.1 400 /);
  expect(reply).toContain('Connection: close');
  expect(reply).toContain(REFUSAL);
});

test('tiny chunks that arrive before the request is handled are refused all the same', async () => {
  const slowly = express().use((_request, _response, next) => void setImmediate(() => next()));
  await open(createHttpServer(slowly.use(createApi())));

  client.write(`${API_HEAD}\r\n${TINY_CHUNK.repeat(3_000)}${END}`);
  await untilReplies(1);

  expect(reply).toMatch(/^HTTP\/1\.1 400 /);
  expect(reply).toContain(REFUSAL);
});
