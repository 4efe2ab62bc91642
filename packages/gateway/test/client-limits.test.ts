import type { IncomingMessage, Server } from 'node:http';
import { connect, type Socket } from 'node:net';
import { SfuError } from '@causeway/protocol';
import { closeHttpServer, createHttpServer, listen } from '../src/daemon/http-server.ts';
import { ClientLimits } from '../src/limits/client-limits.ts';
import { ConnectionLimit } from '../src/limits/connection-limit.ts';
import { APP_ID, OFFER, type Reply, SECRET, startTestServer, type TestServer } from './support/test-server.ts';

const LIMITS = { maxFailedAuthenticationsPerMinute: 6, maxNewSessionsPerSecond: 2, trustedProxies: ['127.0.0.1'] };

let nowMs: number;
let clients: ClientLimits;
let server: TestServer;

beforeEach(async () => {
  nowMs = 0;
  clients = new ClientLimits(() => nowMs, LIMITS);
  server = await startTestServer({ now: () => nowMs, clients });
});
afterEach(() => server.close());

/** Lists the sessions of an app, as a client behind the proxy that this test is. */
function list(address: string, secret: string, appId = 'other'): Promise<Reply> {
  return server.send('GET', `/api/sfu/${appId}/sessions`, {
    headers: { Authorization: `Bearer ${secret}`, 'X-Forwarded-For': address },
  });
}

async function fail(address: string, times: number): Promise<readonly number[]> {
  const statuses: number[] = [];
  for (let time = 0; time < times; time++) statuses.push((await list(address, `guess-${time}`)).status);
  return statuses;
}

/** A request as the proxy passes it on. */
function behindProxy(address: string): IncomingMessage {
  return { socket: { remoteAddress: '127.0.0.1' }, headers: { 'x-forwarded-for': address } } as unknown as IncomingMessage;
}

describe('an address whose calls fail to authenticate', () => {
  test('is told to wait after as many as it may make in a minute', async () => {
    const statuses = await fail('203.0.113.9', 7);
    const { headers, json } = await list('203.0.113.9', 'guess');

    expect(statuses).toEqual([401, 401, 401, 401, 401, 401, 429]);
    expect(headers.get('Retry-After')).toBe('10');
    expect(json).toMatchObject({ errorCode: 'rate_limited', retryable: true, retryAfterMs: 10_000 });
  });

  test('does not learn from the refusal whether a secret is right, or whether there is such an app', async () => {
    await fail('203.0.113.9', 6);

    const replies = [
      await list('203.0.113.9', 'guess'),
      await list('203.0.113.9', 'other-secret-of-the-tests'),
      await list('203.0.113.9', 'guess', 'nothing'),
    ];

    const bodies = replies.map(({ json }) => ({ ...(json as object), requestId: '' }));
    expect(replies.map(({ status }) => status)).toEqual([429, 429, 429]);
    expect(bodies[1]).toEqual(bodies[0]);
    expect(bodies[2]).toEqual(bodies[0]);
  });

  test('may try again one call at a time, and is served once its secret is right', async () => {
    await fail('203.0.113.9', 6);

    nowMs = 9_999;
    const early = await list('203.0.113.9', 'other-secret-of-the-tests');
    nowMs = 10_000;
    const served = [await list('203.0.113.9', 'other-secret-of-the-tests'), await list('203.0.113.9', 'other-secret-of-the-tests')];
    const [failed, refused] = await fail('203.0.113.9', 2);

    expect([early.status, ...served.map(({ status }) => status), failed, refused]).toEqual([429, 200, 200, 401, 429]);
  });

  test('does not keep other addresses from calling', async () => {
    await fail('203.0.113.9', 7);

    expect((await list('203.0.113.10', 'other-secret-of-the-tests')).status).toBe(200);
  });

  test('is the whole /64 with IPv6', async () => {
    await fail('2001:db8:1:2::1', 6);

    expect((await list('2001:db8:1:2:ffff::9', 'other-secret-of-the-tests')).status).toBe(429);
    expect((await list('2001:db8:1:3::1', 'other-secret-of-the-tests')).status).toBe(200);
  });

  test('is remembered while it continues, however many other addresses fail', async () => {
    const failOnce = (address: string) =>
      clients
        .authenticated(behindProxy(address), () => Promise.reject(new SfuError('unauthorized', 'wrong')))
        .catch((error: SfuError) => error.code);
    for (let time = 0; time < 6; time++) await failOnce('203.0.113.9');

    for (let other = 0; other < 150_000; other++) {
      await failOnce(`10.${other >> 16}.${(other >> 8) & 255}.${other & 255}`);
      if (other % 10_000 === 0) await failOnce('203.0.113.9');
    }

    expect(await failOnce('203.0.113.9')).toBe('rate_limited');
    expect(clients.size).toBe(100_000);
  });

  test('cannot try more at once than it may in a row', async () => {
    await fail('203.0.113.9', 1);
    let looks = 0;
    const attempt = () =>
      clients.authenticated(behindProxy('203.0.113.9'), async () => {
        looks++;
        throw new SfuError('unauthorized', 'wrong');
      });

    await Promise.allSettled(Array.from({ length: 100 }, attempt));

    expect(looks).toBe(5);
  });

  test('may have any number of concurrent calls as long as none has failed', async () => {
    const outcomes = await Promise.all(
      Array.from({ length: 100 }, () => clients.authenticated(behindProxy('203.0.113.9'), async () => 'right')),
    );

    expect(new Set(outcomes)).toEqual(new Set(['right']));
  });

  test('is counted in what the node has refused', async () => {
    await fail('203.0.113.9', 8);

    expect(clients.refused).toEqual({ authentications: 2, sessions: 0 });
  });
});

describe('sessions that one address creates', () => {
  const create = (address: string, appId = 'other', secret = 'other-secret-of-the-tests') =>
    server.send('POST', `/api/sfu/${appId}/session/new`, {
      body: { sessionDescription: OFFER },
      headers: { Authorization: `Bearer ${secret}`, 'Content-Type': 'application/json', 'X-Forwarded-For': address },
    });

  test('are limited in all apps together', async () => {
    const statuses = [
      (await create('203.0.113.9')).status,
      (await create('203.0.113.9', APP_ID, SECRET)).status,
      (await create('203.0.113.9')).status,
    ];
    const { headers, json } = await create('203.0.113.9');

    expect(statuses).toEqual([200, 200, 429]);
    expect(headers.get('Retry-After')).toBe('1');
    expect(json).toMatchObject({ errorCode: 'rate_limited', errorDescription: 'one address may create 2 sessions per second' });
    expect((await create('203.0.113.10')).status).toBe(200);
  });

  test('do not count against other calls', async () => {
    for (let time = 0; time < 3; time++) await create('203.0.113.9');

    expect((await list('203.0.113.9', 'other-secret-of-the-tests')).status).toBe(200);
  });
});

test('this machine, and a proxy that calls for itself, have no such limits', async () => {
  const direct = await startTestServer({ clients: new ClientLimits(() => 0, { ...LIMITS, trustedProxies: [] }) });
  const statuses = new Set<number>();

  for (let time = 0; time < 10; time++) {
    for (const { send } of [server, direct]) {
      statuses.add((await send('GET', '/api/sfu/other/sessions', { headers: { Authorization: 'Bearer guess' } })).status);
    }
  }
  await direct.close();

  expect([...statuses]).toEqual([401]);
});

describe('connections of one address', () => {
  let limit: ConnectionLimit;
  let http: Server;
  let port: number;
  const open = new Set<Socket>();

  async function start(maxPerClient: number, trustedProxies: readonly string[] = []): Promise<void> {
    limit = new ConnectionLimit(maxPerClient, trustedProxies);
    http = createHttpServer((_request, response) => response.end('served'), {}, { connectionLimit: limit });
    // Connections of this machine have no limit, so the server is told that they come from elsewhere.
    http.prependListener('connection', (socket) => Object.defineProperty(socket, 'remoteAddress', { value: addressOf(socket.remotePort) }));
    port = await listen(http, 0, '127.0.0.1');
  }

  const addresses = new Map<number, string>();
  const addressOf = (remotePort: number | undefined) => addresses.get(remotePort ?? 0) ?? '203.0.113.9';

  /** Resolves with whether the connection is served. */
  async function isServed(address = '203.0.113.9'): Promise<boolean> {
    const socket = connect({ port, host: '127.0.0.1' });
    open.add(socket);
    socket.on('error', () => undefined);
    const { promise, resolve } = Promise.withResolvers<boolean>();
    socket.once('connect', () => {
      addresses.set(socket.localPort ?? 0, address);
      socket.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n');
    });
    socket.once('data', () => resolve(true));
    socket.once('close', () => resolve(false));
    return promise;
  }

  afterEach(async () => {
    for (const socket of open) socket.destroy();
    open.clear();
    await closeHttpServer(http, 0);
  });

  test('are closed beyond the limit, until one of the others is closed', async () => {
    await start(2);
    const before = [await isServed(), await isServed(), await isServed()];

    for (const socket of open) socket.destroy();
    const serverCount = () => new Promise<number>((resolve) => http.getConnections((_error, count) => resolve(count)));
    while ((await serverCount()) > 0) await new Promise(setImmediate);
    const after = [await isServed(), await isServed(), await isServed()];

    expect(before).toEqual([true, true, false]);
    expect(after).toEqual([true, true, false]);
    expect(limit.refused).toBe(2);
  });

  test('have no limit behind trusted proxies', async () => {
    await start(1, ['203.0.113.0/24']);

    expect([await isServed(), await isServed(), await isServed()]).toEqual([true, true, true]);
  });
});
