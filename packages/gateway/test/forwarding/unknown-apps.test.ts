import type { AppStore } from '@causeway/accounts';
import { SfuError } from '@causeway/protocol';
import { startTestCluster, type TestNode } from '../support/test-cluster.ts';
import { AUTHORIZATION, startTestServer, type TestServer } from '../support/test-server.ts';

describe('a node of a cluster, asked for an app that it does not know', () => {
  let node: TestNode;
  let server: TestServer;
  const askers: (string | undefined)[] = [];
  /** Has no app, and refuses one network. */
  const apps: AppStore = {
    async findApp(_id, asker) {
      askers.push(asker);
      if (asker === '198.51.100.0/24') throw new SfuError('rate_limited', 'too many unknown apps', { retryAfterMs: 1_000 });
      return undefined;
    },
  };

  beforeAll(async () => {
    const [first] = await startTestCluster([{ nodeNo: 101, trustedProxies: ['127.0.0.1'] }]);
    if (first === undefined) throw new Error('no node was started');
    node = first;
    server = await startTestServer({ apps, cluster: node.cluster });
  });
  afterAll(async () => {
    await server.close();
    await node.close();
  });

  test.each([
    ['198.51.100.7', '198.51.100.0/24', 429],
    ['203.0.113.7', '203.0.113.0/24', 401],
    ['2001:db8:1:2:3::4', '2001:db8:1:2::/64', 401],
    ['nobody', 'unknown', 401],
  ])('for a client at %s it is the network %s that asks', async (address, network, status) => {
    const headers = { Authorization: AUTHORIZATION, 'X-Forwarded-For': address };

    const reply = await server.send('GET', '/api/sfu/made-up/sessions', { headers });

    expect(askers.splice(0)).toEqual([network]);
    expect(reply.status).toBe(status);
    expect(reply.headers.get('Retry-After')).toBe(status === 429 ? '1' : null);
  });
});
