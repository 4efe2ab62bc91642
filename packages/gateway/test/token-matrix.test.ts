/**
 * Every claim of a token against every endpoint, at the node that owns the session and through another
 * one. The SFUs are real, so that what counts is what becomes of the call.
 */
import type { NewAppTokenKey } from '@causeway/accounts';
import type { TokenAction } from '@causeway/protocol';
import { createSfu, type Sfu } from '@causeway/sfu';
import { capturedOffer } from '@causeway/testkit/captured-offers';
import type { RouteDescription } from '../src/api/route.ts';
import { ROUTES } from '../src/api/routes.ts';
import { EVENT_ROUTES } from '../src/api/stream-events.ts';
import { startTestCluster, type TestNode } from './support/test-cluster.ts';
import { APP_ID, type Reply } from './support/test-server.ts';

const OFFER = { type: 'offer', sdp: capturedOffer('chromium-quick-start-publisher') };
const KEY: NewAppTokenKey = { kid: 'backend', alg: 'HS256', secret: 'a-signing-secret-of-forty-three-characters-' };
const ORIGIN = 'https://example.org';

let sfus: readonly Sfu[];
/** A machine that does other work beside the tests must not turn sessions away. */
const PATIENT = { maxEventLoopDelayMs: 60_000 };

let owner: TestNode;
let entry: TestNode;

beforeAll(async () => {
  sfus = await Promise.all([101, 102].map((nodeNo) => createSfu({ udpPort: 0, listenAddress: '127.0.0.1', nodeNo, overload: PATIENT })));
  const plan = sfus.map((sfu, index) => ({ nodeNo: 101 + index, region: index === 0 ? 'home' : 'away', sfu }));
  [owner, entry] = (await startTestCluster(plan, { tokenKeys: [KEY] })) as [TestNode, TestNode];
});
afterAll(async () => {
  await Promise.all([owner.close(), entry.close()]);
  await Promise.all(sfus.map((sfu) => sfu.close()));
});

/** Bodies that are right, for a session that publishes one video track on media line 0. */
const BODIES: Readonly<Record<string, object>> = {
  createSession: { sessionDescription: OFFER },
  publishTracks: { sessionDescription: OFFER, tracks: [{ trackId: 'another', mid: '0', customTrackName: 'user-camera' }] },
  subscribeTracks: { tracks: [{ remoteSessionId: 'ID', customTrackName: 'none' }] },
  closeTracks: { tracks: [{ mid: '9' }], force: true },
  renegotiate: { sessionDescription: OFFER },
  unsubscribeTracks: { tracks: [{ mid: '9' }] },
  updateTracks: { tracks: [{ mid: '9', paused: true }] },
  patchSession: { metadata: 'text' },
  patchTrack: { muted: true },
  publishDataChannels: { dataChannels: [{ dataChannelName: 'user-text' }] },
  subscribeDataChannels: { dataChannels: [{ remoteSessionId: 'ID', dataChannelName: 'none' }] },
  updateDataChannels: { dataChannels: [{ id: 9, paused: true }] },
  closeDataChannels: { dataChannels: [{ id: 9 }] },
  mintToken: { sub: 'somebody' },
  revokeTokens: { jti: 'nobody-has-this' },
};
const ALL_ROUTES: readonly RouteDescription[] = [...ROUTES, ...EVENT_ROUTES];

async function createSession(claims: object | 'secret'): Promise<string> {
  const headers: Record<string, string> = claims === 'secret' ? {} : { Authorization: `Bearer ${await owner.mintToken(claims)}` };
  // It stays on the node that was called: clients have no known location.
  const { json, text } = await owner.call('POST', '/session/new', { headers, body: { sessionDescription: OFFER, region: 'home' } });
  const { sessionId } = json as { sessionId?: string };
  if (sessionId === undefined) throw new Error(text);
  return sessionId;
}

/** @returns `200`, or the code of the error */
async function outcomeOf(node: TestNode, route: RouteDescription, sessionId: string, headers: Record<string, string>): Promise<string> {
  const path = route.path.replace(':session_id', sessionId).replace(':track_id', 'unknown-track');
  const body = BODIES[route.operationId];
  const text = body === undefined ? undefined : JSON.stringify(body).replaceAll('"ID"', `"${sessionId}"`);
  if (route.replyType === 'text/event-stream') return statusOfStream(node, path, headers);
  const { status, json } = await node.call(route.method.toUpperCase(), path, { headers, ...(text === undefined ? {} : { body: text }) });
  return status === 200 ? '200' : String((json as { errorCode?: string }).errorCode);
}

async function statusOfStream({ url }: TestNode, path: string, headers: Record<string, string>): Promise<string> {
  const controller = new AbortController();
  const response = await fetch(`${url}/api/sfu/${APP_ID}${path}`, { headers, signal: controller.signal });
  const outcome = response.status === 200 ? '200' : String(((await response.json()) as { errorCode?: string }).errorCode);
  controller.abort();
  return outcome;
}

/** What a call comes to that is allowed: these name tracks that are not there. */
function allowedOutcome({ operationId }: RouteDescription): string {
  if (['subscribeTracks', 'unsubscribeTracks', 'updateTracks', 'describeTrackPath', 'patchTrack'].includes(operationId))
    return 'track_not_found';
  const aboutData = ['subscribeDataChannels', 'updateDataChannels', 'describeDataChannelPath'];
  return aboutData.includes(operationId) ? 'data_channel_not_found' : '200';
}

interface Claims {
  readonly name: string;
  readonly claims: (sessionId: string) => object;
  /** Sent with the call. */
  readonly headers?: Record<string, string>;
  /** Undefined if the call is allowed. */
  readonly refusal: (route: RouteDescription) => string | undefined;
}

const isOfApp = ({ path }: RouteDescription): boolean => !path.includes(':session_id');
const isReading = ({ access }: RouteDescription): boolean => access === 'list';
const forActions = (...act: TokenAction[]): Claims => ({
  name: `act ${act.join(', ')}`,
  claims: () => ({ act }),
  refusal: ({ access }) => (access === 'own' || act.includes(access as TokenAction) ? undefined : 'forbidden'),
});

const CLAIMS: readonly Claims[] = [
  { name: 'no restriction', claims: () => ({}), refusal: () => undefined },
  ...(['create', 'publish', 'subscribe', 'close', 'list'] as const).map((action) => forActions(action)),
  forActions('create', 'publish', 'subscribe', 'close', 'list'),
  {
    name: 'another subject',
    claims: () => ({ sub: 'somebody-else' }),
    refusal: (route) => (isOfApp(route) || isReading(route) ? undefined : 'forbidden'),
  },
  {
    name: 'another subject that may see no one',
    claims: () => ({ sub: 'somebody-else', subs: [] }),
    refusal: (route) => (isOfApp(route) ? undefined : 'session_not_found'),
  },
  {
    name: 'another subject that may see the session',
    claims: (sessionId) => ({ sub: 'somebody-else', subs: [sessionId] }),
    refusal: (route) => (isOfApp(route) || isReading(route) ? undefined : 'forbidden'),
  },
  { name: 'subs of others', claims: () => ({ subs: ['session-9-*'] }), refusal: () => undefined },
  { name: 'sid of the session', claims: (sid) => ({ sid }), refusal: (route) => (isOfApp(route) ? 'forbidden' : undefined) },
  {
    name: 'sid of another session',
    claims: () => ({ sid: 'session-101-fc756623-3be4-4c40-b651-20e22095ee07' }),
    refusal: (route) => (isOfApp(route) ? 'forbidden' : 'session_not_found'),
  },
  {
    name: 'kinds without video',
    claims: () => ({ kinds: ['audio'] }),
    refusal: ({ operationId }) =>
      ['publishTracks', 'publishDataChannels', 'subscribeDataChannels'].includes(operationId) ? 'forbidden' : undefined,
  },
  { name: 'kinds with video and data', claims: () => ({ kinds: ['video', 'data'] }), refusal: () => undefined },
  {
    name: 'names of others',
    claims: () => ({ names: ['somebody-*'] }),
    refusal: ({ operationId }) => (['publishTracks', 'publishDataChannels'].includes(operationId) ? 'forbidden' : undefined),
  },
  { name: 'names that match', claims: () => ({ names: ['user-*'] }), refusal: () => undefined },
  {
    name: 'fixed metadata',
    claims: () => ({ meta: 'fixed' }),
    refusal: ({ operationId }) => (operationId === 'patchSession' ? 'forbidden' : undefined),
  },
  {
    name: 'a region that there is',
    claims: () => ({ region: 'home' }),
    refusal: () => undefined,
  },
  {
    name: 'a region that there is not',
    claims: () => ({ region: 'nowhere' }),
    refusal: ({ operationId }) => (operationId === 'createSession' ? 'invalid_params' : undefined),
  },
  {
    name: 'one session, which the subject has',
    claims: () => ({ max: { sessions: 1 } }),
    // Its second session may be on the other node.
    refusal: ({ operationId }) => (operationId === 'createSession' ? 'quota_exceeded or 200' : undefined),
  },
  { name: 'a group', claims: () => ({ group: 'call-42' }), refusal: () => undefined },
  { name: 'room for tracks', claims: () => ({ max: { tracks: 5 } }), refusal: () => undefined },
  { name: 'bounds on media', claims: () => ({ max: { kbpsUp: 500, kbpsDown: 500 } }), refusal: () => undefined },
  { name: 'the origin of the page', claims: () => ({ org: [ORIGIN] }), headers: { Origin: ORIGIN }, refusal: () => undefined },
  {
    name: 'the origin of another page',
    claims: () => ({ org: [ORIGIN] }),
    headers: { Origin: 'https://example.com' },
    refusal: () => 'forbidden',
  },
  {
    name: 'an origin, and no page',
    claims: () => ({ org: [ORIGIN] }),
    refusal: ({ method }) => (method === 'get' ? undefined : 'forbidden'),
  },
  { name: 'a beginning in the future', claims: () => ({ nbf: Math.floor(Date.now() / 1_000) + 600 }), refusal: () => 'unauthorized' },
];

const CELLS = CLAIMS.flatMap((claims) => ALL_ROUTES.map((route) => [claims.name, `${route.method} ${route.path}`, claims, route] as const));

describe.each(['at its owner', 'through another node'])('a session of the subject, called %s', (where) => {
  test.each(CELLS)('%s: %s', async (_claims, _route, { claims, headers = {}, refusal }, route) => {
    const sessionId = await createSession({ sub: 'user' });
    const token = await owner.mintToken(claims(sessionId));
    const node = where === 'at its owner' ? owner : entry;

    const outcome = await outcomeOf(node, route, sessionId, { ...headers, Authorization: `Bearer ${token}` });
    await owner.call('DELETE', `/session/${sessionId}`);

    const expected = refusal(route) ?? (route.access === 'secret' ? 'forbidden' : allowedOutcome(route));
    expect(expected.split(' or ')).toContain(outcome);
  });

  test.each(ALL_ROUTES.map((route) => [`${route.method} ${route.path}`, route] as const))(
    'the secret may do all: %s',
    async (_name, route) => {
      const sessionId = await createSession({ sub: 'user' });
      const node = where === 'at its owner' ? owner : entry;

      expect(await outcomeOf(node, route, sessionId, { Authorization: 'Bearer secret-canary-of-the-tests' })).toBe(allowedOutcome(route));
    },
  );
});

describe('the reply to a new session', () => {
  test.each(['a token', 'the secret'])('made with %s has a token for that session alone', async (how) => {
    const headers: Record<string, string> =
      how === 'the secret' ? {} : { Authorization: `Bearer ${await owner.mintToken({ act: ['create', 'list'] })}` };
    const { json } = await entry.call('POST', '/session/new', { headers, body: { sessionDescription: OFFER } });
    const { sessionId, sessionToken } = json as { sessionId: string; sessionToken: string };
    const other = await createSession({ sub: 'user' });
    const bearer = { Authorization: `Bearer ${sessionToken}` };

    const statuses = await Promise.all(
      [owner, entry].flatMap((node) => [
        node.call('GET', `/session/${sessionId}`, { headers: bearer }),
        node.call('GET', `/session/${other}`, { headers: bearer }),
        node.call('DELETE', `/session/${other}`, { headers: bearer }),
        node.call('POST', '/session/new', { headers: bearer, body: { sessionDescription: OFFER } }),
        node.call('GET', '/sessions', { headers: bearer }),
      ]),
    );
    const closed = await entry.call('DELETE', `/session/${sessionId}`, { headers: bearer });

    const refusedElsewhere = how === 'the secret' ? 404 : 403;
    expect(statuses.map(({ status }) => status)).toEqual(Array(2).fill([200, 404, refusedElsewhere, 403, 403]).flat());
    // The token that made it did not grant closing either.
    expect(closed.status).toBe(how === 'the secret' ? 200 : 403);
  });
});

describe('a caller without access', () => {
  test('gets the same reply, byte for byte, whatever is wrong', async () => {
    const ofOther = await owner.mintToken({ sub: 'user' });
    const attempts: [appId: string, credential: string | undefined][] = [
      ['nobody', 'secret-canary-of-the-tests'],
      [APP_ID, 'a-wrong-secret'],
      [APP_ID, ofOther.replace(/.$/, (last) => (last === 'A' ? 'B' : 'A'))],
      ['other', ofOther],
      ['nobody', ofOther],
    ];
    const unsigned: typeof attempts = [
      [APP_ID, undefined],
      ['nobody', undefined],
      ['other', undefined],
    ];
    const replies = await Promise.all(
      [owner, entry].flatMap((node) =>
        [...attempts, ...unsigned].map(([appId, credential]) =>
          node.send('GET', `/api/sfu/${appId}/sessions`, {
            headers: { 'X-Request-Id': 'same', ...(credential === undefined ? {} : { Authorization: `Bearer ${credential}` }) },
          }),
        ),
      ),
    );

    const seen = replies.map(({ status, text, headers }: Reply) => JSON.stringify([status, text, headers.get('WWW-Authenticate')]));
    const perNode = attempts.length + unsigned.length;
    const [refused, missing] = [true, false].map((hasCredential) =>
      seen.filter((_reply, index) => index % perNode < attempts.length === hasCredential),
    );
    // Whether there is a credential at all is the one thing that a reply may tell.
    expect(new Set(refused).size).toBe(1);
    expect(new Set(missing).size).toBe(1);
    expect(new Set(replies.map(({ status }) => status))).toEqual(new Set([401]));
    expect(replies[0]).toMatchObject({ status: 401, json: { errorCode: 'unauthorized' } });
  });
});

test('a revoked token is refused by all nodes, and its sessions are closed if asked', async () => {
  const token = await owner.mintToken({ sub: 'user', jti: 'to-be-revoked' });
  const headers = { Authorization: `Bearer ${token}` };
  const { json } = await owner.call('POST', '/session/new', { headers, body: { sessionDescription: OFFER, region: 'home' } });
  const { sessionId, sessionToken } = json as { sessionId: string; sessionToken: string };

  const { status } = await entry.call('POST', '/tokens/revoke', { body: { jti: 'to-be-revoked', closeSessions: true } });

  const after = await Promise.all([
    owner.call('GET', '/sessions', { headers }),
    entry.call('GET', '/sessions', { headers }),
    entry.call('GET', `/session/${sessionId}`, { headers: { Authorization: `Bearer ${sessionToken}` } }),
  ]);
  const session = await entry.call('GET', `/session/${sessionId}`);
  expect([status, ...after.map((reply) => reply.status)]).toEqual([200, 401, 401, 401]);
  expect(session).toMatchObject({ status: 410, json: { details: { reason: 'token_revoked' } } });
});

test('guessing an Idempotency-Key does not reveal another subject’s reply', async () => {
  const create = async (sub: string) => {
    const headers = { Authorization: `Bearer ${await owner.mintToken({ sub })}`, 'Idempotency-Key': 'the-same' };
    const { json } = await owner.call('POST', '/session/new', { headers, body: { sessionDescription: OFFER, region: 'home' } });
    return (json as { sessionId: string }).sessionId;
  };

  const [first, again, other] = [await create('first'), await create('first'), await create('other')];

  expect(again).toBe(first);
  expect(other).not.toBe(first);
});

describe('bodies of the calls for the secret alone', () => {
  test.each<[path: string, body: object, message: string]>([
    ['/tokens', {}, 'sub is required'],
    ['/tokens', { sub: 'a b' }, 'sub must be 1 to 128 visible ASCII characters'],
    ['/tokens', { sub: 'a', expiresIn: 86_401 }, 'expiresIn must be at most 86400'],
    ['/tokens', { sub: 'a', exp: 1 }, 'the request body has unknown fields: exp'],
    ['/tokens', { sub: 'a', name: ['a-*'] }, 'the request body has unknown fields: name'],
    ['/tokens', { sub: 'a', max: { planets: 1 } }, 'max has unknown fields: planets'],
    ['/tokens', { sub: 'a', act: [] }, 'act must be at least 1 items long'],
    ['/tokens', { sub: 'a', act: ['list', 'list'] }, 'act must name each action once'],
    ['/tokens', { sub: 'a', names: Array(33).fill('a') }, 'names must be at most 32 items long'],
    ['/tokens', { sub: 'a', names: ['[a]'] }, 'names[0] must consist of letters, digits and . _ : { } - *'],
    ['/tokens', { sub: 'a', org: ['example.org'] }, 'org[0] must be an origin such as https://example.org'],
    ['/tokens/revoke', {}, 'the request body must name either jti or sub'],
    ['/tokens/revoke', { jti: 'a', sub: 'b' }, 'the request body must name either jti or sub'],
  ])('%s %j is refused: %s', async (path, body, message) => {
    const { status, json } = await owner.call('POST', path, { body });

    expect([status, json]).toEqual([400, expect.objectContaining({ errorCode: 'invalid_params', errorDescription: message })]);
  });
});
