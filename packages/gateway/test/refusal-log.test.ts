/** The diagnosis of a session names the calls about it that were refused. */
import { APP_ID, startTestServer, type TestServer } from './support/test-server.ts';

let nowMs = 0;
let server: TestServer;
let sessionId: string;

beforeAll(async () => {
  server = await startTestServer({ now: () => nowMs });
  sessionId = await server.createSession();
});

afterAll(() => server.close());

async function findings(): Promise<readonly { readonly code: string; readonly summary: string }[]> {
  const { json } = await server.call('GET', `/session/${sessionId}/diagnose`);
  return (json as { readonly findings: { readonly code: string; readonly summary: string }[] }).findings;
}

function close(authorization: string) {
  return server.call('POST', `/session/${sessionId}/track/close`, {
    headers: { Authorization: authorization },
    body: { tracks: [{ mid: '9' }], force: true },
  });
}

test('a token that does not grant the call, first of all, for two minutes', async () => {
  const before = await findings();
  const token = await server.mintToken({ act: ['list'] });
  const { status } = await close(`Bearer ${token}`);
  nowMs += 12_000;
  const after = await findings();
  nowMs += 109_000;

  expect(status).toBe(403);
  expect(before.map(({ code }) => code)).not.toContain('call_refused');
  expect(after[0]).toMatchObject({ code: 'call_refused', severity: 'problem', summary: expect.stringContaining('12 s ago, as forbidden') });
  expect(await findings()).toEqual(before);
});

test('a revoked token, by what its bearer was told', async () => {
  const token = await server.mintToken({ jti: 'revoked-one' });
  await server.call('POST', '/tokens/revoke', { body: { jti: 'revoked-one' } });
  await close(`Bearer ${token}`);

  expect((await findings())[0]?.summary).toContain('the token has been revoked');
});

test('strangers who try secrets and tokens leave nothing, nor does what a caller did wrong', async () => {
  nowMs += 200_000;
  const before = await findings();
  await close('Bearer a-secret-that-was-guessed');
  await server.send('POST', `/api/sfu/${APP_ID}/session/${sessionId}/track/close`, { body: {} });
  await server.call('POST', `/session/${sessionId}/track/close`, { body: { tracks: 'none' } });

  expect(await findings()).toEqual(before);
});
