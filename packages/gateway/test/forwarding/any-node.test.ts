/** Two gateways in one process: what a client notices of which one it calls is nothing. */
import { once } from 'node:events';
import { get, type IncomingMessage } from 'node:http';
import { SfuError } from '@causeway/protocol';
import { bodyFor, ENDPOINTS, EXAMPLE_TRACK } from '../support/endpoints.ts';
import { startFakeNode, startTestCluster, type TestNode } from '../support/test-cluster.ts';
import { APP_ID, AUTHORIZATION, OFFER, type Reply, SECRET } from '../support/test-server.ts';

let owner: TestNode;
let entry: TestNode;
let sessionId: string;

beforeEach(async () => {
  [owner, entry] = (await startTestCluster([
    { nodeNo: 101, region: 'home' },
    { nodeNo: 102, region: 'away' },
  ])) as [TestNode, TestNode];
  sessionId = await owner.createSession();
});
afterEach(async () => {
  await Promise.all([owner.close(), entry.close()]);
});

const publish = (node: TestNode, headers: Record<string, string> = {}) =>
  node.call('POST', `/session/${sessionId}/track/publish`, { headers, body: { tracks: [EXAMPLE_TRACK], sessionDescription: OFFER } });

test.each(ENDPOINTS.filter(([, path]) => path.includes('ID')))('%s %s is carried out by the owner', async (method, path, body, schema) => {
  await publish(owner);

  const reply = await entry.call(method, path.replace('ID', sessionId), { body: bodyFor(sessionId, body) });

  expect(reply.status).toBe(200);
  expect(schema.parse(reply.json)).toEqual(reply.json);
  expect(reply.headers.get('X-SFU-Region')).toBe('home');
  expect(owner.arrived.at(-1)).toMatchObject({ method, url: `/api/sfu/${APP_ID}${path.replace('ID', sessionId)}` });
});

test('the session is the same whichever node is called', async () => {
  await publish(entry);
  await entry.call('PATCH', `/session/${sessionId}`, { body: { metadata: 'front desk' } });

  const here = await owner.call('GET', `/session/${sessionId}`);
  const there = await entry.call('GET', `/session/${sessionId}`);

  expect(here.json).toMatchObject({ metadata: 'front desk', tracks: [{ trackId: EXAMPLE_TRACK.trackId }] });
  expect(there.text).toBe(here.text);
});

test('secret and token stay on the node that they were sent to', async () => {
  const token = await entry.mintToken({ sid: sessionId });
  await publish(entry);
  await entry.send('POST', `/api/sfu/${APP_ID}/session/${sessionId}/close?token=${token}`);

  const passedOn = owner.arrived.slice(-2);
  expect(passedOn.map(({ method }) => method)).toEqual(['POST', 'POST']);
  expect(JSON.stringify(passedOn)).not.toContain(SECRET);
  expect(JSON.stringify(passedOn)).not.toContain(token);
  for (const { headers } of passedOn) {
    expect(headers).not.toHaveProperty('authorization');
    expect(headers).toHaveProperty('causeway-assertion');
  }
});

test('a call that is part of a trace goes on in it, under the span of this node', async () => {
  const trace = '0af7651916cd43dd8448eb211c80319c';
  await entry.call('GET', `/session/${sessionId}`, { headers: { Traceparent: `00-${trace}-b7ad6b7169203331-01` } });
  const passedOn = owner.arrived.at(-1)?.headers.traceparent;
  await entry.call('GET', `/session/${sessionId}`, { headers: { Traceparent: `00-${trace}-nonsense-01` } });

  expect(passedOn).toMatch(new RegExp(`^00-${trace}-(?!b7ad6b7169203331)[0-9a-f]{16}-01$`));
  expect(owner.arrived.at(-1)?.headers).not.toHaveProperty('traceparent');
});

test('a wrong secret is refused by the node that is called, and goes no further', async () => {
  const arrivedBefore = owner.arrived.length;

  const { status } = await entry.call('GET', `/session/${sessionId}`, { headers: { Authorization: 'Bearer wrong' } });

  expect(status).toBe(401);
  expect(owner.arrived).toHaveLength(arrivedBefore);
});

test('the request id is the same on both nodes', async () => {
  const { headers } = await entry.call('GET', `/session/${sessionId}`, { headers: { 'X-Request-Id': 'my-request' } });

  expect(headers.get('X-Request-Id')).toBe('my-request');
  expect(owner.arrived.at(-1)?.headers['x-request-id']).toBe('my-request');
});

test('a call that is repeated at another node is carried out once', async () => {
  const changesBefore = owner.sfu.changes;

  const first = await publish(entry, { 'Idempotency-Key': 'key-1' });
  const second = await publish(owner, { 'Idempotency-Key': 'key-1' });
  const third = await publish(entry, { 'Idempotency-Key': 'key-1' });

  expect([second.text, third.text]).toEqual([first.text, first.text]);
  expect([first, second, third].map(({ headers }) => headers.get('Idempotency-Replayed'))).toEqual([null, 'true', 'true']);
  expect(owner.sfu.changes).toBe(changesBefore + 1);
});

test("the owner's errors come back as they are", async () => {
  owner.sfu.failure = new SfuError('negotiation_glare', 'an offer of the SFU is open', { retryAfterMs: 1500 });

  const { status, json, headers } = await publish(entry, { 'X-Request-Id': 'my-request' });

  expect(status).toBe(409);
  expect(json).toEqual({
    errorCode: 'negotiation_glare',
    errorDescription: 'an offer of the SFU is open',
    requestId: 'my-request',
    retryable: true,
    retryAfterMs: 1500,
  });
  expect(headers.get('Retry-After')).toBe('2');
  expect(headers.get('X-SFU-Region')).toBe('home');
});

test('an invalid body is refused like everywhere', async () => {
  const { status, json } = await entry.call('POST', `/session/${sessionId}/track/publish`, { body: { tracks: 'none' } });

  expect(status).toBe(400);
  expect(json).toMatchObject({ errorCode: 'invalid_params', details: { path: 'tracks' } });
});

test('a text with doubled keys has one meaning on both nodes', async () => {
  const { status, json } = await entry.call('PATCH', `/session/${sessionId}`, { body: '{"metadata":"first","metadata":"second"}' });

  expect(status).toBe(200);
  expect(json).toMatchObject({ metadata: 'second' });
});

test("the session's rate counts at the owner, however many nodes are called", async () => {
  const frozen = await startTestCluster([{ nodeNo: 1 }, { nodeNo: 2 }, { nodeNo: 3 }], { now: () => 0 });
  const [first, second, third] = frozen as [TestNode, TestNode, TestNode];
  const id = await first.createSession();
  const patch = (node: TestNode) => node.call('PATCH', `/session/${id}`, { body: { metadata: '' } });

  const replies = await Promise.all(Array.from({ length: 60 }, (_unused, index) => patch(index % 2 === 0 ? second : third)));
  await Promise.all(frozen.map((node) => node.close()));

  expect(replies.filter(({ status }) => status === 200)).toHaveLength(50);
  expect(replies.filter(({ status }) => status === 429)).toHaveLength(10);
});

test('a node that the directory does not know has no sessions', async () => {
  entry.directory.remove(101, 'lease-ended');

  const { status, json } = await entry.call('GET', `/session/${sessionId}`);

  expect(status).toBe(404);
  expect(json).toMatchObject({ errorCode: 'session_not_found' });
});

test('a node that is known and does not answer is 502, to be tried again', async () => {
  await owner.close();

  const { status, json } = await publish(entry);

  expect(status).toBe(502);
  expect(json).toMatchObject({
    errorCode: 'node_unreachable',
    retryable: true,
    errorDescription: 'node 101 did not answer; the call was not carried out',
  });
  owner = entry;
});

test('reading is tried twice when the connection breaks, changing is not', async () => {
  const methods: string[] = [];
  const broken = await startFakeNode((request) => {
    methods.push(String(request.method));
    request.socket.destroy();
  });
  entry.directory.put({ ...owner.directory.self, apiUrl: broken.url });

  const read = await entry.call('GET', `/session/${sessionId}`);
  const changed = await publish(entry);
  await broken.close();

  expect(methods).toEqual(['GET', 'GET', 'POST']);
  expect([read.status, changed.status]).toEqual([502, 502]);
  expect(changed.json).toMatchObject({ errorDescription: 'node 101 did not answer; the call may have been carried out' });
});

test.each([400, 512, 513, 1_600, 8_000])('a path of %d characters is answered as at the owner, whatever they are', async (length) => {
  const [beginning, end] = [`/session/${sessionId}/track/`, '/path'];
  const room = length - `/${APP_ID}${beginning}${end}`.length;

  for (const trackId of ['x'.repeat(room), '%22'.repeat(room).slice(0, room - (room % 3))]) {
    const path = `${beginning}${trackId}${end}`;
    const [there, here] = [await owner.call('GET', path), await entry.call('GET', path)];
    expect(owner.arrived.at(-1)?.url).toBe(`/api/sfu/${APP_ID}${path}`);
    expect(owner.arrived.at(-1)?.headers).toHaveProperty('causeway-assertion');
    expect([here.status, withoutRequestId(here)]).toEqual([there.status, withoutRequestId(there)]);
    expect(here.status).toBeLessThan(500);
  }
});

test.each(['a"b', 'a{b}', 'a^b', 'a`b', 'a|b', '%2E%2e', '..'])('a path with %j goes to the owner as it is', async (trackId) => {
  const path = `/api/sfu/${APP_ID}/session/${sessionId}/track/${trackId}/path`;
  const statusAt = async ({ port }: TestNode) => {
    const request = get({ host: '127.0.0.1', port, path, headers: { Authorization: AUTHORIZATION }, agent: false });
    const [response] = (await once(request, 'response')) as [IncomingMessage];
    response.resume();
    return response.statusCode;
  };

  const [there, here] = [await statusAt(owner), await statusAt(entry)];

  expect([there, here]).toEqual([404, 404]);
  expect(owner.arrived.at(-1)).toMatchObject({ url: path, headers: { 'causeway-assertion': expect.any(String) } });
});

function withoutRequestId({ json }: Reply): object {
  return { ...(json as object), requestId: undefined };
}

test('what is passed on is never passed on again', async () => {
  const { self } = entry.directory;
  const foreign = 'session-101-fc756623-3be4-4c40-b651-20e22095ee07';
  const arrivedBefore = owner.arrived.length;

  // The owner's directory is told that session 101 lives elsewhere, at a node that would pass it back.
  const reply = await owner.cluster.forwarder.passOn(self, {
    appId: APP_ID as never,
    grants: { kind: 'all' },
    method: 'GET',
    path: `/${APP_ID}/session/${foreign}`,
    body: undefined,
    headers: {},
  });

  expect(reply.httpStatus).toBe(404);
  expect(JSON.parse(reply.text)).toMatchObject({ errorCode: 'session_not_found' });
  expect(owner.arrived).toHaveLength(arrivedBefore);
});
