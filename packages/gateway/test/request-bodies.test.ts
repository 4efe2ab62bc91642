import { connect } from 'node:net';
import { gzipSync } from 'node:zlib';
import { createApp, createStaticAppStore } from '@causeway/accounts';
import { createApiRouter, type Logger } from '@causeway/gateway';
import { LIMITS } from '@causeway/protocol';
import express from 'express';
import { MemorySfu } from './support/memory-sfu.ts';
import { APP_ID, AUTHORIZATION, OFFER, SECRET, serve, silentLogger, startTestServer, type TestServer } from './support/test-server.ts';

let server: TestServer;

beforeAll(async () => {
  server = await startTestServer();
});
afterAll(() => server.close());

const create = (body: unknown, headers: Record<string, string> = {}) => server.call('POST', '/session/new', { body, headers });
const valid = JSON.stringify({ sessionDescription: OFFER });
const nested = (depth: number) => `${'{"a":'.repeat(depth)}1${'}'.repeat(depth)}`;

test.each([
  ['', 400, 'invalid_params', 'the request body is required'],
  ['{', 400, 'invalid_json', 'the request body is not JSON: it ends too early at line 1, column 2'],
  ['{"a":\u0000}', 400, 'invalid_json', 'the request body is not JSON: unexpected text at line 1, column 6'],
  ['[]', 400, 'invalid_params', 'the request body must be an object, not an array'],
  ['"text"', 400, 'invalid_params', 'the request body must be an object, not a string'],
  ['null', 400, 'invalid_params', 'the request body must be an object, not null'],
  ['{}', 400, 'invalid_params', 'sessionDescription is required'],
  [nested(8), 400, 'invalid_params', 'sessionDescription is required'],
  [nested(9), 400, 'invalid_json', 'the request body is nested more than 8 levels deep'],
  ['['.repeat(100_000) + ']'.repeat(100_000), 400, 'invalid_json', 'the request body is nested more than 8 levels deep'],
])('%# %.20s… is refused with %d %s', async (body, expectedStatus, errorCode, errorDescription) => {
  const { status, json } = await create(body);

  expect(status).toBe(expectedStatus);
  expect(json).toMatchObject({ errorCode, errorDescription });
});

test('a body that is not UTF-8 is refused', async () => {
  const response = await fetch(`${server.url}/api/sfu/${APP_ID}/session/new`, {
    method: 'POST',
    headers: { Authorization: AUTHORIZATION, 'Content-Type': 'application/json' },
    body: Buffer.concat([Buffer.from('{"metadata":"'), Buffer.from([0xc3, 0x28]), Buffer.from('"}')]),
  });

  expect(response.status).toBe(400);
  expect(await response.json()).toMatchObject({ errorCode: 'invalid_json', errorDescription: 'the request body is not UTF-8' });
});

test('a fault in a body is named by its place, and nothing of the body is repeated', async () => {
  const { json } = await create('{\n  "sessionDescription": {"type": "offer", "sdp": "ice-pwd-canary"},\n  "metadata": secret-canary\n}');

  expect(json).toMatchObject({
    errorCode: 'invalid_json',
    errorDescription: 'the request body is not JSON: unexpected text at line 3, column 15',
    details: { line: 3, column: 15 },
  });
  expect(JSON.stringify(json)).not.toContain('canary');
});

describe('media type', () => {
  test.each([
    'application/json',
    'application/json; charset=utf-8',
    'application/json;charset="UTF-8"',
    'APPLICATION/JSON',
    'application/x+json',
  ])('%s is taken', async (type) => {
    expect((await create(valid, { 'Content-Type': type })).status).toBe(200);
  });

  test.each(['text/plain;charset=UTF-8', 'application/jsonp', 'application/json; charset=latin1', 'application/sdp', ''])(
    '%j is 415',
    async (type) => {
      const { status, json } = await create(valid, { 'Content-Type': type });

      expect(status).toBe(415);
      expect(json).toMatchObject({ errorCode: 'unsupported_media_type' });
    },
  );

  test('a compressed body is 415, and not unpacked to find that out', async () => {
    const response = await fetch(`${server.url}/api/sfu/${APP_ID}/session/new`, {
      method: 'POST',
      headers: { Authorization: AUTHORIZATION, 'Content-Type': 'application/json', 'Content-Encoding': 'gzip' },
      body: gzipSync(valid),
    });

    expect(response.status).toBe(415);
    expect(await response.json()).toMatchObject({ errorDescription: 'the request body must not be compressed (Content-Encoding: gzip)' });
  });

  test('does not matter where there is no body', async () => {
    expect((await server.call('GET', '/sessions', { headers: { 'Content-Type': 'text/plain' } })).status).toBe(200);
  });
});

describe('size', () => {
  const padded = (sizeBytes: number) => {
    const frame = JSON.stringify({ sessionDescription: OFFER, padding: '' });
    return JSON.stringify({ sessionDescription: OFFER, padding: 'x'.repeat(sizeBytes - frame.length) });
  };

  test('the largest allowed body is taken', async () => {
    expect((await create(padded(LIMITS.maxBodyBytes))).status).toBe(200);
  });

  test('one byte more is 413', async () => {
    const { status, json } = await create(padded(LIMITS.maxBodyBytes + 1));

    expect(status).toBe(413);
    expect(json).toMatchObject({ errorCode: 'payload_too_large', errorDescription: 'the request body must be at most 1048576 bytes' });
  });

  test('SDP over its own limit is 413', async () => {
    const { status, json } = await create({ sessionDescription: { type: 'offer', sdp: 'a=\r\n'.repeat(LIMITS.maxSdpBytes / 4 + 1) } });

    expect(status).toBe(413);
    expect(json).toMatchObject({ errorCode: 'payload_too_large', details: { path: 'sessionDescription.sdp' } });
  });

  test('a body declared to be huge is 413 before it is sent', async () => {
    const reply = await talk(`${head}Content-Length: 1073741824\r\n\r\n`);

    expect(reply).toMatch(/^HTTP\/1\.1 413 /);
    expect(reply).toContain('Connection: close');
    expect(reply).toContain('"errorCode":"payload_too_large"');
  });

  test('a chunked body without end is 413 as soon as it is too long, and cut off', async () => {
    const chunk = `100000\r\n${'x'.repeat(0x100000)}\r\n`;

    const reply = await talk(`${head}Transfer-Encoding: chunked\r\n\r\n${chunk.repeat(9)}`);

    expect(reply).toMatch(/^HTTP\/1\.1 413 /);
    expect(reply).toContain('Connection: close');
  });

  const head =
    `POST /api/sfu/${APP_ID}/session/new HTTP/1.1\r\nHost: localhost\r\nAuthorization: ${AUTHORIZATION}\r\n` +
    'Content-Type: application/json\r\n';

  /** Writes raw HTTP and returns what comes back until the server closes the connection. */
  function talk(request: string): Promise<string> {
    return new Promise((resolve) => {
      let reply = '';
      const socket = connect(server.port, '127.0.0.1', () => socket.write(request));
      socket.on('data', (data) => {
        reply += data.toString();
      });
      // Being reset while still writing is what such a client gets.
      socket.on('error', () => undefined);
      socket.on('close', () => resolve(reply));
    });
  }
});

test('a client that hangs up in the middle of its body is not a defect', async () => {
  const { promise: aborted, resolve: abort } = Promise.withResolvers<void>();
  const levels: string[] = [];
  const log: Logger['log'] = (level, _message, fields) => {
    levels.push(level);
    if (fields?.status === 'aborted') abort();
  };
  const logging = await startTestServer({ logger: { log } });
  const socket = connect(logging.port, '127.0.0.1');
  socket.write(`POST /api/sfu/${APP_ID}/session/new HTTP/1.1\r\nHost: x\r\nAuthorization: ${AUTHORIZATION}\r\n`);
  socket.write('Content-Type: application/json\r\nContent-Length: 1000\r\n\r\n{', () => socket.destroy());

  await aborted;
  await logging.call('GET', '/sessions');
  await logging.close();

  expect(levels).toEqual(['http', 'http']);
});

test('a body that the embedder has parsed already is taken as it is', async () => {
  const app = express();
  const apps = createStaticAppStore([createApp({ id: APP_ID, secrets: [SECRET] })]);
  app.use(express.json(), createApiRouter({ sfu: new MemorySfu(), apps, logger: silentLogger }));
  const embedded = await serve(app);

  const { status } = await embedded.call('POST', '/session/new', { body: valid });
  await embedded.close();

  expect(status).toBe(200);
});
