/** An application whose users call the API with the cookies that they have anyway. */
import type { ApiAction, ApiTarget, ApiUser, Authorize } from '@causeway/gateway';
import { SfuError } from '@causeway/protocol';
import { createSfu, type Sfu } from '@causeway/sfu';
import { capturedOffer } from '@causeway/testkit/captured-offers';
import type { Request } from 'express';
import { readEvents } from './support/event-reader.ts';
import { APP_ID, AUTHORIZATION, startTestServer, type TestServer } from './support/test-server.ts';

const OFFER = { type: 'offer', sdp: capturedOffer('chromium-quick-start-publisher') };
const BASE = `/api/sfu/${APP_ID}`;

let sfu: Sfu;
let server: TestServer;
let asked: [ApiAction, ApiTarget][];
const users: Record<string, ApiUser | 'all'> = {
  host: { sub: 'host', group: 'call-1' },
  guest: { sub: 'guest', group: 'call-1', act: ['create', 'subscribe', 'list', 'close'] },
  operator: 'all',
  nonsense: { sub: 'host', kind: ['audio'] } as never,
};
const authorize: Authorize = (request: Request, action, target) => {
  asked.push([action, target]);
  const name = /(?:^|; )user=(\w+)/.exec(request.headers.cookie ?? '')?.[1] ?? '';
  if (name === 'banned') throw new SfuError('forbidden', 'banned');
  return users[name];
};

beforeEach(async () => {
  asked = [];
  sfu = await createSfu({ udpPort: 0, listenAddress: '127.0.0.1', overload: { maxEventLoopDelayMs: 60_000 } });
  server = await startTestServer({ sfu: sfu as never, authorize });
});
afterEach(async () => {
  await sfu.close();
  await server.close();
});

const as = (name: string, more: Record<string, string> = {}) => ({ Cookie: `user=${name}`, 'Content-Type': 'application/json', ...more });
async function create(name: string) {
  const { json, status } = await server.send('POST', `${BASE}/session/new`, { headers: as(name), body: { sessionDescription: OFFER } });
  const reply = json as { sessionId: string; tracks: unknown[]; errorCode?: string };
  return { status, ...reply };
}

test('a user may do what was granted, and its sessions belong to it', async () => {
  const host = await create('host');
  const guest = await create('guest');

  expect([host.status, host.tracks.length, guest.status, guest.tracks.length]).toEqual([200, 1, 200, 0]);
  const path = `${BASE}/session/${host.sessionId}`;
  const kick = (name: string) => server.send('DELETE', path, { headers: as(name) });
  expect((await kick('guest')).json).toMatchObject({ errorCode: 'forbidden' });
  expect((await kick('host')).status).toBe(200);
  const publish = { tracks: [], autoDiscover: true, sessionDescription: OFFER };
  const refused = await server.send('POST', `${BASE}/session/${guest.sessionId}/track/publish`, { headers: as('guest'), body: publish });
  expect(refused.json).toMatchObject({ errorCode: 'forbidden', errorDescription: expect.stringContaining('publish') });
});

test('is asked what is about to be done, and to what', async () => {
  const { sessionId } = await create('host');
  await server.send('PATCH', `${BASE}/session/${sessionId}/track/camera`, { headers: as('host'), body: { muted: true } });
  await server.send('PUT', `${BASE}/session/${sessionId}/renegotiate`, { headers: as('host'), body: { sessionDescription: OFFER } });
  await server.send('POST', `${BASE}/tokens`, { headers: as('operator'), body: { sub: 'x' } });

  expect(asked).toEqual([
    ['create', { appId: APP_ID, sessionId: undefined, trackId: undefined }],
    ['publish', { appId: APP_ID, sessionId, trackId: 'camera' }],
    ['own', { appId: APP_ID, sessionId, trackId: undefined }],
    ['secret', { appId: APP_ID, sessionId: undefined, trackId: undefined }],
  ]);
});

test('the events of the app need no desk of the embedder, and end with the SFU', async () => {
  const reader = await readEvents(server.url, '/events', { Cookie: 'user=guest', Authorization: '' });
  await create('host');
  await server.call('POST', '/session/new', { body: { sessionDescription: OFFER, group: 'call-2' } });
  await create('guest');

  const events = await reader.next(3);
  expect(reader.status).toBe(200);
  expect(events.map(({ type, group }) => [type, group])).toEqual([
    ['session.created', 'call-1'],
    ['track.published', 'call-1'],
    ['session.created', 'call-1'],
  ]);
  await sfu.close();
  await reader.ended();
});

test('an unknown caller needs a secret or a token, and may be refused by name', async () => {
  const list = (headers: Record<string, string>) => server.send('GET', `${BASE}/sessions`, { headers });

  expect((await list({})).status).toBe(401);
  expect((await list({ Cookie: 'user=nobody' })).status).toBe(401);
  expect((await list({ Authorization: AUTHORIZATION })).status).toBe(200);
  expect((await list({ Cookie: 'user=banned', Authorization: AUTHORIZATION })).json).toMatchObject({ errorDescription: 'banned' });
  expect((await list({ Cookie: 'user=operator' })).status).toBe(200);
});

test('a misspelt restriction is not ignored: the call fails', async () => {
  expect((await create('nonsense')).errorCode).toBe('internal_error');
});

test('a page of another site cannot use the cookies that a browser adds to its calls', async () => {
  const list = (headers: Record<string, string>) =>
    server.send('GET', `${BASE}/sessions`, { headers: { Cookie: 'user=host', ...headers } });

  expect((await list({ 'Sec-Fetch-Site': 'cross-site' })).status).toBe(403);
  expect((await list({ 'Sec-Fetch-Site': 'same-origin' })).status).toBe(200);
  expect((await list({ 'Sec-Fetch-Site': 'cross-site', Authorization: 'Bearer of-the-application' })).status).toBe(200);
});
