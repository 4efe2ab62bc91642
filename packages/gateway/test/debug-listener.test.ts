import { request } from 'node:http';
import { SfuError } from '@causeway/protocol';
import { createDebugListener, createMetricsListener, type UsageTotals } from '../src/monitoring/debug-listener.ts';
import { SAMPLE_INSPECTION } from './support/sample-inspection.ts';
import { serve, type TestServer } from './support/test-server.ts';

let server: Omit<TestServer, 'sfu'>;
const defects: unknown[] = [];
let inspect = async () => SAMPLE_INSPECTION;
const USED = { down: 1, up: 2, relay: 3, retransmitted: 4, data: 5 };
const usage: UsageTotals = {
  today: () => '2026-11-27',
  async totals(appId, day) {
    if (appId === 'unavailable') throw new SfuError('registry_unavailable', 'Redis is away');
    return day === '2026-11-27' ? USED : { down: 0, up: 0, relay: 0, retransmitted: 0, data: 0 };
  },
};

beforeAll(async () => {
  server = await serve(createDebugListener({ inspect: () => inspect(), usage, onDefect: (error) => defects.push(error) }));
});
afterAll(() => server.close());

/** `fetch` does not let one choose the Host header. */
function statusForHost(host: string): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    const sent = request({ host: '127.0.0.1', port: server.port, path: '/metrics', headers: { Host: host } }, (response) => {
      response.resume();
      resolve(response.statusCode);
    });
    sent.on('error', reject).end();
  });
}

test('/debug/objects shows what lives, what is kept, and what the process has open', async () => {
  const { status, json } = await server.send('GET', '/debug/objects');

  expect(status).toBe(200);
  expect(json).toEqual({
    objects: {
      ...SAMPLE_INSPECTION.sfu.objects,
      http: { connections: 68, requests: 69 },
      relay: {
        importedTracks: 140,
        legs: 141,
        fedSubscriptions: 142,
        exports: 143,
        exportedNames: 144,
        followedNames: 145,
        importedDataChannels: 146,
        dataLegs: 147,
        fedDataSubscriptions: 148,
        dataExports: 149,
      },
    },
    kept: {
      tombstones: 31,
      conversations: 32,
      clientAddresses: 160,
      rateLimitedKeys: 70,
      idempotentReplies: 71,
      idempotentReplyBytes: 72,
      events: 123,
    },
    process: SAMPLE_INSPECTION.process,
  });
});

test('/debug/usage shows what an app has used on a day; today, unless another one is named', async () => {
  const { status, json } = await server.send('GET', '/debug/usage?app=demo');
  const before = await server.send('GET', '/debug/usage?app=demo&day=2026-11-26');

  expect([status, json]).toEqual([200, { app: 'demo', day: '2026-11-27', bytes: USED }]);
  expect(before.json).toMatchObject({ day: '2026-11-26', bytes: { down: 0 } });
});

test.each([
  ['', 400],
  ['?app=', 400],
  ['?app=no/app', 400],
  ['?app=demo&day=yesterday', 400],
  ['?app=unavailable', 503],
])('/debug/usage%s is %d', async (query, status) => {
  expect(await server.send('GET', `/debug/usage${query}`)).toMatchObject({ status, json: { error: expect.any(String) } });
});

test('/metrics is text for Prometheus', async () => {
  const { status, text, headers } = await server.send('GET', '/metrics');

  expect(status).toBe(200);
  expect(headers.get('Content-Type')).toBe('text/plain; version=0.0.4; charset=utf-8');
  expect(text).toContain('causeway_publications 4\n');
});

test.each([
  ['GET', '/', 404],
  ['GET', '/debug', 404],
  ['POST', '/metrics', 405],
  ['DELETE', '/debug/objects', 405],
])('%s %s is %d', async (method, path, status) => {
  expect((await server.send(method, path)).status).toBe(status);
});

test.each(['localhost', 'localhost:9', '127.0.0.1:80', '[::1]:9090'])('the host name %s is answered', async (host) => {
  expect(await statusForHost(host)).toBe(200);
});

test.each(['rebound.example', '127.0.0.1.example', 'localhost.example:80', '192.168.0.1'])(
  'the host name "%s", by which a page in a browser may have come, is not',
  async (host) => {
    expect(await statusForHost(host)).toBe(403);
  },
);

test('a defect is reported, and the next request is answered', async () => {
  inspect = async () => Promise.reject(new Error('inside'));
  const failed = server.send('GET', '/metrics');
  await expect(failed).rejects.toThrow();
  inspect = async () => SAMPLE_INSPECTION;

  expect((await server.send('GET', '/metrics')).status).toBe(200);
  expect(defects).toEqual([new Error('inside')]);
});

describe('the port of metrics for another machine', () => {
  const TOKEN = 'a-token-of-twenty-two-characters';
  let metrics: Omit<TestServer, 'sfu'>;

  beforeAll(async () => {
    metrics = await serve(createMetricsListener({ inspect: () => inspect(), onDefect: (error) => defects.push(error) }, TOKEN));
  });
  afterAll(() => metrics.close());

  it('shows them to any caller with the token, under any host name', async () => {
    const { status, text } = await metrics.send('GET', '/metrics?x=1', { headers: { Authorization: `Bearer ${TOKEN}` } });

    expect(status).toBe(200);
    expect(text).toContain('causeway_sessions');
  });

  it.each([undefined, 'Bearer ', `Bearer ${TOKEN}x`, `bearer ${TOKEN}`, TOKEN])('shows nothing to %s', async (Authorization) => {
    const { status, text, headers } = await metrics.send(
      'GET',
      '/metrics',
      Authorization === undefined ? {} : { headers: { Authorization } },
    );

    expect([status, headers.get('www-authenticate')]).toEqual([401, 'Bearer']);
    expect(text).not.toContain('causeway_');
  });

  it.each([
    ['GET', '/debug/objects', 404],
    ['POST', '/metrics', 405],
  ])('has nothing else: %s %s', async (method, path, wanted) => {
    expect((await metrics.send(method, path, { headers: { Authorization: `Bearer ${TOKEN}` } })).status).toBe(wanted);
  });
});
