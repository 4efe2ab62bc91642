/** What a page may do: secrets and tokens with an `Origin`, and streams that end with their token. */
import { createApp, createStaticAppStore, TokenDesk } from '@causeway/accounts';
import { AppId, SessionId } from '@causeway/protocol';
import { EventDesk } from '../src/events/event-desk.ts';
import { readEvents } from './support/event-reader.ts';
import { APP_ID, OFFER, SECRET, startTestServer, type TestServer } from './support/test-server.ts';

const BODY = { sessionDescription: OFFER };
const PAGE = { Origin: 'https://example.org' };
const NOW_MS = Date.UTC(2026, 10, 30);

let server: TestServer;
afterEach(() => server.close());

function startWith(settings: { readonly refuseSecretFromBrowsers?: boolean } = {}, changes: object = {}): Promise<TestServer> {
  return startTestServer({ apps: createStaticAppStore([createApp({ id: APP_ID, secrets: [SECRET], settings })]), ...changes });
}

test('a page that has the secret is told so, once for each session, and can read it', async () => {
  server = await startWith();

  const [created, listed, ofBackend] = [
    await server.call('POST', '/session/new', { headers: PAGE, body: BODY }),
    await server.call('GET', '/sessions', { headers: PAGE }),
    await server.call('POST', '/session/new', { body: BODY }),
  ];

  expect(created.status).toBe(200);
  expect(created.headers.get('Warning')).toBe('299 - "app secret used from a browser; use tokens"');
  expect(created.headers.get('Access-Control-Expose-Headers')).toContain('Warning');
  expect([listed.headers.get('Warning'), ofBackend.headers.get('Warning')]).toEqual([null, null]);
});

test('an app may refuse its secret from pages, and still accept it from its backend', async () => {
  server = await startWith({ refuseSecretFromBrowsers: true });
  const token = await server.mintToken();

  const ofPage = await server.call('POST', '/session/new', { headers: PAGE, body: BODY });
  const ofBackend = await server.call('POST', '/session/new', { body: BODY });
  const withToken = await server.call('POST', '/session/new', { headers: { ...PAGE, Authorization: `Bearer ${token}` }, body: BODY });
  const wrong = await server.call('GET', '/sessions', { headers: { ...PAGE, Authorization: 'Bearer wrong' } });

  expect([ofPage.status, ofBackend.status, withToken.status, wrong.status]).toEqual([403, 200, 200, 401]);
  expect(ofPage.json).toMatchObject({ errorCode: 'forbidden', errorDescription: expect.stringContaining('give the page a token') });
  expect(withToken.headers.get('Warning')).toBeNull();
});

describe('a stream of events', () => {
  let desk: EventDesk;
  let nowMs: number;

  beforeEach(async () => {
    nowMs = NOW_MS;
    desk = new EventDesk({ nodeNo: 101 });
    server = await startWith({}, { events: desk, tokens: new TokenDesk({ nowMs: () => nowMs }) });
  });
  afterEach(() => desk.close());

  const read = async (claims: object) => readEvents(server.url, '/events', { Authorization: `Bearer ${await server.mintToken(claims)}` });
  const note = (sessionId: string) =>
    desk.note({ type: 'session.created', appId: AppId.parse(APP_ID), sessionId: SessionId.parse(sessionId) });
  const ID = 'session-101-fc756623-3be4-4c40-b651-20e22095ee07';
  const OTHER_ID = 'session-102-fc756623-3be4-4c40-b651-20e22095ee07';

  test('reports the sessions that the token names, and its position advances with the others', async () => {
    const [all, some] = [await read({}), await read({ subs: ['session-102-*'] })];

    for (const id of [ID, OTHER_ID, ID]) note(id);
    const heard = await all.next(3);
    const [event] = await some.next(1);
    desk.noteDraining('home', new Date(NOW_MS));
    const [draining] = await some.next(1);

    expect(heard.map(({ sessionId }) => sessionId)).toEqual([ID, OTHER_ID, ID]);
    expect(event?.sessionId).toBe(OTHER_ID);
    expect(draining?.type).toBe('node.draining');
    all.close();
    some.close();
  });

  test('ends when its token is revoked, and others continue', async () => {
    const [ofAlice, ofBob] = [await read({ sub: 'alice' }), await read({ sub: 'bob' })];

    await server.call('POST', '/tokens/revoke', { body: { sub: 'alice' } });
    await ofAlice.ended();
    note(ID);

    expect((await ofBob.next(1)).map(({ sessionId }) => sessionId)).toEqual([ID]);
    expect((await read({ sub: 'alice' })).status).toBe(401);
    ofBob.close();
  });

  test('ends when its token does, after which the token is refused', async () => {
    const token = await server.mintToken({ expiresIn: 1 });
    // A moment before the end, so that the test need not wait.
    nowMs += 999;
    const reader = await readEvents(server.url, '/events', { Authorization: `Bearer ${token}` });

    await reader.ended();
    nowMs += 1;
    const { status, json } = await server.call('GET', '/sessions', { headers: { Authorization: `Bearer ${token}` } });

    expect([status, json]).toEqual([401, expect.objectContaining({ errorCode: 'token_expired' })]);
  });

  test('needs the right to list', async () => {
    expect((await read({ act: ['create', 'publish', 'subscribe', 'close'] })).status).toBe(403);
  });
});
