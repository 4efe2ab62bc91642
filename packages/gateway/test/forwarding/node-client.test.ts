import { text } from 'node:stream/consumers';
import { NodeCallError, NodeClient } from '../../src/forwarding/node-client.ts';
import { startFakeNode } from '../support/test-cluster.ts';

const closing: { close(): unknown }[] = [];

afterEach(async () => {
  for (const each of closing.splice(0)) await each.close();
});

async function setUp(listener: Parameters<typeof startFakeNode>[0], limits: ConstructorParameters<typeof NodeClient>[0] = {}) {
  const node = await startFakeNode(listener);
  const client = new NodeClient(limits);
  closing.push(client, node);
  const call = (body?: string) => client.call({ url: `${node.url}/path`, method: 'POST', headers: { 'X-Request-Id': '1' }, body });
  return { node, client, call };
}

async function failureOf(call: Promise<unknown>): Promise<unknown> {
  const error = await call.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  return error instanceof NodeCallError ? error.failure : error;
}

test('sends JSON and brings back status, headers and body', async () => {
  const { call } = await setUp(async (request, response) => {
    const sent = await text(request);
    response.writeHead(409, { 'Retry-After': '1' }).end(`${request.method} ${request.url} ${request.headers['content-type']} ${sent}`);
  });

  const reply = await call('{"a":"ü"}');

  expect({ httpStatus: reply.httpStatus, text: reply.text }).toEqual({ httpStatus: 409, text: 'POST /path application/json {"a":"ü"}' });
  expect(reply.headers).toMatchObject({ 'retry-after': '1' });
});

test('gives up a stream that has fallen silent', async () => {
  const { node, client } = await setUp((_request, response) => void response.write(': still here\n\n'), { streamSilenceMs: 50 });

  const stream = await client.stream({ url: node.url, method: 'GET', headers: {}, body: undefined }, new AbortController().signal);

  expect(await failureOf(text(stream))).toBe('interrupted');
});

test('gives up a stream that does not begin, and lets one that has begun continue', async () => {
  const { node, client } = await setUp(
    (request, response) => {
      if (request.url === '/silent') return;
      response.write('one ');
      setTimeout(() => response.end('two'), 150);
    },
    { replyTimeoutMs: 50 },
  );
  const open = (path: string) =>
    client.stream({ url: `${node.url}${path}`, method: 'GET', headers: {}, body: undefined }, new AbortController().signal);

  expect(await failureOf(open('/silent'))).toBe('interrupted');
  expect(await text(await open('/events'))).toBe('one two');
});

test('uses a connection again', async () => {
  const ports = new Set<number | undefined>();
  const { call } = await setUp((request, response) => {
    ports.add(request.socket.remotePort);
    response.end('{}');
  });

  for (let calls = 0; calls < 5; calls++) await call();

  expect(ports.size).toBe(1);
});

test('a node that refuses the connection has seen nothing of the call', async () => {
  const { node, client } = await setUp(() => undefined);
  await node.close();
  closing.pop();

  expect(await failureOf(client.call({ url: node.url, method: 'POST', headers: {}, body: '{}' }))).toBe('unreached');
});

test('a host that has no address has seen nothing of the call', async () => {
  const client = new NodeClient();

  expect(await failureOf(client.call({ url: 'http://no-such-host.invalid', method: 'GET', headers: {}, body: undefined }))).toBe(
    'unreached',
  );
});

test('a node that hangs up may have carried the call out', async () => {
  const { call } = await setUp((request) => request.socket.destroy());

  expect(await failureOf(call('{}'))).toBe('interrupted');
});

test('a node that says nothing is given up, though it may have carried the call out', async () => {
  const { call } = await setUp(() => undefined, { replyTimeoutMs: 50 });

  expect(await failureOf(call('{}'))).toBe('interrupted');
});

test('a reply that breaks off is none', async () => {
  const { call } = await setUp((_request, response) => {
    response.writeHead(200, { 'Content-Length': '100' });
    response.write('{"half":', () => response.destroy());
  });

  expect(await failureOf(call('{}'))).toBe('interrupted');
});

test('a reply that comes drop by drop is given up in time', async () => {
  const { call } = await setUp(
    (_request, response) => {
      const drip = setInterval(() => response.write(' '), 5);
      response.once('close', () => clearInterval(drip));
    },
    { replyTimeoutMs: 60 },
  );

  expect(await failureOf(call('{}'))).toBe('interrupted');
});

test('a reply without end is not read to its end', async () => {
  const { call } = await setUp(
    (_request, response) => {
      const pump = (): void => void (!response.destroyed && response.write('x'.repeat(1_000), () => setImmediate(pump)));
      pump();
    },
    { maxReplyBytes: 10_000 },
  );

  expect(await failureOf(call('{}'))).toBe('interrupted');
});

test('a node that does not answer collects so many calls, and no more', async () => {
  const { call } = await setUp(() => undefined, { replyTimeoutMs: 300, maxCallsUnderWay: 3 });

  const failures = await Promise.all(Array.from({ length: 5 }, () => failureOf(call('{}'))));
  const later = await failureOf(call('{}'));

  expect(failures).toEqual(['interrupted', 'interrupted', 'interrupted', 'unreached', 'unreached']);
  expect(later).toBe('interrupted');
});
