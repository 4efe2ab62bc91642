/** The limits of a client address in a cluster: the node that is called counts, and the one that carries the call out does not. */
import type { CallAssertion } from '@causeway/accounts';
import { digestOf } from '../../src/forwarding/asserted-call.ts';
import { CLUSTER_TRUST, EPOCH, startTestCluster, type TestNode } from '../support/test-cluster.ts';
import { APP_ID, AUTHORIZATION, OFFER, type Reply } from '../support/test-server.ts';

const CLIENT = '203.0.113.9';
const clientLimits = { maxFailedAuthenticationsPerMinute: 2, maxNewSessionsPerSecond: 2 };
const body = { sessionDescription: OFFER };

let first: TestNode;
let second: TestNode;

beforeEach(async () => {
  const plan = [101, 102].map((nodeNo) => ({ nodeNo, trustedProxies: ['127.0.0.1'], clientLimits }));
  [first, second] = (await startTestCluster(plan, { now: () => 0 })) as [TestNode, TestNode];
});
afterEach(async () => {
  await Promise.all([first.close(), second.close()]);
});

function create(node: TestNode, headers: Record<string, string>): Promise<Reply> {
  return node.send('POST', `/api/sfu/${APP_ID}/session/new`, {
    body,
    headers: { 'Content-Type': 'application/json', 'X-Forwarded-For': CLIENT, ...headers },
  });
}

/** What node 102 vouches for when it passes a new session on to node 101. */
function assertion(serial: number): string {
  const call: CallAssertion = {
    assertionId: `assertion-${serial}`,
    issuedAtMs: serial,
    from: { nodeNo: 102, epoch: EPOCH },
    to: { nodeNo: 101, epoch: EPOCH },
    appId: APP_ID as CallAssertion['appId'],
    method: 'POST',
    path: `/${APP_ID}/session/new`,
    bodyDigest: digestOf(body),
    grants: { kind: 'all' },
  };
  return CLUSTER_TRUST.sign(call);
}

test('the node that a client calls counts its new sessions, wherever they are created', async () => {
  first.announce({ state: 'stressed' });
  const statuses: number[] = [];

  for (let time = 0; time < 3; time++) statuses.push((await create(first, { Authorization: AUTHORIZATION })).status);

  expect(statuses).toEqual([200, 200, 429]);
  expect((await create(second, { Authorization: AUTHORIZATION })).status).toBe(200);
});

test('calls that another node passes on count for no client address', async () => {
  for (let time = 0; time < 3; time++) await create(first, { Authorization: 'Bearer guess' });
  const ofClient = await create(first, { Authorization: AUTHORIZATION });
  const statuses: number[] = [];

  for (let time = 0; time < 5; time++) statuses.push((await create(first, { 'Causeway-Assertion': assertion(time) })).status);

  expect(ofClient.status).toBe(429);
  expect(statuses).toEqual([200, 200, 200, 200, 200]);
});

test('a refused assertion does not use up the attempts of its address', async () => {
  for (let time = 0; time < 5; time++) await create(first, { 'Causeway-Assertion': 'forged' });

  expect((await create(first, { Authorization: AUTHORIZATION })).status).toBe(200);
});
