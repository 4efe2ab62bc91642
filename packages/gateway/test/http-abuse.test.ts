/** Clients that send too much, too slowly, or to no good end: what they get, and what they cost. */
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { gzipSync } from 'node:zlib';
import { LIMITS } from '@causeway/protocol';
import { createHttpServer, listen } from '../src/daemon/http-server.ts';
import { BodyMemory } from '../src/http/body-memory.ts';
import { APP_ID, AUTHORIZATION, OFFER, startTestServer, type TestServer } from './support/test-server.ts';

const MIB = 1024 * 1024;
const MAX_POURS = 20;

let server: TestServer;
const bodyMemory = new BodyMemory(4 * LIMITS.maxBodyBytes);

beforeAll(async () => {
  server = await startTestServer({ bodyMemory });
});
afterAll(() => server.close());

const head = (authorization: string) =>
  `POST /api/sfu/${APP_ID}/session/new HTTP/1.1\r\nHost: localhost\r\nAuthorization: ${authorization}\r\nContent-Type: application/json\r\n`;

interface Exchange {
  readonly reply: string;
  readonly sentBytes: number;
  /** The most by which this process's memory outside the JavaScript heap grew while data was sent. */
  readonly peakGrowthBytes: number;
}

/** Sends a head and then the same chunk for as long as the server takes it, up to a limit; resolves when the connection ends. */
function pour(port: number, start: string, chunk: Buffer, limitBytes: number): Promise<Exchange> {
  return new Promise((resolve) => {
    const before = process.memoryUsage().external;
    let reply = '';
    let sentBytes = 0;
    let peakGrowthBytes = 0;
    const socket = connect(port, '127.0.0.1', () => {
      socket.write(start);
      send();
    });
    const send = (): void => {
      while (sentBytes < limitBytes && !socket.destroyed) {
        sentBytes += chunk.length;
        peakGrowthBytes = Math.max(peakGrowthBytes, process.memoryUsage().external - before);
        if (!socket.write(chunk)) return;
      }
    };
    socket.on('drain', send);
    socket.on('data', (data) => {
      reply += data.toString();
    });
    // To be reset while still sending is what such a client gets.
    socket.on('error', () => undefined);
    socket.on('close', () => resolve({ reply, sentBytes, peakGrowthBytes }));
  });
}

function chunked(data: Buffer): Buffer {
  return Buffer.concat([Buffer.from(`${data.length.toString(16)}\r\n`), data, Buffer.from('\r\n')]);
}

/** Pours again until the client gets to read: one that goes on sending may be reset before it has. */
async function pourUntilReply(...args: Parameters<typeof pour>): Promise<Exchange> {
  let exchange = await pour(...args);
  for (let tries = 1; exchange.reply === '' && tries < MAX_POURS; tries++) exchange = await pour(...args);
  return exchange;
}

describe('a gigabyte in chunks', () => {
  const CHUNK = chunked(Buffer.alloc(64 * 1024, 'x'));

  test('is 413 after a few megabytes, none of which are kept', async () => {
    const { reply, sentBytes, peakGrowthBytes } = await pourUntilReply(
      server.port,
      `${head(AUTHORIZATION)}Transfer-Encoding: chunked\r\n\r\n`,
      CHUNK,
      1024 * MIB,
    );

    expect(reply).toMatch(/^HTTP\/1\.1 413 /);
    expect(reply).toContain('"errorCode":"payload_too_large"');
    expect(sentBytes).toBeLessThan(64 * MIB);
    expect(peakGrowthBytes).toBeLessThan(16 * MIB);
    expect(bodyMemory.heldBytes).toBe(0);
  });

  test('without the secret is 401, and not read at all', async () => {
    const { reply, sentBytes } = await pourUntilReply(
      server.port,
      `${head('Bearer wrong')}Transfer-Encoding: chunked\r\n\r\n`,
      CHUNK,
      1024 * MIB,
    );

    expect(reply).toMatch(/^HTTP\/1\.1 401 /);
    expect(reply).toContain('Connection: close');
    // What the sockets hold between them.
    expect(sentBytes).toBeLessThan(16 * MIB);
  });

  test('in chunks of one byte is 400 after a moment', async () => {
    const { reply, sentBytes } = await pourUntilReply(
      server.port,
      `${head(AUTHORIZATION)}Transfer-Encoding: chunked\r\n\r\n`,
      Buffer.from('1\r\nx\r\n'.repeat(16_384)),
      1024 * MIB,
    );

    expect(reply).toMatch(/^HTTP\/1\.1 400 /);
    expect(reply).toContain('"errorDescription":"the request body is divided into chunks that are too small"');
    expect(sentBytes).toBeLessThan(16 * MIB);
    expect(bodyMemory.heldBytes).toBe(0);
  });

  test('is one thing, a body in small pieces is another', async () => {
    const json = Buffer.from(JSON.stringify({ metadata: 'm'.repeat(4000), sessionDescription: OFFER }));
    const pieces = Array.from({ length: Math.ceil(json.length / 10) }, (_, piece) => chunked(json.subarray(10 * piece, 10 * piece + 10)));

    const { reply } = await pour(
      server.port,
      `${head(AUTHORIZATION)}Connection: close\r\nTransfer-Encoding: chunked\r\n\r\n`,
      Buffer.concat([...pieces, Buffer.from('0\r\n\r\n')]),
      1,
    );

    expect(reply).toMatch(/^HTTP\/1\.1 200 /);
  });
});

test('a gzip bomb is 415 and never unpacked', async () => {
  const bomb = gzipSync(Buffer.alloc(64 * MIB));
  const before = process.memoryUsage().external;

  const response = await fetch(`${server.url}/api/sfu/${APP_ID}/session/new`, {
    method: 'POST',
    headers: { Authorization: AUTHORIZATION, 'Content-Type': 'application/json', 'Content-Encoding': 'gzip' },
    body: bomb,
  });

  expect(bomb.length).toBeLessThan(MIB / 8);
  expect(response.status).toBe(415);
  expect(process.memoryUsage().external - before).toBeLessThan(8 * MIB);
});

test.each([
  ['arrays', '['.repeat(LIMITS.maxBodyBytes / 2) + ']'.repeat(LIMITS.maxBodyBytes / 2)],
  ['objects', `${'{"":'.repeat(200_000)}0${'}'.repeat(200_000)}`],
])('a body of nothing but nested %s is 400', async (_kind, body) => {
  const { status, json } = await server.call('POST', '/session/new', { body });

  expect(status).toBe(400);
  expect(json).toMatchObject({ errorCode: 'invalid_json' });
});

test.each([
  ['fields', `{${Array.from({ length: 80_000 }, (_, number) => `"f${number}":0`).join(',')}}`],
  ['numbers', `[${'0,'.repeat(500_000)}0]`],
  ['objects', `[${'{},'.repeat(300_000)}{}]`],
])('a body of hundreds of thousands of %s is 400, and not parsed to find that out', async (_kind, body) => {
  const { status, json } = await server.call('POST', '/session/new', { body });

  expect(status).toBe(400);
  expect(json).toMatchObject({ errorCode: 'invalid_json', errorDescription: 'the request body has more than 10000 values' });
});

describe('bodies that fill what their app may hold of the memory for bodies', () => {
  /** Opens a request that will never be complete, and waits until the server has read what there is of it. */
  async function holdBody(sizeBytes: number): Promise<Socket> {
    const held = bodyMemory.heldBytes;
    const socket = connect(server.port, '127.0.0.1');
    socket.on('error', () => undefined);
    socket.write(`${head(AUTHORIZATION)}Content-Length: ${sizeBytes + 1}\r\n\r\n`);
    socket.write(Buffer.alloc(sizeBytes, 'x'));
    while (bodyMemory.heldBytes < held + sizeBytes) await new Promise(setImmediate);
    return socket;
  }

  test('make calls of the app wait, not the process grow, and other apps not at all; once they are gone there is room again', async () => {
    const holders = [await holdBody(LIMITS.maxBodyBytes - 1), await holdBody(LIMITS.maxBodyBytes - 1)];

    const refused = await server.call('POST', '/session/new', { body: { sessionDescription: OFFER } });
    const ofOtherApp = await server.send('POST', '/api/sfu/other/session/new', {
      body: { sessionDescription: OFFER },
      headers: { Authorization: 'Bearer other-secret-of-the-tests', 'Content-Type': 'application/json' },
    });
    for (const holder of holders) holder.destroy();
    while (bodyMemory.heldBytes > 0) await new Promise(setImmediate);
    const served = await server.call('POST', '/session/new', { body: { sessionDescription: OFFER } });

    expect(refused.status).toBe(503);
    expect(refused.json).toMatchObject({ errorCode: 'no_capacity', retryable: true, retryAfterMs: 1000 });
    expect([ofOtherApp.status, served.status]).toEqual([200, 200]);
  });
});

describe('slow senders', () => {
  const LIMITS_FOR_TEST = { headersTimeoutMs: 100, requestTimeoutMs: 200, timeoutCheckIntervalMs: 20 };

  test.each([
    ['headers', 'POST / HTTP/1.1\r\nHost: localhost\r\nX-Slow: '],
    ['a body', 'POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 10\r\n\r\nhalf'],
    ['a chunk', 'POST / HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhal'],
  ])('of %s get 408 when their time is over, and are cut off', async (_what, beginning) => {
    const slow = createHttpServer((request) => request.resume(), LIMITS_FOR_TEST);
    const port = await listen(slow, 0, '127.0.0.1');
    let reply = '';
    const socket = connect(port, '127.0.0.1', () => socket.write(beginning));
    socket.on('data', (data) => {
      reply += data.toString();
    });

    await once(socket, 'close');
    slow.close();

    expect(reply).toMatch(/^HTTP\/1\.1 408 /);
    expect(reply).toContain('"errorCode":"request_timeout"');
  });
});

test('connections beyond the limit are closed, and those within it are served', async () => {
  const small = createHttpServer((_request, response) => response.end('served'), { maxConnections: 2 });
  const port = await listen(small, 0, '127.0.0.1');
  const sockets = [connect(port, '127.0.0.1'), connect(port, '127.0.0.1')] as const;
  await Promise.all(sockets.map((socket) => once(socket, 'connect')));
  const [first] = sockets;
  const surplus = connect(port, '127.0.0.1').on('error', () => undefined);

  await once(surplus, 'close');
  first.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n');
  const [reply] = await once(first, 'data');
  for (const socket of sockets) socket.destroy();
  small.close();

  expect(String(reply)).toContain('served');
});
