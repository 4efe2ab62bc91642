import { IncomingMessage, ServerResponse } from 'node:http';
import { Socket } from 'node:net';
import { AppId, formatSessionId } from '@causeway/protocol';
import type { SfuEvent } from '@causeway/sfu';
import { EventDesk, type ListenerKind } from '../../src/events/event-desk.ts';
import { type EventReader, readEvents } from '../support/event-reader.ts';
import { APP_ID, SECRET, startTestServer, type TestServer } from '../support/test-server.ts';

const START_MS = Date.UTC(2026, 1, 3);
const MINUTE_MS = 60_000;
const SESSION = formatSessionId(101, 'fc756623-3be4-4c40-b651-20e22095ee07');

let nowMs: number;
let desk: EventDesk;
let server: TestServer;
const readers: EventReader[] = [];

beforeEach(async () => {
  nowMs = START_MS;
  desk = new EventDesk({ nodeNo: 101, wallClock: () => nowMs });
  server = await startTestServer({ events: desk });
});
afterEach(async () => {
  for (const reader of readers.splice(0)) reader.close();
  await server.close();
});

async function read(path: string, headers: Record<string, string> = {}): Promise<EventReader> {
  const reader = await readEvents(server.url, path, headers);
  readers.push(reader);
  return reader;
}

function note(event: Omit<SfuEvent, 'appId' | 'sessionId'> & { readonly appId?: string; readonly sessionId?: string }): void {
  desk.note({ appId: APP_ID, sessionId: SESSION, ...event } as SfuEvent);
}

const track = { trackId: 'camera', customTrackName: 'front', mid: '0', kind: 'video' };

test('reports what happens in an app, as documented', async () => {
  const reader = await read('/events');

  note({ type: 'session.created' });
  note({ type: 'session.state', connectionState: 'connecting' } as never);
  note({ type: 'session.state', connectionState: 'connected' } as never);
  note({ type: 'track.published', ...track } as never);
  note({ type: 'track.closed', ...track, reason: 'requested' } as never);
  note({
    type: 'subscription.failed',
    remoteSessionId: SESSION,
    remoteTrackId: 'camera',
    mid: '1',
    errorCode: 'negotiation_timeout',
  } as never);
  note({ type: 'registry.failed', error: new Error('redis-canary') } as never);
  note({ type: 'session.closed', reason: 'requested' } as never);
  const events = await reader.next(6);

  expect(reader.status).toBe(200);
  expect(reader.headers).toMatchObject({
    'content-type': 'text/event-stream; charset=utf-8',
    'cache-control': 'no-store',
    'access-control-allow-origin': '*',
    'x-sfu-region': 'test-region',
  });
  expect(events).toEqual([
    { id: expect.any(String), at: '2026-02-03T00:00:00.000Z', type: 'session.created', sessionId: SESSION },
    expect.objectContaining({ type: 'session.connected' }),
    expect.objectContaining({ type: 'track.published', trackId: 'camera', customTrackName: 'front', mid: '0', trackKind: 'video' }),
    expect.objectContaining({ type: 'track.closed', trackId: 'camera', reason: 'requested' }),
    expect.objectContaining({ type: 'subscription.failed', remoteTrackId: 'camera', mid: '1', errorCode: 'negotiation_timeout' }),
    expect.objectContaining({ type: 'session.closed', reason: 'requested' }),
  ]);
});

test('reports what happens to data channels, as documented', async () => {
  const reader = await read('/events');
  const received = { remoteSessionId: SESSION, dataChannelName: 'chat', streamId: 3 };

  note({ type: 'datachannel.published', dataChannelName: 'chat', streamId: 2 } as never);
  note({ type: 'datachannel.published', dataChannelName: 'text', streamId: undefined } as never);
  note({ type: 'datachannel.subscribed', ...received } as never);
  note({ type: 'datachannel.oversized', ...received, sizeBytes: 100_000, maxMessageBytes: 65_535 } as never);
  note({ type: 'datachannel.overflow', ...received } as never);
  note({ type: 'datachannel.unsubscribed', ...received, reason: 'session_closed' } as never);
  note({ type: 'datachannel.failed', dataChannelName: 'my chat', remoteSessionId: undefined, errorCode: 'invalid_params' } as never);
  note({ type: 'datachannel.closed', dataChannelName: 'chat', reason: 'closed_by_peer' } as never);
  const events = await reader.next(8);

  const { streamId: dataChannelId, ...channel } = received;
  expect(events.map(({ id: _id, at: _at, sessionId: _sessionId, ...event }) => event)).toEqual([
    { type: 'datachannel.published', dataChannelName: 'chat', dataChannelId: 2 },
    { type: 'datachannel.published', dataChannelName: 'text' },
    { type: 'datachannel.subscribed', ...channel, dataChannelId },
    { type: 'datachannel.oversized', ...channel, dataChannelId, sizeBytes: 100_000, maxMessageBytes: 65_535 },
    { type: 'datachannel.overflow', ...channel, dataChannelId },
    { type: 'datachannel.unsubscribed', ...channel, dataChannelId, reason: 'session_closed' },
    { type: 'datachannel.failed', dataChannelName: 'my chat', errorCode: 'invalid_params' },
    { type: 'datachannel.closed', dataChannelName: 'chat', reason: 'closed_by_peer' },
  ]);
});

test('the reply to HEAD has an end', async () => {
  const { status, headers, text } = await server.call('HEAD', '/events');

  expect([status, headers.get('content-type'), text]).toEqual([200, 'text/event-stream; charset=utf-8', '']);
  while (desk.counts.streams > 0) await new Promise((resolve) => setImmediate(resolve));
});

test('ids grow, also from one life of the node to the next', async () => {
  const reader = await read('/events');
  for (let count = 0; count < 3; count++) note({ type: 'session.created' });
  const serials = (await reader.next(3)).map(({ id }) => Number(id.split('-')[1]));

  nowMs += 1;
  desk = new EventDesk({ nodeNo: 101, wallClock: () => nowMs });
  const later = await startTestServer({ events: desk });
  const laterReader = await readEvents(later.url, '/events');
  readers.push(laterReader);
  note({ type: 'session.created' });
  const [next] = await laterReader.next(1);
  await later.close();

  expect(serials).toEqual([...serials].sort((a, b) => a - b));
  expect(new Set(serials).size).toBe(3);
  expect(Number(next?.id.split('-')[1])).toBeGreaterThan(Math.max(...serials));
});

test('reports nothing about other apps or other sessions', async () => {
  const ofApp = await read('/events');
  const sessionId = await server.createSession();
  const ofSession = await read(`/session/${sessionId}/events`);

  note({ type: 'session.created', appId: 'other' });
  note({ type: 'session.created' });
  note({ type: 'track.published', ...track, sessionId } as never);

  expect((await ofApp.next(2)).map((event) => event.sessionId)).toEqual([SESSION, sessionId]);
  expect((await ofSession.next(1))[0]).toMatchObject({ type: 'track.published', sessionId });
});

test('a client that reconnects gets what it has missed, once', async () => {
  const reader = await read('/events');
  note({ type: 'session.created' });
  await reader.next(1);
  reader.close();
  note({ type: 'track.published', ...track } as never);
  note({ type: 'track.active', ...track } as never);

  const again = await read('/events', { 'Last-Event-ID': reader.lastEventId });
  note({ type: 'track.inactive', ...track } as never);

  expect((await again.next(3)).map(({ type }) => type)).toEqual(['track.published', 'track.active', 'track.inactive']);
});

test('a client that has missed thousands gets all of them, and then what happens meanwhile', async () => {
  const reader = await read('/events');
  reader.close();
  for (let count = 0; count < 9_000; count++) note({ type: 'session.created' });

  const again = await read('/events', { 'Last-Event-ID': reader.lastEventId });
  const missed = [...(await again.next(1))];
  note({ type: 'track.published', ...track } as never);
  missed.push(...(await again.next(9_000)));
  note({ type: 'track.active', ...track } as never);
  const [next] = await again.next(1);

  const serials = missed.map(({ id }) => Number(id.split('-')[1]));
  expect(serials).toEqual(serials.map((_serial, index) => (serials[0] ?? 0) + index));
  expect(missed.at(-1)?.type).toBe('track.published');
  expect(next?.type).toBe('track.active');
});

test('a client that reconnects before anything has happened has missed nothing', async () => {
  const reader = await read('/events');
  note({ type: 'session.created', appId: 'other' });
  reader.close();
  note({ type: 'session.created' });

  const again = await read('/events', { 'Last-Event-ID': reader.lastEventId });

  expect((await again.next(1))[0]).toMatchObject({ type: 'session.created', sessionId: SESSION });
});

test.each([
  ['was away for more than ten minutes', () => undefined],
  ['knew an earlier life of the node', () => '101-1'],
  ['knew an earlier life of the node, whose clock was ahead', () => '101-9007199254740991'],
  ['knew another node', () => '102-1770076800000001'],
  ['knew a cluster', () => '1770076800000-3'],
  ['knew a cluster of the former version', () => '101-1770076800000001,102-1770076800000001'],
])('a client that %s is told that some are lost', async (_what, givenPosition) => {
  const reader = await read('/events');
  note({ type: 'session.created' });
  note({ type: 'track.published', ...track } as never);
  await reader.next(2);
  const position = givenPosition() ?? reader.lastEventId.replace(/\d\d$/, '01');
  nowMs += 10 * MINUTE_MS + 2_000;
  note({ type: 'track.active', ...track } as never);

  const again = await read('/events', { 'Last-Event-ID': position });

  expect((await again.next(2)).map(({ type }) => type)).toEqual(['events.lost', 'track.active']);
});

test.each(['', 'x', '101', '101-', '-1', '101-1.5', '101-99999999999999999', '1-1,'.repeat(2_000), '__proto__'])(
  'a Last-Event-ID of %.20j is ignored',
  async (lastEventId) => {
    const reader = await read('/events', { 'Last-Event-ID': lastEventId });
    note({ type: 'session.created' });

    expect((await reader.next(1)).map(({ type }) => type)).toEqual(['session.created']);
  },
);

test('the stream of a session ends with the session', async () => {
  const sessionId = await server.createSession();
  const reader = await read(`/session/${sessionId}/events`);

  note({ type: 'session.closed', sessionId, reason: 'connection_lost' } as never);

  expect((await reader.next(1))[0]).toMatchObject({ type: 'session.closed', reason: 'connection_lost' });
  expect(await reader.ended()).toBe('');
});

test('all listeners are told that the node is about to end, then their streams end', async () => {
  const sessionId = await server.createSession();
  const [ofApp, ofSession] = [await read('/events'), await read(`/session/${sessionId}/events`)];

  desk.noteDraining('test-region', new Date(START_MS + MINUTE_MS));
  const told = [await ofApp.next(1), await ofSession.next(1)];
  desk.close();

  for (const [event] of told) {
    expect(event).toEqual({
      id: expect.any(String),
      at: '2026-02-03T00:00:00.000Z',
      type: 'node.draining',
      region: 'test-region',
      deadlineAt: '2026-02-03T00:01:00.000Z',
    });
  }
  await Promise.all([ofApp.ended(), ofSession.ended()]);
  expect(desk.counts.streams).toBe(0);
});

test('an EventSource, which can set no header, may give a token in the URL, and not the secret', async () => {
  const reader = await read(`/events?token=${await server.mintToken()}`, { Authorization: '' });

  expect(reader.status).toBe(200);
  expect((await read(`/events?token=${SECRET}`, { Authorization: '' })).status).toBe(403);
});

test.each([
  ['/events', { Authorization: 'Bearer wrong' }, 401],
  ['/session/session-101-fc756623-3be4-4c40-b651-20e22095ee07/events', {}, 404],
  ['/session/nonsense/events', {}, 404],
])('%s is an ordinary error where there is nothing to hear', async (path, headers, status) => {
  expect((await read(path, headers)).status).toBe(status);
});

test('only reading is possible there', async () => {
  const { status, headers } = await server.call('POST', '/events');

  expect([status, headers.get('Allow')]).toEqual([405, 'GET']);
});

test('a client that hangs up leaves nothing behind', async () => {
  const reader = await read('/events');
  expect(desk.counts.streams).toBe(1);

  reader.close();
  await reader.ended();
  // The server hears of it in its own time.
  while (desk.counts.streams > 0) await new Promise((resolve) => setImmediate(resolve));

  note({ type: 'session.created' });
  expect(desk.counts).toEqual({ events: 1, streams: 0, outstanding: 0 });
});

test('a client that does not read is cut off, and nothing piles up', async () => {
  const reader = await read('/events');
  const { createConnection } = await import('node:net');
  const socket = createConnection(server.port, '127.0.0.1');
  socket.write(`GET /api/sfu/${APP_ID}/events HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer ${SECRET}\r\n\r\n`);
  socket.pause();
  while (desk.counts.streams < 2) await new Promise((resolve) => setImmediate(resolve));
  reader.close();

  const metadata = 'x'.repeat(60_000);
  let sent = 0;
  while (desk.counts.streams > 0 && sent < 2_000) {
    note({ type: 'track.published', ...track, customTrackName: metadata } as never);
    sent++;
    await new Promise((resolve) => setImmediate(resolve));
  }
  socket.destroy();

  expect(desk.counts.streams).toBe(0);
  expect(sent).toBeLessThan(2_000);
});

test('an app has room for 500 streams, and others still for theirs', async () => {
  const streams = await Promise.all(Array.from({ length: 501 }, () => read('/events')));
  const statuses = streams.map(({ status }) => status);

  expect(statuses.filter((status) => status === 200)).toHaveLength(500);
  expect(statuses.filter((status) => status === 503)).toHaveLength(1);
});

test('an app has room for as many streams as it was given, or the node gives every app', () => {
  const small = new EventDesk({ nodeNo: 101, maxStreamsPerApp: 2 });
  const responses: ServerResponse[] = [];
  const open = (appId: string, maxStreams?: number) => {
    const response = new ServerResponse(new IncomingMessage(new Socket()));
    const scope = { appId: AppId.parse(appId), sessionId: undefined };
    small.open(response, { scope, kind: 'client', lastEventId: undefined, maxStreams });
    responses.push(response);
  };

  for (let count = 0; count < 2; count++) open('usual');
  for (let count = 0; count < 3; count++) open('larger', 3);

  expect(() => open('usual')).toThrow('too many');
  expect(() => open('larger', 3)).toThrow('too many');
  for (const response of responses) response.emit('close');
});

test('other nodes have room of their own, 1,000 streams for an app and 4,000 for all', () => {
  const responses: ServerResponse[] = [];
  const open = (kind: ListenerKind, appId: string) => {
    const response = new ServerResponse(new IncomingMessage(new Socket()));
    desk.open(response, { scope: { appId: AppId.parse(appId), sessionId: undefined }, kind, lastEventId: undefined });
    responses.push(response);
  };
  const openMany = (count: number, kind: ListenerKind, appId: string) => {
    for (let index = 0; index < count; index++) open(kind, appId);
  };

  openMany(500, 'client', 'app-0');
  for (const appId of ['app-0', 'app-1', 'app-2']) openMany(1_000, 'node', appId);
  expect(() => open('client', 'app-0')).toThrow('too many');
  expect(() => open('node', 'app-0')).toThrow('too many');
  openMany(1_000, 'node', 'app-3');
  expect(() => open('node', 'app-4')).toThrow('too many');
  open('client', 'app-4');

  expect(desk.counts.streams).toBe(4_501);
  for (const response of responses) response.emit('close');
});

test('what is kept has a bound, and an app that is noisy loses its own first', () => {
  for (let count = 0; count < 6; count++) {
    for (let index = 0; index < 11_000; index++) note({ type: 'session.created', appId: `noisy-${count}` });
  }
  note({ type: 'session.created' });

  expect(desk.counts.events).toBe(50_000);
});

test('reports only one group on request, plus events that concern all', async () => {
  const reader = await read('/events?group=red');
  const bad = await server.call('GET', '/events?group=with%20space');

  note({ type: 'session.created' });
  note({ type: 'session.created', group: 'blue' } as never);
  note({ type: 'track.published', ...track, group: 'red' } as never);
  desk.noteDraining('home', new Date(START_MS));
  const events = await reader.next(2);

  expect(events.map(({ type, group }) => [type, group])).toEqual([
    ['track.published', 'red'],
    ['node.draining', undefined],
  ]);
  expect(bad.json).toMatchObject({ errorCode: 'invalid_params', details: { path: 'group' } });
});

test('a token for a group hears of no other, and cannot ask for one', async () => {
  const token = await server.mintToken({ group: 'red' });
  const other = await server.call('GET', '/events?group=blue', { headers: { Authorization: `Bearer ${token}` } });
  const reader = await read('/events', { Authorization: `Bearer ${token}` });

  note({ type: 'session.created', group: 'blue' } as never);
  note({ type: 'session.created', group: 'red' } as never);
  const [first] = await reader.next(1);

  expect(other.json).toMatchObject({ errorCode: 'forbidden' });
  expect(first).toMatchObject({ type: 'session.created', group: 'red' });
});

describe('the quality of a session', () => {
  const SAMPLE = { at: '2026-02-03T00:00:05.000Z', rttMs: 40, publications: [], subscriptions: [] };

  test('is told to those who ask for it, without a place in the stream, until they leave', async () => {
    const sessionId = await server.createSession();
    const path = `/session/${sessionId}/events`;
    const [asking, other] = [await read(`${path}?quality=true`), await read(path)];

    expect([...server.sfu.qualityWatchers].map((watcher) => watcher.sessionId)).toEqual([sessionId]);
    for (const { onSample } of server.sfu.qualityWatchers) onSample(SAMPLE);
    note({ type: 'session.created', sessionId } as never);
    for (const reader of [asking, other]) await reader.next(1);

    expect(asking.named).toEqual([`quality ${JSON.stringify(SAMPLE)}`]);
    expect(other.named).toEqual([]);
    expect(asking.lastEventId).toBe(other.lastEventId);
    asking.close();
    while (server.sfu.qualityWatchers.size > 0) await new Promise((resolve) => setImmediate(resolve));
  });

  test('is asked for with true or false, and not of a whole app', async () => {
    const sessionId = await server.createSession();

    expect((await read(`/session/${sessionId}/events?quality=yes`)).status).toBe(400);
    expect((await read(`/session/${sessionId}/events?quality=false`)).status).toBe(200);
    expect((await read('/events?quality=true')).status).toBe(200);
    expect(server.sfu.qualityWatchers.size).toBe(0);
  });
});
