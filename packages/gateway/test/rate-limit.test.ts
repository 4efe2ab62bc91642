import { createApp, createStaticAppStore } from '@causeway/accounts';
import { createRateLimiter } from '../src/limits/rate-limiter.ts';
import { APP_ID, AUTHORIZATION, OFFER, SECRET, startTestServer } from './support/test-server.ts';

describe('rate limiter', () => {
  let nowMs: number;
  const limiterAt = (startMs: number) => {
    nowMs = startMs;
    return createRateLimiter(() => nowMs);
  };

  test("lets a second's worth of calls pass at once, then says how long to wait", () => {
    const limiter = limiterAt(1_000_000);

    const waits = Array.from({ length: 12 }, () => limiter.take('key', 10));

    expect(waits).toEqual([0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 100, 100]);
  });

  test('lets the next call pass after that wait', () => {
    const limiter = limiterAt(0);
    for (let count = 0; count < 10; count += 1) limiter.take('key', 10);

    nowMs = 99;
    expect(limiter.take('key', 10)).toBe(1);
    nowMs = 100;
    expect(limiter.take('key', 10)).toBe(0);
    expect(limiter.take('key', 10)).toBe(100);
  });

  test('saves up no more than a second', () => {
    const limiter = limiterAt(0);
    limiter.take('key', 2);
    nowMs = 3_600_000;

    expect([limiter.take('key', 2), limiter.take('key', 2), limiter.take('key', 2)]).toEqual([0, 0, 500]);
  });

  test('counts keys apart', () => {
    const limiter = limiterAt(0);
    limiter.take('one', 1);

    expect(limiter.take('one', 1)).toBe(1000);
    expect(limiter.take('two', 1)).toBe(0);
  });

  test('remembers only the keys of the last second', () => {
    const limiter = limiterAt(0);
    for (let count = 0; count < 1000; count += 1) limiter.take(String(count), 1);
    nowMs = 999;
    limiter.take('late', 1);
    const sizeBefore = limiter.size;

    nowMs = 1000;
    limiter.take('0', 1);

    expect(sizeBefore).toBe(1001);
    expect(limiter.size).toBe(2);
    expect(limiter.take('0', 1)).toBe(1000);
  });

  test('forgets the keys that were not used for longest when there are too many', () => {
    const limiter = limiterAt(0);
    limiter.take('idle', 1);
    for (let count = 0; count < 99_999; count += 1) limiter.take(String(count), 1);
    limiter.take('0', 1);
    limiter.take('one more', 1);

    expect(limiter.take('idle', 1)).toBe(0);
    expect(limiter.take('0', 1)).toBe(1000);
  });
});

describe('over HTTP', () => {
  const headers = { Authorization: 'Bearer other-secret-of-the-tests', 'Content-Type': 'application/json' };

  test('a session that is called too often gets 429, and the next one does not', async () => {
    let nowMs = 0;
    const server = await startTestServer({ now: () => nowMs });
    const patch = (sessionId: string) => server.send('PATCH', `/api/sfu/other/session/${sessionId}`, { headers, body: { metadata: '' } });

    const statuses = [await patch('a'), await patch('a'), await patch('b')].map(({ status }) => status);
    const refused = await patch('a');
    nowMs = 500;
    const later = await patch('a');
    await server.close();

    expect(statuses).toEqual([404, 404, 404]);
    expect(refused.status).toBe(429);
    expect(refused.headers.get('Retry-After')).toBe('1');
    expect(refused.json).toMatchObject({
      errorCode: 'rate_limited',
      errorDescription: 'calls for session a are limited to 2 per second',
      retryable: true,
      retryAfterMs: 500,
    });
    expect(later.status).toBe(404);
  });

  test('a session may be called 50 times a second by default', async () => {
    const server = await startTestServer({ now: () => 0 });
    const sessionId = await server.createSession();
    const patch = () => server.call('PATCH', `/session/${sessionId}`, { body: { metadata: '' } });

    const statuses: number[] = [];
    for (let count = 0; count < 51; count += 1) statuses.push((await patch()).status);
    await server.close();

    expect(statuses.filter((status) => status === 200)).toHaveLength(50);
    expect(statuses.at(-1)).toBe(429);
  });

  test('sessions together may be called five times as often as the app, whether there are such sessions or not', async () => {
    const app = createApp({
      id: 'inventive',
      secrets: [SECRET],
      settings: { maxCallsPerSecondPerApp: 10, maxCallsPerSecondPerSession: 4 },
    });
    const server = await startTestServer({ now: () => 0, apps: createStaticAppStore([app]) });
    const send = async (method: string, path: string) =>
      server.send(method, `/api/sfu/inventive${path}`, { headers: { Authorization: AUTHORIZATION } });
    for (let count = 0; count < 20; count += 1) await send('DELETE', '/session/hasty');

    const statuses: number[] = [];
    for (let count = 0; count < 46; count += 1) statuses.push((await send('DELETE', `/session/invented-${count}`)).status);
    const refused = await send('DELETE', '/session/another');
    const listed = await send('GET', '/sessions');
    await server.close();

    expect(statuses).toEqual(Array(46).fill(404));
    expect([refused.status, listed.status]).toEqual([429, 200]);
    expect(refused.json).toMatchObject({
      errorDescription: 'calls for all sessions of app inventive together are limited to 50 per second',
    });
  });

  test('a session may be called as often as it may, though that is more than five times what the app may', async () => {
    const app = createApp({ id: 'quiet', secrets: [SECRET], settings: { maxCallsPerSecondPerApp: 1, maxCallsPerSecondPerSession: 20 } });
    const server = await startTestServer({ now: () => 0, apps: createStaticAppStore([app]) });
    const close = () => server.send('DELETE', '/api/sfu/quiet/session/a', { headers: { Authorization: AUTHORIZATION } });

    const statuses: number[] = [];
    for (let count = 0; count < 21; count += 1) statuses.push((await close()).status);
    await server.close();

    expect(statuses).toEqual([...Array(20).fill(404), 429]);
  });

  test('reading a session does not use up what it may call itself', async () => {
    const server = await startTestServer({ now: () => 0 });
    const path = '/api/sfu/other/session/a';
    for (let count = 0; count < 10; count += 1) await server.send('GET', `${path}/tracks`, { headers });

    const { status } = await server.send('PATCH', path, { headers, body: { metadata: '' } });
    await server.close();

    expect(status).toBe(404);
  });

  test('what one app has used up, another may still call', async () => {
    const rushing = createApp({ id: 'rushing', secrets: [SECRET], settings: { maxCallsPerSecondPerApp: 10 } });
    const calm = createApp({ id: 'calm', secrets: [SECRET], settings: { maxCallsPerSecondPerApp: 10 } });
    const server = await startTestServer({ now: () => 0, apps: createStaticAppStore([rushing, calm]) });
    const list = (appId: string) => server.send('GET', `/api/sfu/${appId}/sessions`, { headers: { Authorization: AUTHORIZATION } });

    const rush = await Promise.all(Array.from({ length: 25 }, () => list('rushing')));
    const other = await list('calm');
    await server.close();

    expect(rush.map(({ status }) => status).toSorted()).toEqual([...Array(10).fill(200), ...Array(15).fill(429)]);
    expect(other.status).toBe(200);
  });

  test('callers without the secret use up nothing', async () => {
    const server = await startTestServer({ now: () => 0 });
    const close = (secret: string) => server.send('DELETE', '/api/sfu/other/session/a', { headers: { Authorization: `Bearer ${secret}` } });
    for (let count = 0; count < 10; count += 1) expect((await close('wrong')).status).toBe(401);

    const { status } = await close('other-secret-of-the-tests');
    await server.close();

    expect(status).toBe(404);
  });

  test('an app may create 1000 sessions a second by default', async () => {
    const rateLimiter = createRateLimiter(() => 0);
    const server = await startTestServer({ rateLimiter });
    const create = () => server.call('POST', '/session/new', { body: { sessionDescription: OFFER } });
    const first = await create();
    for (let count = 0; count < 998; count += 1) rateLimiter.take(APP_ID, 1000);

    const last = await create();
    const { status, json } = await create();
    await server.close();

    expect([first.status, last.status, status]).toEqual([200, 200, 429]);
    expect(json).toMatchObject({ errorDescription: `calls for app ${APP_ID} are limited to 1000 per second`, retryAfterMs: 1 });
  });
});
