/** The admin API at a node without books, with real daemons and a real Redis: what it makes holds on both nodes. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { AdminApi, RedisServer, waitUntil } from '@causeway/lab';
import { type ClusterDaemon, joinCluster } from '../support/cluster-daemons.ts';
import { killDaemons } from '../support/running-daemon.ts';

jest.setTimeout(120_000);

const KEEPER_NO = 301;

let redis: RedisServer;
let folder: string;

beforeAll(async () => {
  redis = await RedisServer.start();
  folder = await mkdtemp(join(tmpdir(), 'causeway-carried-'));
});
afterEach(killDaemons);
afterAll(async () => {
  await redis.stop();
  await rm(folder, { recursive: true });
});

const joinKeeper = (): Promise<ClusterDaemon> => joinCluster(redis.url, KEEPER_NO, 'eu', { CAUSEWAY_BOOKS: join(folder, 'books.sqlite') });

const statusOf = (reply: Promise<Response>): Promise<number> => reply.then(({ status }) => status);

test('an app made at a node without books opens both nodes, and its revoked key neither', async () => {
  const keeper = await joinKeeper();
  const other = await joinCluster(redis.url, KEEPER_NO + 1, 'us');
  const log = await keeper.daemon.waitFor('cwsetup_');
  await other.daemon.waitFor('"message":"linked to a node"');
  const admin = await AdminApi.setUp(other.base, () => log);

  const app = await admin.createApp('Demo');
  const listed = () => Promise.all([keeper, other].map((node) => statusOf(node.callAs(app.id, app.secret, 'GET', '/sessions'))));
  const opened = await waitUntil('both nodes know the app', listed, (statuses) => statuses.every((status) => status === 200));
  const { keys } = await admin.call<{ readonly keys: readonly { readonly id: string }[] }>('GET', `/apps/${app.id}/keys`);
  const { apps } = await new AdminApi(keeper.base, admin.organisation, admin.key).call<{ readonly apps: readonly object[] }>(
    'GET',
    `/organisations/${admin.organisation}/apps`,
  );
  for (const { id } of keys) await admin.text('DELETE', `/keys/${id}`);
  const closed = await waitUntil('both nodes refuse the key', listed, (statuses) => statuses.every((status) => status === 401));

  expect(opened).toEqual([200, 200]);
  expect(apps).toMatchObject([{ id: app.id, name: 'Demo' }]);
  expect(closed).toEqual([401, 401]);

  keeper.daemon.child.kill('SIGKILL');
  await keeper.daemon.exit;
  const whileDead = await admin.send('GET', `/apps/${app.id}`);
  await joinKeeper();
  const afterwards = await waitUntil(
    'the next life of the node with books answers',
    () => statusOf(admin.send('GET', `/apps/${app.id}`)),
    (status) => status === 200,
  );

  // The dead node is known for as long as its lease lasts.
  expect([502, 503]).toContain(whileDead.status);
  expect(afterwards).toBe(200);
});
