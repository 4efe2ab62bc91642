import { createSfuApi } from '../../src/api/sfu-api.ts';

interface SentRequest {
  readonly url: string;
  readonly method: string | undefined;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: unknown;
  readonly keepalive: boolean | undefined;
}

/** @param replies one for each request, in order; an Error simulates a network failure */
function createApi(...replies: (Response | Error)[]) {
  const requests: SentRequest[] = [];
  const api = createSfuApi({
    url: 'https://sfu.example/console',
    appId: 'my app',
    credential: 's3cret',
    fetch: async (input, init) => {
      const body: unknown = typeof init?.body === 'string' ? JSON.parse(init.body) : undefined;
      const headers = Object.fromEntries(new Headers(init?.headers));
      requests.push({ url: String(input), method: init?.method, headers, body, keepalive: init?.keepalive });
      const reply = replies.shift() ?? Response.json({});
      if (reply instanceof Error) throw reply;
      return reply;
    },
  });
  return { api, requests };
}

const KEY = /^[0-9a-f]{32}$/;

const notFound = {
  errorCode: 'session_not_found',
  errorDescription: 'this app has no session x',
  requestId: 'req-1',
  retryable: false,
};

test('a call carries the secret only in its header, and its path is below that of the node', async () => {
  const { api, requests } = createApi();

  await api.subscribe('session/1', { tracks: [{ remoteSessionId: 'a', remoteTrackId: 'b' }] });

  expect(requests).toEqual([
    {
      url: 'https://sfu.example/console/api/sfu/my%20app/session/session%2F1/track/subscribe',
      method: 'POST',
      headers: { authorization: 'Bearer s3cret', 'content-type': 'application/json', 'idempotency-key': expect.stringMatching(KEY) },
      body: { tracks: [{ remoteSessionId: 'a', remoteTrackId: 'b' }] },
      keepalive: false,
    },
  ]);
});

test('a listing has no idempotency key', async () => {
  const { api, requests } = createApi(Response.json([]));

  await api.listSessions();

  expect(requests[0]?.method).toBe('GET');
  expect(requests[0]?.headers).not.toHaveProperty('idempotency-key');
});

test('the request that deletes a session outlives the page', async () => {
  const { api, requests } = createApi();

  await api.deleteSession('s');

  expect(requests[0]).toMatchObject({ method: 'DELETE', keepalive: true });
});

test('a call that got no reply is sent again with the same key', async () => {
  const { api, requests } = createApi(new TypeError('fetch failed'), Response.json({ success: true }));

  await api.renegotiate('s', { sessionDescription: { type: 'answer', sdp: 'v=0' } });

  const [first, second] = requests.map(({ headers }) => headers['idempotency-key']);
  expect(first).toMatch(KEY);
  expect(second).toBe(first);
});

test('a node that stays silent is a network failure', async () => {
  const failures = [1, 2, 3].map(() => new TypeError('fetch failed'));
  const { api, requests } = createApi(...failures);

  await expect(api.deleteSession('s')).rejects.toMatchObject({ code: 'network_failure', message: expect.stringContaining('sfu.example') });
  expect(requests).toHaveLength(3);
});

test('an aborted call is not sent again', async () => {
  const { api, requests } = createApi(Object.assign(new Error('given up'), { name: 'AbortError' }));

  await expect(api.listSessions({}, AbortSignal.abort())).rejects.toMatchObject({ name: 'AbortError' });
  expect(requests).toHaveLength(1);
});

test('an error body becomes an error with all its fields', async () => {
  const { api } = createApi(
    Response.json({ ...notFound, details: { hint: 1 }, tracks: [{ errorCode: 'track_not_found' }] }, { status: 404 }),
  );

  await expect(api.listTracks('x')).rejects.toMatchObject({
    code: 'session_not_found',
    facts: {
      httpStatus: 404,
      description: 'this app has no session x',
      requestId: 'req-1',
      isRetryable: false,
      details: { hint: 1 },
      items: [{ errorCode: 'track_not_found' }],
    },
  });
});

test.each([
  ['a page of a proxy', () => new Response('<h1>Bad gateway</h1>', { status: 502 }), true],
  ['JSON of another shape', () => Response.json({ message: 'nope' }, { status: 400 }), false],
  ['a success that is not JSON', () => new Response('hello', { status: 200 }), false],
])('%s is an unexpected reply', async (_what, reply, isRetryable) => {
  const { api } = createApi(reply());

  await expect(api.listSessions()).rejects.toMatchObject({ code: 'unexpected_reply', facts: { isRetryable } });
});
