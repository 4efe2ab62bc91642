/** What a real receiver gets over HTTP, and what is made of what it replies. */
import { createPublicKey, createSecretKey, verify } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createWebhookSecret, sealWebhookSecret, type Webhook, WebhookKeyPair } from '@causeway/accounts';
import { AppId } from '@causeway/protocol';
import { Webhook as StandardWebhook } from 'standardwebhooks';
import { createAddressPolicy } from '../../src/webhooks/address-policy.ts';
import { signedRequest } from '../../src/webhooks/delivery-message.ts';
import { HttpSender } from '../../src/webhooks/http-sender.ts';

const KEY = createSecretKey(Buffer.alloc(32, 7));
const EVENT = {
  id: '1771845600000-0',
  type: 'track.published',
  json: '{"at":"2026-02-23T11:20:00.000Z","type":"track.published","sessionId":"session-101-a"}',
};
const SPKI_PREFIX = Buffer.from('302a300506032b6570032100', 'hex');

interface Received {
  readonly headers: Record<string, string>;
  readonly body: string;
}

let server: Server;
let origin: string;
let received: Received[] = [];
let answer: (request: IncomingMessage, response: ServerResponse) => void;
const policy = createAddressPolicy(['127.0.0.1']);
const sender = new HttpSender({ policy, timeoutMs: 30_000 });
const impatientSender = new HttpSender({ policy, timeoutMs: 400 });

beforeAll(async () => {
  server = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk) => {
      body += chunk;
    });
    request.on('end', () => {
      received.push({ headers: request.headers as Record<string, string>, body });
      answer(request, response);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  origin = `http://127.0.0.1:${(server.address() as { readonly port: number }).port}`;
});

beforeEach(() => {
  received = [];
  answer = (_request, response) => response.end('thanks');
});

afterAll(async () => {
  await sender.close();
  await impatientSender.close();
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

function webhookWith(secrets: readonly string[]): Webhook {
  const id = 'webhook-1';
  const count = secrets.length;
  return {
    id,
    orgId: 'org',
    appId: AppId.parse('demo'),
    url: `${origin}/hook`,
    description: '',
    events: ['*'],
    version: 1,
    disabledReason: undefined,
    disabledAtMs: undefined,
    failingSinceMs: undefined,
    createdAtMs: 0,
    updatedAtMs: 0,
    secrets: secrets.map((secret, index) => ({ no: count - index, sealed: sealWebhookSecret(secret, id, count - index, KEY) })),
    formerSecretEndsAtMs: undefined,
  };
}

/** @param name resolves to the receiver's address */
function requestTo(name: string, path: string, { orgId = 'org', app = 'demo' } = {}) {
  return { orgId, appId: AppId.parse(app), url: origin.replace('127.0.0.1', name) + path, headers: {}, body: '{}' };
}

async function deliver(webhook: Webhook, by = sender) {
  const request = signedRequest(webhook, EVENT, { key: KEY, nowMs: Date.now() });
  if (request === undefined) throw new Error('it was not signed');
  return by.send(request);
}

test('standardwebhooks verifies what arrives, with either secret while one replaces the other', async () => {
  const [fresh, former, other] = [createWebhookSecret(), createWebhookSecret(), createWebhookSecret()];

  const reply = await deliver(webhookWith([fresh, former]));

  const { headers = {}, body = '' } = received[0] ?? {};
  const content = {
    type: 'track.published',
    timestamp: '2026-02-23T11:20:00.000Z',
    data: { id: EVENT.id, appId: 'demo', sessionId: 'session-101-a' },
  };
  expect(reply).toMatchObject({ type: 'reply', status: 200, excerpt: 'thanks' });
  for (const secret of [fresh, former]) expect(new StandardWebhook(secret).verify(body, headers)).toEqual(content);
  expect(() => new StandardWebhook(other).verify(body, headers)).toThrow('No matching signature found');
  expect(() => new StandardWebhook(fresh).verify(body.replace('demo', 'shop'), headers)).toThrow('No matching signature found');
  expect(headers['webhook-id']).toBe('demo:1771845600000-0');
  expect(JSON.stringify(received)).not.toContain(fresh.slice('whsec_'.length));
});

test('the public key of the webhook verifies the v1a signature', async () => {
  const webhook = webhookWith([createWebhookSecret()]);

  await deliver(webhook);

  const { headers = {}, body = '' } = received[0] ?? {};
  const raw = Buffer.from(new WebhookKeyPair(webhook.id, 1, KEY).publicKey.slice('whpk_'.length), 'base64');
  const key = createPublicKey({ key: Buffer.concat([SPKI_PREFIX, raw]), format: 'der', type: 'spki' });
  const signature =
    headers['webhook-signature']
      ?.split(' ')
      .find((each) => each.startsWith('v1a,'))
      ?.slice('v1a,'.length) ?? '';
  const signed = Buffer.from(`${headers['webhook-id']}.${headers['webhook-timestamp']}.${body}`);
  expect(verify(null, signed, key, Buffer.from(signature, 'base64'))).toBe(true);
});

test('a secret that was sealed with another key signs nothing', () => {
  const webhook = webhookWith([createWebhookSecret()]);

  expect(signedRequest(webhook, EVENT, { key: createSecretKey(Buffer.alloc(32, 8)), nowMs: 0 })).toBeUndefined();
  expect(signedRequest({ ...webhook, id: 'webhook-2' }, EVENT, { key: KEY, nowMs: 0 })).toBeUndefined();
});

test.each([
  ['a redirect to a private address is not followed', 302, { Location: 'http://169.254.169.254/' }, { status: 302 }],
  ['a time to wait is read', 503, { 'Retry-After': '120' }, { status: 503, retryAfterMs: 120_000 }],
  ['a time to wait that is none is left out', 429, { 'Retry-After': 'soon' }, { status: 429, retryAfterMs: undefined }],
])('%s', async (_name, status, headers, expected) => {
  answer = (_request, response) => response.writeHead(status, headers).end();

  expect(await deliver(webhookWith([createWebhookSecret()]))).toMatchObject(expected);
  expect(received).toHaveLength(1);
});

test('the first kilobyte of a reply is kept, without control characters and secrets', async () => {
  answer = (_request, response) => response.end(`a\u0000b\u001b[31m whsec_${'A'.repeat(44)} ${'x'.repeat(200_000)}`);

  const reply = await deliver(webhookWith([createWebhookSecret()]));

  const excerpt = reply.type === 'reply' ? reply.excerpt : '';
  expect(excerpt.startsWith('a b [31m whsec_[redacted] xxx')).toBe(true);
  expect(excerpt.length).toBeLessThanOrEqual(1_024);
});

test('a receiver that says nothing is given up, and one whose reply does not end has taken the event', async () => {
  answer = () => undefined;
  expect(await deliver(webhookWith([createWebhookSecret()]), impatientSender)).toMatchObject({ type: 'none', error: 'timeout' });

  answer = (_request, response) => response.writeHead(200).write('and so on');
  expect(await deliver(webhookWith([createWebhookSecret()]), impatientSender)).toMatchObject({
    type: 'reply',
    status: 200,
    excerpt: 'and so on',
  });
});

test('a receiver that dribbles its headers is given up like one that says nothing', async () => {
  let sent = 0;
  answer = ({ socket }) => {
    const timer = setInterval(() => socket.write(sent++ === 0 ? 'HTTP/1.1 200 OK\r\n' : 'X-Slow: 1\r\n'), 20);
    socket.on('close', () => clearInterval(timer));
    socket.on('error', () => clearInterval(timer));
  };

  const reply = await deliver(webhookWith([createWebhookSecret()]), impatientSender);

  expect(reply).toMatchObject({ type: 'none', error: 'timeout' });
  expect(reply.durationMs).toBeLessThan(5_000);
  expect(sent).toBeGreaterThan(2);
});

describe('with many receivers', () => {
  const many = new HttpSender({
    policy: createAddressPolicy(['127.0.0.1']),
    timeoutMs: 30_000,
    resolve: async () => [{ address: '127.0.0.1', family: 4 }],
  });
  const held: ServerResponse[] = [];
  const isSlow = ({ url }: IncomingMessage) => url?.startsWith('/slow') === true;
  let awaited: { readonly count: number; readonly resolve: () => void } | undefined;

  /** Resolves when so many requests have arrived that the receiver does not answer. */
  function heldCount(count: number): Promise<void> {
    return new Promise((resolve) => {
      awaited = { count, resolve };
      if (held.length >= count) resolve();
    });
  }

  /** Requests to several hundred URLs that do not answer, of apps with ten webhooks each, as an organisation may have. */
  function sendSlow(orgId: string, urls: number) {
    return Array.from({ length: urls }, (_, index) =>
      many.send(requestTo('slow.example', `/slow-${orgId}-${index}`, { orgId, app: `${orgId}-${Math.floor(index / 10)}` })),
    );
  }

  /** Has the receiver answer whatever it held and gets. */
  async function answerAll(slow: readonly Promise<{ readonly type: string }>[]): Promise<void> {
    answer = (_request, response) => response.end();
    for (const response of held.splice(0)) response.end();
    expect((await Promise.all(slow)).every(({ type }) => type === 'reply')).toBe(true);
  }

  beforeEach(() => {
    answer = (request, response) => {
      if (!isSlow(request)) return void response.end();
      held.push(response);
      if (held.length >= (awaited?.count ?? Number.POSITIVE_INFINITY)) awaited?.resolve();
    };
  });
  afterEach(() => {
    awaited = undefined;
    for (const response of held.splice(0)) response.end();
  });
  afterAll(() => many.close());

  test('those that do not answer keep others at the same host from nothing', async () => {
    const slow = Array.from({ length: 50 }, (_, index) => many.send(requestTo('shared.example', `/slow-${index % 7}`)));

    expect(await many.send(requestTo('shared.example', '/fast'))).toMatchObject({ type: 'reply', status: 200 });
    expect(held).toHaveLength(50);
    for (const response of held.splice(0)) response.end();
    await Promise.all(slow);
  });

  test('a few that do not answer take a third of the requests for one app, and the rest of theirs wait for these', async () => {
    const slow = Array.from({ length: 400 }, (_, index) => many.send(requestTo(`slow-${index % 20}.example`, '/slow')));
    await heldCount(84);

    const others = Array.from({ length: 40 }, (_, index) => many.send(requestTo(`fast-${index % 10}.example`, `/fast-${index}`)));
    expect((await Promise.all(others)).map((reply) => reply.type)).toEqual(others.map(() => 'reply'));
    expect(held).toHaveLength(84);

    await answerAll(slow);
  });

  test('an organisation with hundreds of URLs that do not answer keeps no other waiting', async () => {
    const slow = sendSlow('greedy', 400);
    await heldCount(128);

    // Nothing is answered until others have had their events.
    const others = Array.from({ length: 20 }, (_, index) => many.send(requestTo('fast.example', `/fast-${index}`, { orgId: 'other' })));
    expect((await Promise.all(others)).map((reply) => reply.type)).toEqual(others.map(() => 'reply'));
    expect(held).toHaveLength(128);

    await answerAll(slow);
    expect(received).toHaveLength(420);
  });

  test('several organisations with hundreds of URLs that do not answer leave room for others, and soon have equal shares', async () => {
    const slow = ['one', 'two', 'three', 'four', 'five'].flatMap((orgId) => sendSlow(orgId, 300));
    await heldCount(128 + 64 + 32 + 16 + 8);
    for (const orgId of ['six', 'seven']) {
      expect(await many.send(requestTo('fast.example', '/fast', { orgId }))).toMatchObject({ type: 'reply', status: 200 });
    }
    expect(held).toHaveLength(248);

    for (const response of held.splice(0)) response.end();
    await heldCount(213);
    const ofEach = Map.groupBy(held, ({ req }) => req.url?.split('-')[1]);
    expect([...ofEach.values()].map(({ length }) => length).toSorted()).toEqual([42, 42, 43, 43, 43]);

    await answerAll(slow);
  });

  test('where all requests are under way, the next is of the organisation with the fewest', async () => {
    const slow = Array.from({ length: 256 }, (_, index) => sendSlow(`org${index}`, 1)).flat();
    await heldCount(256);
    slow.push(...sendSlow('org0', 20), ...sendSlow('late', 1));

    held.splice(200, 1)[0]?.end();
    await heldCount(256);
    expect(held.at(-1)?.req.url).toBe('/slow-late-0');

    await answerAll(slow);
  });

  test('connections that are kept idle to some keep no other waiting', async () => {
    for (let first = 0; first < 300; first += 50) {
      const batch = Array.from({ length: 50 }, (_, index) => many.send(requestTo(`idle-${first + index}.example`, '/')));
      expect((await Promise.all(batch)).every(({ type }) => type === 'reply')).toBe(true);
    }
    const connections = await new Promise<number>((resolve) => server.getConnections((_error, count) => resolve(count)));

    expect(connections).toBeLessThanOrEqual(256 + 50 + 1);
  });
});

test('what is no HTTP, and a port without a listener, is no reply', async () => {
  answer = (request) => request.socket.end('SSH-2.0-OpenSSH\r\n');
  expect(await deliver(webhookWith([createWebhookSecret()]))).toMatchObject({ type: 'none', error: 'invalid_reply' });

  const gone = { ...webhookWith([createWebhookSecret()]), url: 'http://127.0.0.1:1025/' };
  expect(await deliver(gone)).toMatchObject({ type: 'none', error: 'connection_failed' });
});
