import { once } from 'node:events';
import { connect } from 'node:net';
import { PassThrough } from 'node:stream';
import { createHttpServer } from '@causeway/gateway';
import { ERROR_CODES, ErrorReply } from '@causeway/protocol';
import { closeHttpServer, listen } from '../src/daemon/http-server.ts';
import { createClientErrorListener } from '../src/http/client-error.ts';

/** Sends bytes to a port and returns what comes back until the other side closes. */
function talk(port: number, text: string): Promise<string> {
  return new Promise((resolve, reject) => {
    let reply = '';
    const socket = connect(port, '127.0.0.1', () => socket.write(text));
    socket.on('data', (data) => {
      reply += data.toString();
    });
    socket.on('error', reject);
    socket.on('close', () => resolve(reply));
  });
}

test.each([
  ['noise', 'hello there\r\n\r\n', 400, 'malformed_request'],
  ['TLS', '\u0016\u0003\u0001\u0002\u0000\u0001\u0000\u0001\u00fc\u0003\u0003', 400, 'malformed_request'],
  ['endless headers', `GET / HTTP/1.1\r\nX-Long: ${'x'.repeat(20_000)}\r\n\r\n`, 431, 'headers_too_large'],
  ['two lengths', 'POST / HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n', 400, 'malformed_request'],
])('%s gets an error in the shape of all errors', async (_name, text, status, errorCode) => {
  const server = createHttpServer((_request, response) => response.end());
  const port = await listen(server, 0, '127.0.0.1');

  const reply = await talk(port, text);
  await closeHttpServer(server, 0);

  const [head = '', body = ''] = reply.split('\r\n\r\n');
  expect(head).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `));
  expect(head).toContain('Connection: close');
  expect(ErrorReply.parse(JSON.parse(body))).toMatchObject({ errorCode });
});

test('a sender that is too slow is told so', async () => {
  const socket = new PassThrough();

  createClientErrorListener()(Object.assign(new Error('timeout'), { code: 'ERR_HTTP_REQUEST_TIMEOUT' }), socket);

  const reply = (await socket.toArray()).join('');
  expect(reply).toMatch(/^HTTP\/1\.1 408 Request Timeout\r\n/);
  expect(reply).toContain(`"retryable":${ERROR_CODES.request_timeout.retryable}`);
});

test('a thousand senders that are too slow at once are told so a few in a turn', () => {
  const turns: (() => void)[] = [];
  const onClientError = createClientErrorListener((callback) => turns.push(callback));
  const sockets = Array.from({ length: 1_000 }, () => new PassThrough());
  const countTold = (): number => sockets.filter(({ writableEnded }) => writableEnded).length;

  for (const socket of sockets) onClientError(Object.assign(new Error('timeout'), { code: 'ERR_HTTP_REQUEST_TIMEOUT' }), socket);
  const toldInTurns: number[] = [];
  for (let before = countTold(), turn = turns.shift(); turn !== undefined; turn = turns.shift(), before = countTold()) {
    turn();
    toldInTurns.push(countTold() - before);
  }

  expect(countTold()).toBe(1_000);
  expect(Math.max(...toldInTurns)).toBeLessThanOrEqual(8);
});

test('a connection that is gone is not written to', async () => {
  const socket = new PassThrough();

  createClientErrorListener()(Object.assign(new Error('reset'), { code: 'ECONNRESET' }), socket);
  await once(socket, 'close');

  expect(socket.destroyed).toBe(true);
  expect(socket.read()).toBeNull();
});

test('slow senders and silent sockets have a time limit', () => {
  const server = createHttpServer(() => undefined);

  expect(server.headersTimeout).toBe(10_000);
  expect(server.requestTimeout).toBe(30_000);
  expect(server.timeout).toBe(120_000);
});

test('requests that come by the hundred on one connection are all served, in order, to a client that reads late', async () => {
  const count = 500;
  let served = 0;
  const server = createHttpServer((_request, response) => response.end(`<${served++}>${'x'.repeat(4_000)}`));
  const port = await listen(server, 0, '127.0.0.1');
  const socket = connect(port, '127.0.0.1');
  let replies = '';

  socket.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n'.repeat(count - 1));
  socket.write('GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n');
  while (served === 0) await new Promise(setImmediate);
  for await (const data of socket) replies += String(data);
  await closeHttpServer(server, 0);

  expect(replies.match(/<\d+>/g)).toEqual(Array.from({ length: count }, (_, number) => `<${number}>`));
});

describe('closing', () => {
  test('lets a request that is under way finish', async () => {
    const { promise: arrived, resolve: arrive } = Promise.withResolvers<void>();
    const { promise: mayFinish, resolve: finish } = Promise.withResolvers<void>();
    const server = createHttpServer(async (_request, response) => {
      arrive();
      await mayFinish;
      response.end('done');
    });
    const port = await listen(server, 0, '127.0.0.1');
    const reply = fetch(`http://127.0.0.1:${port}/`).then((response) => response.text());
    await arrived;

    const closed = closeHttpServer(server, 60_000);
    await expect(fetch(`http://127.0.0.1:${port}/`)).rejects.toThrow();
    finish();

    expect(await reply).toBe('done');
    await expect(closed).resolves.toBeUndefined();
  });

  test('cuts a request that does not finish in time', async () => {
    const { promise: arrived, resolve: arrive } = Promise.withResolvers<void>();
    const server = createHttpServer(() => arrive());
    const port = await listen(server, 0, '127.0.0.1');
    const reply = fetch(`http://127.0.0.1:${port}/`);
    const failed = expect(reply).rejects.toThrow();
    await arrived;

    await expect(closeHttpServer(server, 1)).resolves.toBeUndefined();
    await failed;
  });
});
