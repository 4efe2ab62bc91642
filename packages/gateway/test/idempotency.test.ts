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
  test('forgets the oldest replies when it holds too many bytes', async () => {
    const store = new MemoryIdempotencyStore(() => 0);
    const reply = 'x'.repeat(16 * 1024 * 1024);
    const run = (key: string) => store.run({ key, fingerprint: 'f' }, async () => reply);

    for (const key of ['1', '2', '3', '4', '5']) await run(key);

    expect((await run('5')).isReplay).toBe(true);
    expect((await run('2')).isReplay).toBe(true);
    expect((await run('1')).isReplay).toBe(false);
  });

  test('forgets the oldest replies when it holds too many', async () => {
    const store = new MemoryIdempotencyStore(() => 0);
    const run = (key: string) => store.run({ key, fingerprint: 'f' }, async () => 'reply');

    for (let count = 0; count < 20_001; count += 1) await run(String(count));

    expect((await run('1')).isReplay).toBe(true);
    expect((await run('0')).isReplay).toBe(false);
  });

  test('keeps calls that are under way, however many follow', async () => {
    const store = new MemoryIdempotencyStore(() => 0);
    const { promise, resolve } = Promise.withResolvers<string>();
    const slow = store.run({ key: 'slow', fingerprint: 'f' }, () => promise);
    for (let count = 0; count < 20_001; count += 1) await store.run({ key: String(count), fingerprint: 'f' }, async () => 'reply');

    const repeated = store.run({ key: 'slow', fingerprint: 'f' }, () => Promise.reject(new Error('carried out twice')));
    resolve('reply');

    expect(await slow).toEqual({ json: 'reply', isReplay: false });
    expect(await repeated).toEqual({ json: 'reply', isReplay: true });
  });
});
