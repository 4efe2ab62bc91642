import { openStage, RED, type Stage, type TestPage } from '@causeway/e2e';

jest.setTimeout(60_000);

let stage: Stage;
let page: TestPage;
let sessionId: string;

beforeAll(async () => {
  stage = await openStage();
  page = await stage.openPage();
  ({ sessionId } = await stage.joinFrom(page, 'alice', { send: [{ media: { kind: 'picture', colour: RED } }] }));
});

afterAll(() => stage.close());

interface Request {
  readonly method?: 'GET' | 'POST' | 'PUT' | 'DELETE';
  readonly path: string;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  readonly secret?: string;
  readonly appId?: string;
}

/** Calls the API from the page across origins, so the test sees what a user's code may see. */
function request({ method = 'POST', path, body, headers, secret, appId }: Request) {
  const access = { ...stage.daemon.access, ...(secret === undefined ? {} : { secret }), ...(appId === undefined ? {} : { appId }) };
  return page.evaluate(({ access, method, path, body, headers }) => kit.createSfuApi(access).send({ method, path, body, headers }), {
    access,
    method,
    path: path.replace(':session', sessionId),
    body,
    headers,
  });
}

const UNKNOWN_SESSION = 'session-0-00000000-0000-4000-8000-000000000000';

describe('a refused request tells the page why', () => {
  it.each<[string, Request, number, string]>([
    ['a wrong secret', { method: 'GET', path: '/sessions', secret: 'wrong' }, 401, 'unauthorized'],
    ['an unknown app', { method: 'GET', path: '/sessions', appId: 'unknown' }, 401, 'unauthorized'],
    ['a header of another scheme', { method: 'GET', path: '/sessions', headers: { Authorization: 'Basic eDp5' } }, 401, 'unauthorized'],
    ['a body that is not JSON', { path: '/session/new', body: '{"sessionDescription":' }, 400, 'invalid_json'],
    ['a body without its description', { path: '/session/new', body: {} }, 400, 'invalid_params'],
    ['a body of the wrong type', { path: '/session/new', body: [] }, 400, 'invalid_params'],
    [
      'a description that is no SDP',
      { path: '/session/new', body: { sessionDescription: { type: 'offer', sdp: 'hello' } } },
      400,
      'invalid_session_description',
    ],
    ['no tracks', { path: '/session/:session/track/subscribe', body: { tracks: [] } }, 400, 'invalid_params'],
    ['an unknown session', { method: 'GET', path: `/session/${UNKNOWN_SESSION}/tracks` }, 404, 'session_not_found'],
    [
      'an unknown track',
      { path: '/session/:session/track/subscribe', body: { tracks: [{ remoteSessionId: UNKNOWN_SESSION, remoteTrackId: 'none' }] } },
      404,
      'session_not_found',
    ],
    [
      'a body that is not declared as JSON',
      { path: '/session/new', body: 'hello', headers: { 'Content-Type': 'text/plain' } },
      415,
      'unsupported_media_type',
    ],
    ['a body too large', { path: '/session/new', body: { metadata: 'x'.repeat(2 ** 20) } }, 413, 'payload_too_large'],
  ])('%s', async (_what, call, status, errorCode) => {
    const reply = await request(call);

    expect(reply).toMatchObject({
      status,
      body: {
        errorCode,
        errorDescription: expect.stringMatching(/\w+ \w+/),
        requestId: expect.any(String),
        retryable: expect.any(Boolean),
      },
    });
    expect(reply.headers['x-request-id']).toBe((reply.body as { requestId: string }).requestId);
  });

  it('a closed session is remembered as closed', async () => {
    const closing = await stage.join('closing', { receive: ['audio'] });

    const deleted = await request({ method: 'DELETE', path: `/session/${closing.sessionId}` });
    const after = await request({ method: 'GET', path: `/session/${closing.sessionId}/tracks` });

    expect(deleted.status).toBe(200);
    expect(after).toMatchObject({ status: 410, body: { errorCode: 'session_closed', details: { reason: 'requested' } } });
  });

  it('one invalid track among valid ones fails alone', async () => {
    const bob = await stage.join('bob');
    const [track] = await bob.listTracks(sessionId);

    const reply = await page.evaluate(
      async ({ access, bobId, items }) =>
        kit.createSfuApi(access).send({ method: 'POST', path: `/session/${bobId}/track/subscribe`, body: { tracks: items } }),
      {
        access: stage.daemon.access,
        bobId: bob.sessionId,
        items: [
          { remoteSessionId: sessionId, remoteTrackId: track?.trackId },
          { remoteSessionId: sessionId, remoteTrackId: 'no-such-track' },
        ],
      },
    );

    expect(reply).toMatchObject({
      status: 200,
      body: { immediateRenegotiationRequired: true, tracks: [{ mid: expect.any(String) }, { errorCode: 'track_not_found' }] },
    });
  });
});
