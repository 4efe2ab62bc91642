import { APP_ID, startTestServer, type TestServer } from './support/test-server.ts';

let server: TestServer;

beforeAll(async () => {
  server = await startTestServer();
});
afterAll(() => server.close());

const PATHS = [
  '/session/new',
  '/sessions',
  '/session/x',
  '/session/x/tracks',
  '/session/x/track/publish',
  '/session/x/track/subscribe',
  '/session/x/track/unsubscribe',
  '/session/x/track/update',
  '/session/x/track/close',
  '/session/x/renegotiate',
  '/session/x/close',
  '/no/such/path',
];

test.each(PATHS)('a preflight request for %s is answered without a secret', async (path) => {
  const { status, headers, text } = await server.send('OPTIONS', `/api/sfu/${APP_ID}${path}`, {
    headers: { Origin: 'https://page.example', 'Access-Control-Request-Method': 'PUT', 'Access-Control-Request-Headers': 'authorization' },
  });

  expect(status).toBe(204);
  expect(text).toBe('');
  expect(headers.get('Access-Control-Allow-Origin')).toBe('*');
  // `*` does not cover Authorization, so the names must be spelt out.
  expect(headers.get('Access-Control-Allow-Headers')).toBe(
    'Authorization, Content-Type, Idempotency-Key, Last-Event-ID, Traceparent, X-Request-Id',
  );
  expect(headers.get('Access-Control-Allow-Methods')).toBe('GET, POST, PUT, PATCH, DELETE, OPTIONS');
  expect(headers.get('Access-Control-Max-Age')).toBe('7200');
  expect(headers.get('Access-Control-Allow-Credentials')).toBeNull();
});

test.each([
  ['GET', '/sessions', 401],
  ['GET', '/no/such/path', 404],
  ['DELETE', '/sessions', 405],
])('a page of another origin can read the error of %s %s', async (method, path, expectedStatus) => {
  const { status, headers } = await server.send(method, `/api/sfu/${APP_ID}${path}`, { headers: { Origin: 'https://page.example' } });

  expect(status).toBe(expectedStatus);
  expect(headers.get('Access-Control-Allow-Origin')).toBe('*');
  expect(headers.get('Access-Control-Expose-Headers')).toBe(
    'X-Request-Id, Retry-After, X-SFU-Region, Idempotency-Replayed, Link, Warning, X-Partial',
  );
});
