/** Three gateways in one process: a client hears of everything at whichever it asks. */
import { ALL_GRANTS } from '@causeway/accounts';
import { type ApiEvent, AppId, formatSessionId } from '@causeway/protocol';
import type { SfuEvent } from '@causeway/sfu';
import { type EventReader, readEvents } from '../support/event-reader.ts';
import { EPOCH, startTestCluster, type TestNode } from '../support/test-cluster.ts';
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

test('the events of all nodes come in one stream, each once', async () => {
  const reader = await read(second, '/events');
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
  for (const node of nodes) note(node);
  await reader.next(3);
  reader.close();
  await untilStreams(0, second);
  for (const node of nodes) note(node, 'session.closed');

  const again = await read(third, '/events', { 'Last-Event-ID': reader.lastEventId });
  const events = await again.next(3);

  expect(events.map(({ type }) => type)).toEqual(['session.closed', 'session.closed', 'session.closed']);
  expect(new Set(events.map(({ sessionId }) => sessionId))).toEqual(new Set(nodes.map(sessionOf)));
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

test("a session's quality is told at any node, by its owner", async () => {
  const sessionId = await first.createSession();
  const reader = await read(second, `/session/${sessionId}/events?quality=true`);
  await untilStreams(1, first);

  expect([first, second].map(({ sfu }) => sfu.qualityWatchers.size)).toEqual([1, 0]);
  for (const { onSample } of first.sfu.qualityWatchers) onSample({ at: '2026-02-03T00:00:05.000Z', publications: [], subscriptions: [] });
  note(first, 'session.created', sessionId);
  await reader.next(1);

  expect(reader.named).toEqual(['quality {"at":"2026-02-03T00:00:05.000Z","publications":[],"subscriptions":[]}']);
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

test('the ids of an app grow from event to event, whichever node it is of, and are short', async () => {
  const reader = await read(first, '/events');
  const events: ApiEvent[] = [];
  for (const node of [second, third, first, second]) {
    note(node);
    events.push(...(await reader.next(1)));
  }

  const ids = events.map(({ id }) => id);
  expect(ids.toSorted(byId)).toEqual(ids);
  expect(new Set(ids).size).toBe(4);
  expect(reader.lastEventId).toBe(ids.at(-1));
  expect(ids.every((id) => id.length < 20)).toBe(true);
});

test('a client that has missed thousands gets all of them in order, and then what happens', async () => {
  const reader = await read(first, '/events');
  note(second);
  await reader.next(1);
  reader.close();
  for (let count = 0; count < 9_000; count++) note(second);

  const again = await read(third, '/events', { 'Last-Event-ID': reader.lastEventId });
  const missed = await again.next(9_000);
  note(second, 'session.closed');
  const [next] = await again.next(1);

  const ids = missed.map(({ id }) => id);
  expect(ids.toSorted(byId)).toEqual(ids);
  expect(new Set(ids).size).toBe(9_000);
  expect(next?.type).toBe('session.closed');
});

test('a client that comes with a position of the former form is told once that some are lost, and hears what happens from then on', async () => {
  const former = await read(first, '/events', { 'Last-Event-ID': '101-1771845600000001,102-1771845600000002' });
  const [loss] = await former.next(1);
  note(second, 'session.closed');
  const [next] = await former.next(1);
  former.close();

  const again = await read(third, '/events', { 'Last-Event-ID': former.lastEventId });
  note(third);

  expect([loss?.type, next?.type]).toEqual(['events.lost', 'session.closed']);
  expect((await again.next(1)).map(({ type }) => type)).toEqual(['session.created']);
});

test('many clients of an app are told by one reading, and their number is bounded at the node that they called', async () => {
  const readers = await Promise.all(Array.from({ length: 502 }, (_unused, index) => read(index % 2 === 0 ? first : second, '/events')));

  note(third);
  const heard = await Promise.all(readers.map((reader) => reader.next(1)));

  expect(new Set(heard.map(([event]) => event?.sessionId))).toEqual(new Set([sessionOf(third)]));
  expect((await read(third, '/events')).status).toBe(200);
});

test('clients at other nodes hear that a node is about to end, in apps that it has heard of', async () => {
  note(third);
  const reader = await read(first, '/events');

  third.events.noteDraining('home', new Date(0));

  expect(await reader.next(1)).toEqual([expect.objectContaining({ type: 'node.draining', region: 'home' })]);
});

test('a node of the former version still hears of what happens here alone, with ids of the former form', async () => {
  const call = {
    appId: AppId.parse(APP_ID),
    grants: ALL_GRANTS,
    method: 'GET',
    path: `/${APP_ID}/events`,
    body: undefined,
    headers: {},
  };
  const ending = new AbortController();
  const response = await first.cluster.forwarder.openStream(second.directory.self, call, ending.signal);
  await untilStreams(1, second);

  note(first);
  note(second);
  let text = '';
  for await (const chunk of response) {
    text += String(chunk);
    if (text.includes('data:')) break;
  }
  ending.abort();

  expect(/^data: (.*)$/m.exec(text)?.[1]).toContain(sessionOf(second));
  expect(/^id: (102-[0-9]+)$/m.exec(text)).not.toBeNull();
});

function byId(one: string, other: string): number {
  const [[oneMs = 0, oneNo = 0], [otherMs = 0, otherNo = 0]] = [one.split('-').map(Number), other.split('-').map(Number)];
  return oneMs - otherMs || oneNo - otherNo;
}
