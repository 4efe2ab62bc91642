import { createApp, createStaticAppStore } from '@causeway/accounts';
import { bodyFor, ENDPOINTS, EXAMPLE_TRACK } from './support/endpoints.ts';
import { APP_ID, OFFER, SECRET, startTestServer, type TestServer } from './support/test-server.ts';

let server: TestServer;
let sessionId: string;

beforeEach(async () => {
  server = await startTestServer();
  sessionId = await server.createSession();
});
afterEach(() => server.close());

test.each(ENDPOINTS)('%s %s replies 200 with its documented body', async (method, path, body, reply) => {
  await server.call('POST', `/session/${sessionId}/track/publish`, { body: { tracks: [EXAMPLE_TRACK], sessionDescription: OFFER } });

  const got = await server.call(method, path.replace('ID', sessionId), {
    body: bodyFor(sessionId, body),
  });

  expect(got.status).toBe(200);
  expect(reply.parse(got.json)).toEqual(got.json);
  expect(Object.fromEntries(got.headers)).toMatchObject({
    'content-type': 'application/json; charset=utf-8',
    'cache-control': 'no-store',
    'x-sfu-region': 'test-region',
    'x-request-id': expect.stringMatching(/^[0-9a-f-]{36}$/),
    'access-control-allow-origin': '*',
  });
});

test('a session shows in the listing as the reference says, with its metadata', async () => {
  await server.call('PATCH', `/session/${sessionId}`, { body: { metadata: 'front desk' } });

  const { json } = await server.call('GET', '/sessions');

  expect(json).toEqual([{ connectionState: 'new', metadata: 'front desk', sessionId, sfuAppId: APP_ID }]);
});

test('the listing shows no sessions of other apps', async () => {
  const { json } = await server.send('GET', '/api/sfu/other/sessions', { headers: { Authorization: 'Bearer other-secret-of-the-tests' } });

  expect(json).toEqual([]);
});

test('a session of another app is not found, exactly like one that does not exist', async () => {
  const missing = 'session-101-00000000-0000-4000-8000-000000000000';
  const headers = { Authorization: 'Bearer other-secret-of-the-tests', 'X-Request-Id': 'same' };

  const foreign = await server.send('GET', `/api/sfu/other/session/${sessionId}/tracks`, { headers });
  const unknown = await server.send('GET', `/api/sfu/other/session/${missing}/tracks`, { headers });

  expect(foreign.status).toBe(404);
  expect(foreign.text.replaceAll(sessionId, missing)).toBe(unknown.text);
});

test('the setting of the app decides about auto-publishing where the request does not', async () => {
  const create = (appId: string, secret: string, autoPublish?: boolean) =>
    server.send('POST', `/api/sfu/${appId}/session/new`, {
      headers: { Authorization: `Bearer ${secret}`, 'Content-Type': 'application/json' },
      body: { sessionDescription: OFFER, autoPublish },
    });

  await create(APP_ID, SECRET);
  expect(server.sfu.lastAutoPublish).toBe(true);
  await create('other', 'other-secret-of-the-tests');
  expect(server.sfu.lastAutoPublish).toBe(false);
  await create('other', 'other-secret-of-the-tests', true);
  expect(server.sfu.lastAutoPublish).toBe(true);
});

describe('paging', () => {
  test('without a limit all sessions are listed and there is no Link', async () => {
    await server.createSession();

    const { json, headers } = await server.call('GET', '/sessions');

    expect(json).toHaveLength(2);
    expect(headers.get('Link')).toBeNull();
  });

  test('following Link headers lists every session once', async () => {
    for (let count = 1; count < 5; count += 1) await server.createSession();
    const seen: string[] = [];
    let next: string | undefined = `/api/sfu/${APP_ID}/sessions?limit=2`;
    while (next !== undefined) {
      const { json, headers } = await server.send('GET', next, { headers: { Authorization: `Bearer ${SECRET}` } });
      seen.push(...(json as { sessionId: string }[]).map((session) => session.sessionId));
      next = /^<([^>]+)>; rel="next"$/.exec(headers.get('Link') ?? '')?.[1];
    }

    expect(seen).toHaveLength(5);
    expect(new Set(seen).size).toBe(5);
  });

  test.each([
    ['limit=0', 'limit must be at least 1'],
    ['limit=1001', 'limit must be at most 1000'],
    ['limit=ten', 'limit must be a whole number'],
    ['limit=-1', 'limit must be at least 1'],
    ['limit=1.5', 'limit must be a whole number'],
    ['limit=', 'limit must be a whole number'],
    ['limit=1&limit=2', 'limit must be a whole number'],
    ['cursor=', 'cursor must be at least 1 characters long'],
  ])('%s is refused', async (query, message) => {
    const { status, json } = await server.call('GET', `/sessions?${query}`);

    expect(status).toBe(400);
    expect(json).toMatchObject({ errorCode: 'invalid_params', errorDescription: message });
  });
});

test('a beacon closes a session with a token in the query and any body', async () => {
  const { status } = await server.send('POST', `/api/sfu/${APP_ID}/session/${sessionId}/close?token=${await server.mintToken()}`, {
    headers: { 'Content-Type': 'text/plain;charset=UTF-8' },
    body: 'bye',
  });

  expect(status).toBe(200);
  expect((await server.call('GET', `/session/${sessionId}`)).status).toBe(404);
});

test('the secret is refused in the query, and the answer says what to do', async () => {
  const { status, json } = await server.send('POST', `/api/sfu/${APP_ID}/session/${sessionId}/close?token=${SECRET}`);

  expect(status).toBe(403);
  expect(json).toMatchObject({ errorCode: 'forbidden', errorDescription: expect.stringContaining('POST …/tokens') });
  expect((await server.call('GET', `/session/${sessionId}`)).status).toBe(200);
});

test('no other endpoint takes a credential from the query', async () => {
  const { status } = await server.send('GET', `/api/sfu/${APP_ID}/sessions?token=${await server.mintToken()}`);

  expect(status).toBe(401);
});

test('the SFU is told what the app may have, where that is not as for the others', async () => {
  const settings = { maxSessions: 7, maxUnconnectedSessions: 3, maxTracks: 20, maxEgressMbps: 8, maxEventStreams: 2 };
  const apps = createStaticAppStore([
    createApp({ id: APP_ID, secrets: [SECRET], settings }),
    createApp({ id: 'other', secrets: ['other-secret-of-the-tests'] }),
  ]);
  const bounded = await startTestServer({ apps });
  const create = (appId: string, secret: string) =>
    bounded.send('POST', `/api/sfu/${appId}/session/new`, {
      headers: { Authorization: `Bearer ${secret}`, 'Content-Type': 'application/json' },
      body: { sessionDescription: OFFER },
    });

  await create(APP_ID, SECRET);
  const ofBounded = bounded.sfu.lastBounds;
  await create('other', 'other-secret-of-the-tests');
  await bounded.close();

  expect(ofBounded).toEqual({ maxSessions: 7, maxUnconnectedSessions: 3, maxTracks: 20, maxEgressBps: 8_000_000 });
  expect(bounded.sfu.lastBounds).toEqual({});
});
