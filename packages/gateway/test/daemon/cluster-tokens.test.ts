/** Tokens in a cluster of real processes over a real Redis. */
import { RedisServer } from '@causeway/lab';
import { APP, type ClusterDaemon, joinCluster, OFFER } from '../support/cluster-daemons.ts';
import { killDaemons } from '../support/running-daemon.ts';

jest.setTimeout(60_000);

let redis: RedisServer;
let minting: ClusterDaemon;
let other: ClusterDaemon;

beforeAll(async () => {
  redis = await RedisServer.start();
  minting = await joinCluster(redis.url, 101, 'home', { ...APP, CAUSEWAY_LOG_LEVEL: 'debug' });
  // It knows the app from Redis alone.
  other = await joinCluster(redis.url, 102, 'away', { CAUSEWAY_LOG_LEVEL: 'debug' });
});
afterAll(async () => {
  await killDaemons();
  await redis.stop();
});

async function mint(claims: object): Promise<string> {
  const reply = await minting.call('POST', '/tokens', claims);
  return ((await reply.json()) as { token: string }).token;
}

const as = (node: ClusterDaemon, token: string, method: string, path: string, body?: unknown) =>
  node.callAs('demo', token, method, path, body);

test('a token of one node is valid at another, for exactly what it grants', async () => {
  const token = await mint({ sub: 'ada', act: ['create', 'list'] });

  const created = await as(other, token, 'POST', '/session/new', { ...OFFER, region: 'home' });
  const { sessionId, tracks } = (await created.json()) as { sessionId: string; tracks: unknown[] };
  const [seen, closed] = [
    await as(other, token, 'GET', `/session/${sessionId}`),
    await as(other, token, 'DELETE', `/session/${sessionId}`),
  ];

  expect(sessionId).toMatch(/^session-101-/);
  expect([created.status, seen.status, closed.status]).toEqual([200, 200, 403]);
  // The session was made by the other node, which was told that the token does not allow to publish.
  expect(tracks).toEqual([]);
});

test('a revocation is soon in force on every node, also on one that starts later, and closes sessions where they live', async () => {
  const token = await mint({ sub: 'bob' });
  const created = await as(other, token, 'POST', '/session/new', { ...OFFER, region: 'away' });
  const { sessionId } = (await created.json()) as { sessionId: string };
  expect(sessionId).toMatch(/^session-102-/);

  await minting.call('POST', '/tokens/revoke', { sub: 'bob', closeSessions: true });
  let status = 200;
  for (let tries = 0; tries < 200 && status === 200; tries++) {
    ({ status } = await as(other, token, 'GET', '/sessions'));
    await new Promise((resolve) => setImmediate(resolve));
  }
  const latecomer = await joinCluster(redis.url, 103, 'away', APP);
  const late = await as(latecomer, token, 'GET', '/sessions');
  const session = await minting.call('GET', `/session/${sessionId}`);
  latecomer.daemon.child.kill('SIGTERM');
  await latecomer.daemon.exit;

  expect([status, late.status]).toEqual([401, 401]);
  expect(await session.json()).toMatchObject({ errorCode: 'session_closed', details: { reason: 'token_revoked' } });
});

test('neither tokens nor their signing keys are in Redis or in the log', async () => {
  const token = await mint({ sub: 'eve' });
  for (const node of [minting, other]) await as(node, token, 'GET', '/sessions');

  const keys = (await redis.command('KEYS', '*')).split('\n');
  const dump = (await Promise.all(keys.map((key) => redis.command('DUMP', key)))).join();

  const signature = String(token.split('.')[2]);
  for (const { daemon } of [minting, other]) daemon.child.kill('SIGTERM');
  const logs = await Promise.all([minting, other].map(async ({ daemon }) => (await daemon.exit).stderr));

  expect(dump).not.toContain(signature);
  for (const log of logs) {
    expect(log).toContain('"path":"/api/sfu/demo/sessions"');
    expect(log).not.toContain(signature);
  }
});
