/** Calls of the admin API that are carried to a node with books that hangs: it must not take the admin API with it. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createAddressSet, createGeoChain, MemoryCallClaims } from '@causeway/cluster';
import { StaticNodeDirectory } from '@causeway/sfu';
import { NodeClient, type NodeRequest } from '../../src/forwarding/node-client.ts';
import { ClusterCalls } from '../../src/placement/cluster-calls.ts';
import { closeNodes, startNode } from '../support/admin-node.ts';
import { CLUSTER_TRUST, recordOf, startFakeNode } from '../support/test-cluster.ts';

const PATIENCE_MS = 200;
const SIGN_IN = { email: 'ada@example.org', password: 'not this one, certainly' };
/** The number of calls that may be under way at one node. */
const MAX_UNDER_WAY_EACH = 64;

const closing: { close(): unknown }[] = [];
afterEach(async () => {
  for (const each of closing.splice(0)) await each.close();
  await closeNodes();
});

/** Calls of a node that waits for the replies of one other for a shorter time than real ones do. */
class ImpatientCalls extends ClusterCalls {
  readonly #impatient = new NodeClient({ replyTimeoutMs: PATIENCE_MS });
  impatientWith: string | undefined;

  override send(request: NodeRequest, signal: AbortSignal): Promise<IncomingMessage> {
    const isImpatient = this.impatientWith !== undefined && request.url.startsWith(this.impatientWith);
    return isImpatient ? this.#impatient.stream(request, signal) : super.send(request, signal);
  }

  override close(): void {
    this.#impatient.close();
    super.close();
  }
}

/** A node without books, and two that claim to have them: 101 behaves as told, and 103 has books. */
async function setUp(behave: (response: ServerResponse) => void, { isImpatient = false } = {}) {
  const asked: string[] = [];
  const strange = await startFakeNode((request, response) => {
    asked.push(`${request.method} ${request.url}`);
    behave(response);
  });
  closing.push(strange);
  const keeper = await startNode({ cluster: callsOf(103) });
  const cluster = callsOf(102);
  cluster.directory.put({ ...recordOf({ nodeNo: 101 }, strange.url), keepsBooks: true });
  cluster.directory.put({ ...recordOf({ nodeNo: 103 }, keeper.url), keepsBooks: true });
  if (isImpatient) cluster.impatientWith = strange.url;
  const clock = { nowMs: 0 };
  return { asked, clock, node: await startNode({ hasBooks: false, cluster, now: () => clock.nowMs }) };
}

function callsOf(nodeNo: number): ImpatientCalls & { readonly directory: StaticNodeDirectory } {
  const directory = new StaticNodeDirectory(recordOf({ nodeNo }, 'http://127.0.0.1:9'));
  const services = { directory, trust: CLUSTER_TRUST, claims: new MemoryCallClaims(), geo: createGeoChain([]) };
  const calls = new ImpatientCalls({ ...services, trustedProxies: createAddressSet([]) }, () => performance.now());
  closing.push(calls);
  return Object.assign(calls, { directory });
}

test('one that never answers delays a single call, and is asked last until half a minute has passed', async () => {
  const { asked, clock, node } = await setUp(() => undefined, { isImpatient: true });
  const statuses: number[] = [];

  statuses.push((await node.admin('GET', '/me', 'cwa_x')).status);
  for (let call = 0; call < 10; call++) statuses.push((await node.admin('POST', '/sign-in', '', SIGN_IN)).status);
  const askedWhileSilent = asked.length;
  clock.nowMs += 31_000;
  statuses.push((await node.admin('GET', '/me', 'cwa_x')).status);

  expect(statuses).toEqual(Array(12).fill(401));
  expect(askedWhileSilent).toBe(1);
  expect(asked).toHaveLength(2);
});

test('a call that it may have carried out is not carried to the next one, and says so', async () => {
  const { asked, node } = await setUp(() => undefined, { isImpatient: true });

  const { status, json } = await node.admin('POST', '/sign-in', '', SIGN_IN);

  expect(status).toBe(502);
  expect(json).toMatchObject({
    errorCode: 'node_unreachable',
    errorDescription: 'no node with books has answered (asked: 101); the call may have been carried out',
  });
  expect(asked).toHaveLength(1);
});

test('as many calls as may hang there at once leave room for those that come after them', async () => {
  const held: ServerResponse[] = [];
  // A reply begins, so that the node does not count as silent.
  const { node } = await setUp((response) => {
    held.push(response);
    response.write('{');
  });
  const hanging = Array.from({ length: MAX_UNDER_WAY_EACH }, () => node.admin('GET', '/me', 'cwa_x').catch(() => undefined));
  while (held.length < MAX_UNDER_WAY_EACH) await new Promise(setImmediate);

  const { status } = await node.admin('GET', '/me', 'cwa_x');
  for (const each of held) each.destroy();

  expect(status).toBe(401);
  expect(held).toHaveLength(MAX_UNDER_WAY_EACH);
  expect(await Promise.all(hanging)).toEqual(Array(MAX_UNDER_WAY_EACH).fill(undefined));
});

test('a client that hangs up says nothing about the node that it was waiting for', async () => {
  const heard = Promise.withResolvers<void>();
  const { asked, node } = await setUp((response) => (asked.length === 1 ? heard.resolve() : void response.writeHead(401).end('{}')));
  const leaving = new AbortController();
  const left = fetch(`${node.url}/api/admin/v1/me`, { signal: leaving.signal }).catch(() => 'hung up');
  await heard.promise;

  leaving.abort();
  const gone = await left;
  while (asked.length < 2) await node.admin('GET', '/me', 'cwa_x');

  expect(gone).toBe('hung up');
  expect(asked).toEqual(Array(2).fill('GET /api/admin/v1/me'));
});
