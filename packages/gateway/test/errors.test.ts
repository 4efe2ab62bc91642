import { ERROR_CODES, type ErrorCode, ErrorReply, SfuError } from '@causeway/protocol';
import { APP_ID, AUTHORIZATION, OFFER, SECRET, startTestServer, type TestServer } from './support/test-server.ts';

let server: TestServer;
let sessionId: string;

beforeEach(async () => {
  server = await startTestServer();
  sessionId = await server.createSession();
});
afterEach(() => server.close());

const publish = (tracks: unknown[]) =>
  server.call('POST', `/session/${sessionId}/track/publish`, { body: { tracks, sessionDescription: OFFER } });

const CODES = Object.keys(ERROR_CODES) as ErrorCode[];

test.each(CODES)('%s becomes its status and the one shape of an error', async (code) => {
  server.sfu.failure = new SfuError(code, `something about ${code}`, { details: { reason: 'test' }, retryAfterMs: 1500 });

  const { status, json, headers } = await server.call('GET', '/sessions', { headers: { 'X-Request-Id': 'my-request' } });

  expect(status).toBe(ERROR_CODES[code].httpStatus);
  expect(json).toEqual({
    errorCode: code,
    errorDescription: `something about ${code}`,
    requestId: 'my-request',
    retryable: ERROR_CODES[code].retryable,
    retryAfterMs: 1500,
    details: { reason: 'test' },
  });
  expect(ErrorReply.parse(json)).toEqual(json);
  expect(headers.get('Retry-After')).toBe('2');
  expect(headers.get('Content-Type')).toBe('application/json; charset=utf-8');
});

test('an error to retry at once says so', async () => {
  server.sfu.failure = new SfuError('negotiation_glare', 'an offer of the SFU is open', { retryAfterMs: 0 });

  const { json, headers } = await server.call('GET', '/sessions');

  expect(json).toMatchObject({ errorCode: 'negotiation_glare', retryable: true, retryAfterMs: 0 });
  expect(headers.get('Retry-After')).toBe('0');
});

test('a defect is a 500 that reveals only the request id, and is logged', async () => {
  const log = jest.fn();
  const logging = await startTestServer({ logger: { log } });
  logging.sfu.failure = new TypeError("cannot read properties of undefined (reading 'secretThing')");

  const { status, json, text } = await logging.call('GET', '/sessions', { headers: { 'X-Request-Id': 'my-request' } });
  await logging.close();

  expect(status).toBe(500);
  expect(json).toMatchObject({ errorCode: 'internal_error', requestId: 'my-request', retryable: false });
  expect(text).not.toContain('secretThing');
  expect(log).toHaveBeenCalledWith('error', 'unexpected error while handling a request', {
    requestId: 'my-request',
    stack: expect.stringContaining('secretThing'),
  });
});

describe('401', () => {
  const REFUSED: [name: string, appId: string, authorization: string | undefined][] = [
    ['an unknown app', 'nobody', AUTHORIZATION],
    ['a wrong secret', APP_ID, 'Bearer wrong'],
    ['the secret of another app', APP_ID, 'Bearer other-secret-of-the-tests'],
    ['a malformed header', APP_ID, SECRET],
    ['an app id that cannot be one', 'a%20b', AUTHORIZATION],
  ];
  const UNSIGNED: [name: string, appId: string, authorization: undefined][] = [
    ['no header', APP_ID, undefined],
    ['no header, for an unknown app', 'nobody', undefined],
    ['no header, for an app id that cannot be one', 'a%20b', undefined],
  ];

  test.each([
    [REFUSED, 'app and credential do not belong together'],
    [UNSIGNED, 'the call has no credential'],
  ])('is the same byte for byte, whatever is wrong with the app or the credential', async (refused, message) => {
    const replies = [];
    for (const [, appId, authorization] of refused) {
      const headers = { 'X-Request-Id': 'same', ...(authorization === undefined ? {} : { Authorization: authorization }) };
      const { status, text, headers: got } = await server.send('GET', `/api/sfu/${appId}/sessions`, { headers });
      replies.push(JSON.stringify([status, text, [...got].filter(([name]) => name !== 'date')]));
    }

    expect(replies[0]).toContain('"www-authenticate","Bearer realm=\\"sfu\\""');
    expect(replies[0]).toContain(message);
    expect(new Set(replies).size).toBe(1);
  });

  test.each(['GET /sessions', 'POST /session/new', 'DELETE /session/x', 'PUT /session/x/renegotiate'])(
    '%s needs the secret',
    async (endpoint) => {
      const [method = '', path] = endpoint.split(' ');

      const { status, json } = await server.send(method, `/api/sfu/${APP_ID}${path}`);

      expect(status).toBe(401);
      expect(json).toMatchObject({ errorCode: 'unauthorized' });
    },
  );

  test('comes before anything is read of the body', async () => {
    const { status } = await server.send('POST', `/api/sfu/${APP_ID}/session/new`, { body: 'not JSON at all' });

    expect(status).toBe(401);
  });
});

test.each([
  ['GET', '/api/sfu', 404, 'route_not_found'],
  ['GET', '/api/sfu/app', 404, 'route_not_found'],
  ['GET', '/api/sfu/app/nonsense', 404, 'route_not_found'],
  ['POST', '/api/sfu/app/session/x/nonsense', 404, 'route_not_found'],
  ['POST', '/api/sfu/app/session', 404, 'route_not_found'],
  ['POST', '/api/sfu/app/session/x/track/publihs', 404, 'route_not_found'],
  ['POST', '/api/sfu/app/session/nonsense', 404, 'route_not_found'],
  ['GET', '/api/sfu/app/session/x/track/y', 405, 'method_not_allowed'],
  ['GET', '/api/sfu/app/session/new', 405, 'method_not_allowed'],
  ['PUT', '/api/sfu/app/sessions', 405, 'method_not_allowed'],
  ['GET', '/api/sfu/%zz/sessions', 400, 'malformed_request'],
])('%s %s is %d %s', async (method, path, expectedStatus, errorCode) => {
  const { status, json, headers } = await server.send(method, path);

  expect(status).toBe(expectedStatus);
  expect(json).toMatchObject({ errorCode, requestId: headers.get('X-Request-Id') });
  expect(headers.get('Access-Control-Allow-Origin')).toBe('*');
});

test('405 says which methods there are', async () => {
  const { headers, json } = await server.send('PUT', `/api/sfu/${APP_ID}/session/${sessionId}`);

  expect(headers.get('Allow')).toBe('GET, PATCH, DELETE');
  expect(json).toMatchObject({ errorDescription: 'PUT is not allowed here; use GET, PATCH, DELETE' });
});

describe('a call on several tracks', () => {
  const camera = { trackId: 'a', mid: '0', customTrackName: 'camera' };
  const namesake = { trackId: 'b', mid: '1', customTrackName: 'camera' };

  test('succeeds with an error at the item that failed, if one succeeded', async () => {
    const { status, json } = await publish([camera, namesake]);

    expect(status).toBe(200);
    expect(json).toMatchObject({
      tracks: [
        { trackId: 'a', status: 'pending' },
        { trackId: 'b', errorCode: 'track_name_conflict' },
      ],
    });
  });

  test('fails with the common code and all items, if none succeeded', async () => {
    await publish([camera]);

    const { status, json } = await publish([namesake, { ...namesake, trackId: 'c' }]);

    expect(status).toBe(409);
    expect(json).toMatchObject({
      errorCode: 'track_name_conflict',
      errorDescription: 'track a has this name (and 1 more failed likewise)',
      tracks: [
        { trackId: 'b', errorCode: 'track_name_conflict' },
        { trackId: 'c', errorCode: 'track_name_conflict' },
      ],
    });
  });

  test('changes nothing if the request is refused as a whole', async () => {
    const { status, json } = await publish([camera, { trackId: 'b' }]);

    expect(status).toBe(400);
    expect(json).toMatchObject({ errorCode: 'invalid_params', details: { path: 'tracks[1].mid' } });
    expect((await server.call('GET', `/session/${sessionId}/tracks`)).json).toEqual([]);
  });
});

test.each(['my-request.1', 'a'.repeat(128)])('request id %j of the client is taken over', async (offered) => {
  const { headers } = await server.call('GET', '/sessions', { headers: { 'X-Request-Id': offered } });

  expect(headers.get('X-Request-Id')).toBe(offered);
});

test.each(['', 'a b', '<script>', 'a'.repeat(129)])('request id %j of the client is replaced', async (offered) => {
  const { headers } = await server.call('GET', '/sessions', { headers: { 'X-Request-Id': offered } });

  expect(headers.get('X-Request-Id')).toMatch(/^[0-9a-f-]{36}$/);
});
