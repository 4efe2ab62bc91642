import { SfuError } from '@causeway/protocol';
import { MemoryIdempotencyStore } from '../src/limits/idempotency.ts';
import { APP_ID, OFFER, startTestServer, type TestServer } from './support/test-server.ts';

const MINUTE_MS = 60_000;

describe('over HTTP', () => {
  let server: TestServer;
  let nowMs: number;

  beforeEach(async () => {
    nowMs = 0;
    server = await startTestServer({ now: () => nowMs });
  });
  afterEach(() => server.close());

  const body = { sessionDescription: OFFER };
  const create = (key: string, metadata = '') =>
    server.call('POST', '/session/new', { body: { ...body, metadata }, headers: { 'Idempotency-Key': key } });

  test('a repeated call is replied to like the first and changes nothing', async () => {
    const first = await create('key-1');
    const second = await create('key-1');

    expect(second.status).toBe(200);
    expect(second.text).toBe(first.text);
    expect(first.headers.get('Idempotency-Replayed')).toBeNull();
    expect(second.headers.get('Idempotency-Replayed')).toBe('true');
    expect(second.headers.get('X-Request-Id')).not.toBe(first.headers.get('X-Request-Id'));
    expect(server.sfu.changes).toBe(1);
  });

  test('a repetition that comes while the first call is under way waits for it', async () => {
    const release = server.sfu.hold();

    const calls = [create('key-1'), create('key-1'), create('key-1')];
    release();
    const replies = await Promise.all(calls);

    expect(new Set(replies.map(({ text }) => text)).size).toBe(1);
    expect(replies.filter(({ headers }) => headers.has('Idempotency-Replayed'))).toHaveLength(2);
    expect(server.sfu.changes).toBe(1);
  });

  test('the same key with another body is 422', async () => {
    await create('key-1', 'first');

    const { status, json } = await create('key-1', 'second');

    expect(status).toBe(422);
    expect(json).toMatchObject({ errorCode: 'idempotency_key_reused' });
    expect(server.sfu.changes).toBe(1);
  });

  test('a key is forgotten after ten minutes', async () => {
    await create('key-1');
    nowMs = 10 * MINUTE_MS + 1;

    const { headers } = await create('key-1');

    expect(headers.get('Idempotency-Replayed')).toBeNull();
    expect(server.sfu.changes).toBe(2);
  });

  test('a call that failed may be repeated with its key', async () => {
    server.sfu.failure = new SfuError('no_capacity', 'full');
    expect((await create('key-1')).status).toBe(503);
    server.sfu.failure = undefined;

    const { status, headers } = await create('key-1');

    expect(status).toBe(200);
    expect(headers.get('Idempotency-Replayed')).toBeNull();
  });

  test('keys of different sessions and routes do not meet', async () => {
    const sessionIds = [await server.createSession(), await server.createSession()];
    const headers = { 'Idempotency-Key': 'key-1' };

    for (const sessionId of sessionIds) {
      expect((await server.call('PATCH', `/session/${sessionId}`, { body: { metadata: 'm' }, headers })).status).toBe(200);
      expect((await server.call('DELETE', `/session/${sessionId}`, { headers })).status).toBe(200);
    }
    expect(server.sfu.changes).toBe(6);
  });

  test('keys of different apps do not meet', async () => {
    await create('key-1', 'first');

    const { status } = await server.send('POST', '/api/sfu/other/session/new', {
      headers: { Authorization: 'Bearer other-secret-of-the-tests', 'Content-Type': 'application/json', 'Idempotency-Key': 'key-1' },
      body: { ...body, metadata: 'second' },
    });

    expect(status).toBe(200);
  });

  test.each(['', 'x'.repeat(129)])('key %j is refused', async (key) => {
    const { status, json } = await create(key);

    expect(status).toBe(400);
    expect(json).toMatchObject({ errorCode: 'invalid_params', details: { path: 'Idempotency-Key' } });
  });

  test('reading has no use for a key', async () => {
    const { headers } = await server.send('GET', `/api/sfu/${APP_ID}/sessions`, { headers: { 'Idempotency-Key': '' } });

    expect(headers.get('Idempotency-Replayed')).toBeNull();
  });
});

describe('memory store', () => {
  const MIB = 1024 * 1024;
  let nowMs = 0;
  let store: MemoryIdempotencyStore;

  beforeEach(() => {
    nowMs = 0;
    store = new MemoryIdempotencyStore(() => nowMs);
  });

  const run = (key: string, { appId = 'app', reply = 'reply', ...bounds }: { appId?: string; reply?: string; maxReplies?: number } = {}) =>
    store.run({ appId, key, fingerprint: 'f', ...bounds }, async () => reply);
  const isKept = async (key: string, appId = 'app') => (await run(key, { appId })).isReplay;

  test('forgets the oldest replies when it holds too many bytes', async () => {
    for (const key of ['1', '2', '3', '4', '5']) await run(key, { reply: 'x'.repeat(16 * MIB) });

    expect([await isKept('5'), await isKept('2'), await isKept('1')]).toEqual([true, true, false]);
  });

  test("forgets an app's oldest replies when it has as many as it may", async () => {
    for (let count = 0; count < 20_001; count += 1) await run(String(count));

    expect([await isKept('1'), await isKept('0')]).toEqual([true, false]);
    expect(store.forgottenEarly).toBe(2);
  });

  test('keeps more or fewer for an app that was given another number', async () => {
    for (const key of ['1', '2', '3']) await run(key, { maxReplies: 2 });

    expect([await isKept('2'), await isKept('1')]).toEqual([true, false]);
  });

  test('keeps the replies of an app however many calls another makes', async () => {
    await run('calm', { appId: 'calm' });
    for (let count = 0; count < 60_000; count += 1) await run(String(count), { appId: 'rush' });

    expect(await isKept('calm', 'calm')).toBe(true);
    expect(store.kept.replies).toBe(20_001);
  });

  test('takes room for many apps from the one that has the most replies', async () => {
    await run('calm', { appId: 'calm' });
    for (let app = 0; app < 6; app += 1) {
      for (let count = 0; count < 19_000 - app; count += 1) await run(String(count), { appId: `rush-${app}` });
    }

    expect(store.kept.replies).toBe(100_000);
    expect(await isKept('calm', 'calm')).toBe(true);
    expect(await isKept('0', 'rush-0')).toBe(false);
  });

  test('takes room for long replies from the app with the longest', async () => {
    await run('calm', { appId: 'calm', reply: 'x'.repeat(16 * MIB) });
    for (const key of ['1', '2', '3', '4']) await run(key, { appId: 'rush', reply: 'x'.repeat(16 * MIB) });

    expect([await isKept('calm', 'calm'), await isKept('1', 'rush')]).toEqual([true, false]);
  });

  test('keeps nothing of apps that make no more calls, once the time is over', async () => {
    for (const appId of ['one', 'two']) await run('key', { appId });
    nowMs = 10 * MINUTE_MS + 1;

    await run('key', { appId: 'three' });

    expect(store.kept).toEqual({ replies: 1, bytes: 5 });
    expect(store.forgottenEarly).toBe(0);
  });

  test('keeps calls that are under way, however many follow', async () => {
    const { promise, resolve } = Promise.withResolvers<string>();
    const slow = store.run({ appId: 'app', key: 'slow', fingerprint: 'f' }, () => promise);
    for (let count = 0; count < 20_001; count += 1) await run(String(count));

    const repeated = store.run({ appId: 'app', key: 'slow', fingerprint: 'f' }, () => Promise.reject(new Error('carried out twice')));
    resolve('reply');

    expect(await slow).toEqual({ json: 'reply', isReplay: false });
    expect(await repeated).toEqual({ json: 'reply', isReplay: true });
  });
});
