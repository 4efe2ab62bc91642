/** Three gateways in one process: a client hears of everything at whichever it asks. */
import { formatSessionId } from '@causeway/protocol';
import type { SfuEvent } from '@causeway/sfu';
import { type EventReader, readEvents } from '../support/event-reader.ts';
import { EPOCH, startFakeNode, startTestCluster, type TestNode } from '../support/test-cluster.ts';
import { APP_ID } from '../support/test-server.ts';

let nodes: readonly TestNode[];
let first: TestNode;
let second: TestNode;
let third: TestNode;
const readers: EventReader[] = [];

beforeEach(async () => {
  nodes = await startTestCluster([{ nodeNo: 101 }, { nodeNo: 102 }, { nodeNo: 103 }]);
  [first, second, third] = nodes as [TestNode, TestNode, TestNode];
});
afterEach(async () => {
  for (const reader of readers.splice(0)) reader.close();
  await Promise.all(nodes.map((node) => node.close()));
});

async function read(node: TestNode, path: string, headers: Record<string, string> = {}): Promise<EventReader> {
  const reader = await readEvents(node.url, path, headers);
  readers.push(reader);
  return reader;
}

function sessionOf(node: TestNode) {
  return formatSessionId(node.nodeNo, 'fc756623-3be4-4c40-b651-20e22095ee07');
}

function note(node: TestNode, type: 'session.created' | 'session.closed' = 'session.created', sessionId: string = sessionOf(node)): void {
  node.events.note({ type, appId: APP_ID, sessionId, ...(type === 'session.closed' && { reason: 'requested' }) } as SfuEvent);
}

/** Resolves when every node of these has so many streams open. */
async function untilStreams(count: number, ...which: TestNode[]): Promise<void> {
  while (which.some((node) => node.events.counts.streams !== count)) await new Promise((resolve) => setImmediate(resolve));
}

/** Resolves when these nodes have been asked for events so often. */
async function untilAsked(times: number, ...which: TestNode[]): Promise<void> {
  const asked = ({ arrived }: TestNode) => arrived.filter(({ url }) => url.endsWith('/events')).length;
  while (which.some((node) => asked(node) < times)) await new Promise((resolve) => setImmediate(resolve));
}

test('the events of all nodes come in one stream, each once', async () => {
  const reader = await read(second, '/events');
  await untilStreams(1, first, second, third);

  for (const node of nodes) note(node);
  const events = await reader.next(3);

  expect(new Set(events.map(({ sessionId }) => sessionId))).toEqual(new Set(nodes.map(sessionOf)));
});

test("the reply to HEAD has an end and the owner's headers, whichever node is asked", async () => {
  const sessionId = await first.createSession();
  const path = `/session/${sessionId}/events`;

  const replies = await Promise.all([first, second].map((node) => node.call('HEAD', path)));

  const names = ['content-type', 'cache-control', 'x-content-type-options', 'x-sfu-region', 'x-accel-buffering'];
  const [own, passed] = replies.map(({ status, headers }) => [status, ...names.map((name) => headers.get(name))]);
  expect(own).toContain('nosniff');
  expect(passed).toEqual(own);
  await untilStreams(0, first, second);
});

test('a client may come back to another node, and misses nothing', async () => {
  const reader = await read(second, '/events');
  await untilStreams(1, first, second, third);
  for (const node of nodes) note(node);
  await reader.next(3);
  reader.close();
  await untilStreams(0, first, second, third);
  for (const node of nodes) note(node, 'session.closed');

  const again = await read(third, '/events', { 'Last-Event-ID': reader.lastEventId });
  const events = await again.next(3);

  expect(events.map(({ type }) => type)).toEqual(['session.closed', 'session.closed', 'session.closed']);
  expect(new Set(events.map(({ sessionId }) => sessionId))).toEqual(new Set(nodes.map(sessionOf)));
});

test('a node that joins later is heard too, and one that has left is not missed', async () => {
  const { self } = third.directory;
  first.directory.remove(103, 'left');
  const reader = await read(first, '/events');
  await untilStreams(1, first, second);

  first.directory.put({ ...self, epoch: EPOCH });
  await untilStreams(1, third);
  note(third);
  first.directory.remove(102, 'left');
  note(first);

  const events = await reader.next(2);
  expect(new Set(events.map(({ sessionId }) => sessionId))).toEqual(new Set([sessionOf(third), sessionOf(first)]));
});

test('a connection to another node that breaks is made again, from where the client stands', async () => {
  const positions: (string | undefined)[] = [];
  const fake = await startFakeNode((request, response) => {
    positions.push(request.headers['last-event-id'] as string | undefined);
    const serial = positions.length;
    const event = { id: `102-${serial}`, type: 'session.created', at: '2026-02-03T00:00:00.000Z', sessionId: sessionOf(second) };
    response.writeHead(200, { 'Content-Type': 'text/event-stream' });
    response.write(`id: 102-${serial}\ndata: ${JSON.stringify(event)}\n\n`, () => response.destroy());
  });
  first.directory.put({ ...second.directory.self, apiUrl: fake.url });
  const reader = await read(first, '/events');

  const events = await reader.next(2);
  reader.close();
  await fake.close();

  expect(events.map(({ id }) => id)).toEqual(['102-1', '102-2']);
  expect(positions).toEqual([undefined, '102-1']);
});

test('streams from other nodes end with the client', async () => {
  const reader = await read(second, '/events');
  await untilStreams(1, first, second, third);

  reader.close();

  await untilStreams(0, first, second, third);
});

test("a session's events are heard at any node, and the stream ends with the session", async () => {
  const sessionId = await first.createSession();
  const reader = await read(second, `/session/${sessionId}/events`);
  await untilStreams(1, first);

  note(first, 'session.created', sessionId);
  note(first);
  note(first, 'session.closed', sessionId);
  const events = await reader.next(2);

  expect(events.map(({ type }) => type)).toEqual(['session.created', 'session.closed']);
  expect(await reader.ended()).toBe('');
  expect(reader.headers['content-type']).toBe('text/event-stream; charset=utf-8');
  expect(second.events.counts.streams).toBe(0);
});

test("a session's events can be missed and made good at another node", async () => {
  const sessionId = await first.createSession();
  const reader = await read(second, `/session/${sessionId}/events`);
  await untilStreams(1, first);
  note(first, 'session.created', sessionId);
  await reader.next(1);
  reader.close();
  await untilStreams(0, first);
  note(first, 'session.closed', sessionId);

  const again = await read(third, `/session/${sessionId}/events`, { 'Last-Event-ID': reader.lastEventId });

  expect((await again.next(1)).map(({ type }) => type)).toEqual(['session.closed']);
});

test('another node is listened to once for all clients of an app, whose number is bounded where they are alone', async () => {
  const readers = await Promise.all(Array.from({ length: 502 }, (_unused, index) => read(index % 2 === 0 ? first : second, '/events')));
  await untilStreams(2, third);

  note(third);
  const heard = await Promise.all(readers.map((reader) => reader.next(1)));

  expect(new Set(heard.map(([event]) => event?.sessionId))).toEqual(new Set([sessionOf(third)]));
  expect((await read(third, '/events')).status).toBe(200);
});

test('a client that reconnects where others listen gets what it has missed, and then what they get', async () => {
  const [staying, leaving] = [await read(first, '/events'), await read(first, '/events')];
  await untilStreams(1, second, third);
  note(second);
  await Promise.all([staying.next(1), leaving.next(1)]);
  leaving.close();
  await untilStreams(2, first);
  note(second, 'session.closed');
  await staying.next(1);

  const again = await read(first, '/events', { 'Last-Event-ID': leaving.lastEventId });
  const missed = await again.next(1);
  await untilAsked(2, second, third);
  await untilStreams(1, second, third);
  note(second);
  const next = [await staying.next(1), await again.next(1)];

  expect(missed.map(({ type }) => type)).toEqual(['session.closed']);
  expect(next[1]).toEqual(next[0]);
});

test('a client that has missed thousands gets all of them, also from another node', async () => {
  const [staying, leaving] = [await read(first, '/events'), await read(first, '/events')];
  await untilStreams(1, second, third);
  note(second);
  await leaving.next(1);
  leaving.close();
  await untilStreams(1, first);
  staying.close();
  await untilStreams(0, first, second, third);
  for (let count = 0; count < 9_000; count++) note(second);

  const again = await read(first, '/events', { 'Last-Event-ID': leaving.lastEventId });
  const missed = [...(await again.next(9_000))];
  await untilStreams(1, second);
  note(second, 'session.closed');
  const [next] = await again.next(1);

  expect(new Set(missed.map(({ id }) => id)).size).toBe(9_000);
  expect(next?.type).toBe('session.closed');
});

test('a client that reconnects to a quiet node gets nothing, and shares the connection of the others', async () => {
  const staying = await read(first, '/events');
  while (staying.lastEventId.split(',').length < 3) await new Promise((resolve) => setImmediate(resolve));

  const again = await read(first, '/events', { 'Last-Event-ID': staying.lastEventId });
  await untilAsked(2, second, third);
  await untilStreams(1, second, third);
  note(second);

  expect(await again.next(1)).toEqual(await staying.next(1));
});

test('a client that knew an earlier life of another node is told that some are lost, others are not', async () => {
  const staying = await read(first, '/events');
  await untilStreams(1, second, third);

  const again = await read(first, '/events', { 'Last-Event-ID': '102-1' });
  const [loss] = await again.next(1);
  await untilStreams(1, second, third);
  note(second);

  expect(loss).toMatchObject({ type: 'events.lost', id: expect.stringMatching(/^102-/) });
  expect((await again.next(1))[0]).toMatchObject({ type: 'session.created' });
  expect((await staying.next(1))[0]).toMatchObject({ type: 'session.created' });
});

test('clients are told when another node would not be heard at first, for they may have missed some', async () => {
  let requests = 0;
  const fake = await startFakeNode((_request, response) => {
    requests++;
    response.writeHead(requests === 1 ? 503 : 200, { 'Content-Type': 'text/event-stream' });
    if (requests === 1) response.end();
    else response.write('id: 102-7\n\n');
  });
  first.directory.put({ ...second.directory.self, apiUrl: fake.url });
  const reader = await read(first, '/events');

  const [event] = await reader.next(1);
  reader.close();
  await fake.close();

  expect(event).toEqual({ id: '102-7', type: 'events.lost', at: expect.any(String) });
});

test('a session that is not there is an ordinary error, through any node', async () => {
  expect((await read(second, `/session/${sessionOf(first)}/events`)).status).toBe(404);
});

test('the owner that does not answer is 502', async () => {
  second.directory.put({ ...first.directory.self, apiUrl: 'http://127.0.0.1:1' });

  expect((await read(second, `/session/${sessionOf(first)}/events`)).status).toBe(502);
});

test('an owner that does not accept the node is a 502: it is not the client that lacks a credential', async () => {
  const sessionId = await first.createSession();
  // The second node has not heard yet that 101 began a new life.
  first.directory.announce({ epoch: EPOCH + 1 } as object);

  expect((await read(second, `/session/${sessionId}/events`)).status).toBe(502);
  expect(second.cluster.forwarder.outcomes).toMatchObject({ replied: 0, unreached: 1 });
});

test('a stream that another node asks for has the events of one node alone, so none comes twice', async () => {
  const reader = await read(first, '/events');
  await untilStreams(1, first, second, third);

  expect(first.events.counts.streams + second.events.counts.streams + third.events.counts.streams).toBe(3);
  expect(second.arrived.filter(({ url }) => url.endsWith('/events'))).toHaveLength(1);
  expect(reader.status).toBe(200);
});
