/** Who may speak as a node: attacks on the signed assertions that calls are passed on with. */
import { createSecretKey } from 'node:crypto';
import type { CallAssertion } from '@causeway/accounts';
import { SignedAssertionTrust } from '@causeway/cluster';
import { digestOf } from '../../src/forwarding/asserted-call.ts';
import { CLUSTER_TRUST, EPOCH, startTestCluster, type TestNode } from '../support/test-cluster.ts';
import { APP_ID, AUTHORIZATION, type Reply } from '../support/test-server.ts';

let owner: TestNode;
let entry: TestNode;
let sessionId: string;

beforeEach(async () => {
  [owner, entry] = (await startTestCluster([{ nodeNo: 101 }, { nodeNo: 102 }])) as [TestNode, TestNode];
  sessionId = await owner.createSession();
});
afterEach(async () => {
  await Promise.all([owner.close(), entry.close()]);
});

const body = { metadata: 'text' };
let serial = 0;

/** An assertion that node 102 would make for a change of the session's metadata. */
function assertionFor(id: string, change: Partial<CallAssertion> = {}): CallAssertion {
  serial++;
  return {
    assertionId: `assertion-${serial}`,
    issuedAtMs: 1_000 + serial,
    from: { nodeNo: 102, epoch: EPOCH },
    to: { nodeNo: 101, epoch: EPOCH },
    appId: APP_ID as CallAssertion['appId'],
    method: 'PATCH',
    path: `/${APP_ID}/session/${id}`,
    bodyDigest: digestOf(body),
    grants: { kind: 'all' },
    ...change,
  };
}

function patchWith(assertion: string, sent: unknown = body, headers: Record<string, string> = {}): Promise<Reply> {
  return owner.send('PATCH', `/api/sfu/${APP_ID}/session/${sessionId}`, {
    headers: { 'Causeway-Assertion': assertion, 'Content-Type': 'application/json', ...headers },
    body: sent,
  });
}

test('a good assertion is taken, once', async () => {
  const assertion = CLUSTER_TRUST.sign(assertionFor(sessionId));

  const [first, second] = [await patchWith(assertion), await patchWith(assertion)];

  expect([first.status, second.status]).toEqual([200, 401]);
  expect(owner.cluster.desk.refused).toMatchObject({ replay: 1 });
});

test.each<[name: string, change: Partial<CallAssertion>, reason: string]>([
  ['for another node', { to: { nodeNo: 103, epoch: EPOCH } }, 'recipient'],
  ['for an earlier life of this node', { to: { nodeNo: 101, epoch: EPOCH - 1 } }, 'recipient'],
  ['for a later life of this node', { to: { nodeNo: 101, epoch: EPOCH + 1 } }, 'recipient'],
  ['for another app', { appId: 'other' as CallAssertion['appId'] }, 'call'],
  ['for another method', { method: 'DELETE' }, 'call'],
  ['for another session', { path: `/${APP_ID}/session/session-101-fc756623-3be4-4c40-b651-20e22095ee07` }, 'call'],
  ['for another body', { bodyDigest: digestOf({ metadata: 'other text' }) }, 'body'],
  ['for no body', { bodyDigest: digestOf(undefined) }, 'body'],
])('an assertion %s is refused', async (_name, change, reason) => {
  const { status, json } = await patchWith(CLUSTER_TRUST.sign(assertionFor(sessionId, change)));

  expect(status).toBe(401);
  expect(json).toMatchObject({ errorCode: 'unauthorized' });
  expect(owner.cluster.desk.refused).toMatchObject({ [reason]: 1 });
  expect((await owner.call('GET', `/session/${sessionId}`)).json).toMatchObject({ metadata: '' });
});

test('a body that is altered in transit is refused', async () => {
  const { status } = await patchWith(CLUSTER_TRUST.sign(assertionFor(sessionId)), { metadata: 'altered' });

  expect(status).toBe(401);
  expect(owner.cluster.desk.refused).toMatchObject({ body: 1 });
});

test('an assertion signed with another key is refused, whatever secret accompanies it', async () => {
  const forger = new SignedAssertionTrust(createSecretKey(Buffer.from('some other key of the same kind')), () => 0);

  const { status } = await patchWith(forger.sign(assertionFor(sessionId)), body, { Authorization: AUTHORIZATION });

  expect(status).toBe(401);
  expect(owner.cluster.desk.refused).toMatchObject({ signature: 1 });
});

test('no flipped character of an assertion goes unnoticed', async () => {
  const assertion = CLUSTER_TRUST.sign(assertionFor(sessionId));
  const flip = (index: number) => assertion.slice(0, index) + (assertion[index] === 'A' ? 'B' : 'A') + assertion.slice(index + 1);
  const positions = Array.from({ length: 40 }, (_unused, index) => Math.floor((index * (assertion.length - 1)) / 40));

  const statuses = await Promise.all(positions.map(async (index) => (await patchWith(flip(index))).status));

  expect(new Set(statuses)).toEqual(new Set([401]));
});

test.each(['x', 'a.b', '.', `${'A'.repeat(5_000)}.${'A'.repeat(43)}`, 'Bearer x'])('%j is no assertion', async (text) => {
  expect((await patchWith(text)).status).toBe(401);
});

test('an assertion that is thirty seconds older than another one of its sender is refused', async () => {
  const newest = await patchWith(CLUSTER_TRUST.sign(assertionFor(sessionId, { issuedAtMs: 100_000 })));
  const late = await patchWith(CLUSTER_TRUST.sign(assertionFor(sessionId, { issuedAtMs: 70_001 })));
  const tooLate = await patchWith(CLUSTER_TRUST.sign(assertionFor(sessionId, { issuedAtMs: 69_999 })));

  expect([newest.status, late.status, tooLate.status]).toEqual([200, 200, 401]);
});

test('a captured call cannot be sent again, not even to another node', async () => {
  await entry.call('PATCH', `/session/${sessionId}`, { body });
  const captured = owner.arrived.at(-1);

  const again = await patchWith(String(captured?.headers['causeway-assertion']));
  const elsewhere = await entry.send('PATCH', `/api/sfu/${APP_ID}/session/${sessionId}`, {
    headers: { 'Causeway-Assertion': String(captured?.headers['causeway-assertion']), 'Content-Type': 'application/json' },
    body,
  });

  expect([again.status, elsewhere.status]).toEqual([401, 401]);
});

test('a replacement node is not confused with its predecessor', async () => {
  // The entry node has not heard yet that 101 began a new life.
  owner.directory.announce({ epoch: EPOCH + 1 } as object);

  const { status, json } = await entry.call('PATCH', `/session/${sessionId}`, { body });

  expect(status).toBe(502);
  expect(json).toMatchObject({ errorCode: 'node_unreachable', retryable: true });
});

const UUID = 'fc756623-3be4-4c40-b651-20e22095ee07';

test.each([
  `session-999-${UUID}`,
  `session-65535-${UUID}`,
  `session-65536-${UUID}`,
  `session-99999999999999999999-${UUID}`,
  `session--1-${UUID}`,
  `session-1e2-${UUID}`,
  `session-0x65-${UUID}`,
  `session-0102-${UUID}`,
  `session-%EF%BC%91%EF%BC%90%EF%BC%91-${UUID}`,
  `session-127.0.0.1-${UUID}`,
  'session-101-..%2F..%2Fsessions',
  `http:%2F%2F127.0.0.1:1%2Fsession-101-${UUID}`,
  `session-103@127.0.0.1-${UUID}`,
  '__proto__',
])('the forged node number of %s leads nowhere', async (id) => {
  const [ownerBefore, entryBefore] = [owner.arrived.length, entry.arrived.length];

  const { status, json } = await entry.call('GET', `/session/${id}`);

  expect(status).toBe(404);
  expect(json).toMatchObject({ errorCode: 'session_not_found' });
  expect(owner.arrived).toHaveLength(ownerBefore);
  expect(entry.arrived).toHaveLength(entryBefore + 1);
});

test('a session of another app is not found through another node either', async () => {
  const { status, text } = await owner.send('GET', `/api/sfu/other/session/${sessionId}`, {
    headers: { 'Causeway-Assertion': CLUSTER_TRUST.sign(assertionFor(sessionId, { method: 'GET', path: `/other/session/${sessionId}` })) },
  });

  expect(status).toBe(401);
  expect(text).not.toContain(sessionId);
});
