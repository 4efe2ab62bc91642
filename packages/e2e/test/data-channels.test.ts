import {
  launchFirefox,
  type MadeMessage,
  openStage,
  type Participant,
  type SeenMessage,
  type SessionRequest,
  type Stage,
  type TestBrowser,
} from '@causeway/e2e';
import { waitUntil } from '@causeway/lab';
import type { ApiEvent, ListDataChannelsReply } from '@causeway/protocol';

jest.setTimeout(90_000);

const MAX_MESSAGE_BYTES = 262_144;
const BULK_MESSAGES = 300;
const BULK_MESSAGE_BYTES = 16_384;

/** Text and binary messages: empty, of one byte, and of the maximum length. */
const EVERY_KIND: readonly MadeMessage[] = (['text', 'binary'] as const).flatMap((kind) =>
  [1, 0, 1_000, MAX_MESSAGE_BYTES, 5].map((length, seed) => ({ kind, length, seed })),
);
const BULK: readonly MadeMessage[] = Array.from({ length: BULK_MESSAGES }, (_, seed) => ({
  kind: 'binary',
  length: BULK_MESSAGE_BYTES,
  seed,
}));

let stage: Stage;
let firefox: TestBrowser;

beforeAll(async () => {
  stage = await openStage();
  firefox = await launchFirefox();
});

afterAll(async () => {
  await firefox.close();
  await stage.close();
});

async function join(browser: 'chromium' | 'firefox', name: string, request: SessionRequest): Promise<Participant> {
  const page = browser === 'firefox' ? await firefox.openPage(stage.site.origin) : await stage.openPage();
  return stage.joinFrom(page, name, request);
}

function openChannel({ page, name }: Participant, label: string, init: RTCDataChannelInit = {}): Promise<void> {
  return page.evaluate(({ name, label, init }) => kit.peer(name).openChannel(label, init), { name, label, init });
}

function opened({ page, name }: Participant, label: string) {
  return page.evaluate(({ name, label }) => kit.peer(name).channels.opened(label), { name, label });
}

function send({ page, name }: Participant, label: string, messages: readonly MadeMessage[]): Promise<readonly SeenMessage[]> {
  return page.evaluate(({ name, label, messages }) => kit.peer(name).channels.send(label, messages), { name, label, messages });
}

function stateOf({ page, name }: Participant, label: string): Promise<RTCDataChannelState | undefined> {
  return page.evaluate(({ name, label }) => kit.peer(name).channels.stateOf(label), { name, label });
}

function seen({ page, name }: Participant, label: string): Promise<readonly SeenMessage[]> {
  return page.evaluate(({ name, label }) => kit.peer(name).channels.seen(label), { name, label });
}

function sees(who: Participant, label: string, count: number): Promise<readonly SeenMessage[]> {
  return waitUntil(
    `${who.name} has ${count} messages on ${label}`,
    () => seen(who, label),
    (messages) => messages.length >= count,
    30_000,
  );
}

/** Subscribes once the channel is published, and waits until it is open. */
async function subscribe(who: Participant, from: Participant, dataChannelName: string, more: Record<string, unknown> = {}) {
  await waitUntil(
    `${from.name} publishes ${dataChannelName}`,
    () => list(from.sessionId),
    ({ published }) => published.some((channel) => channel.dataChannelName === dataChannelName),
  );
  const item = { remoteSessionId: from.sessionId, dataChannelName, ...more };
  const [result] = await who.page.evaluate(({ name, item }) => kit.peer(name).subscribeChannels([item]), { name: who.name, item });
  if (result?.negotiated === true) await openChannel(who, dataChannelName, { negotiated: true, id: result.id ?? 0 });
  await opened(who, dataChannelName);
  return result;
}

async function call<Reply>(method: string, path: string, body?: unknown): Promise<Reply> {
  const { host, appId, secret } = stage.daemon.access;
  const response = await fetch(`${host}/api/sfu/${appId}${path}`, {
    method,
    headers: { 'Content-Type': 'application/json', Authorization: `Bearer ${secret}` },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const reply = await response.json();
  if (!response.ok) throw new Error(`${method} ${path} → ${JSON.stringify(reply)}`);
  return reply as Reply;
}

function list(sessionId: string): Promise<ListDataChannelsReply> {
  return call('GET', `/session/${sessionId}/datachannels`);
}

/** The events of the app from now on. */
async function followEvents(): Promise<{ readonly events: readonly ApiEvent[]; stop(): void }> {
  const { host, appId, secret } = stage.daemon.access;
  const controller = new AbortController();
  const headers = { Authorization: `Bearer ${secret}` };
  const response = await fetch(`${host}/api/sfu/${appId}/events`, { headers, signal: controller.signal });
  if (!response.ok) throw new Error(`GET /events → ${response.status}`);
  const events: ApiEvent[] = [];
  const read = async (): Promise<void> => {
    let text = '';
    for await (const chunk of response.body!.pipeThrough(new TextDecoderStream())) {
      text += chunk;
      const blocks = text.split('\n\n');
      text = blocks.pop() ?? '';
      for (const block of blocks) {
        const line = block.split('\n').find((each) => each.startsWith('data:'));
        if (line !== undefined) events.push(JSON.parse(line.slice(5)));
      }
    }
  };
  read().catch(() => undefined);
  return { events, stop: () => controller.abort() };
}

describe.each([
  ['chromium', 'chromium'],
  ['chromium', 'firefox'],
  ['firefox', 'chromium'],
] as const)('data channels from %s to %s', (from, to) => {
  let publisher: Participant;
  let subscriber: Participant;

  afterEach(async () => {
    await publisher.page.close();
    await subscriber.page.close();
  });

  it.each([
    ['ordered', {}],
    ['unordered', { ordered: false }],
  ] as const)('carry messages of every kind and length, %s', async (label, init) => {
    publisher = await join(from, 'publisher', { channels: [{ label, ...init }] });
    subscriber = await join(to, 'subscriber', { receive: ['video'] });
    await subscribe(subscriber, publisher, label);

    const sent = await send(publisher, label, EVERY_KIND);

    const received = await sees(subscriber, label, sent.length);
    expect(await opened(subscriber, label)).toMatchObject({ ordered: label === 'ordered', protocol: `sfu;${publisher.sessionId}` });
    if (label === 'ordered') expect(received).toEqual(sent);
    else expect(sorted(received)).toEqual(sorted(sent));
  });

  it('carry many messages at full speed, each once and in order', async () => {
    publisher = await join(from, 'publisher', { channels: [{ label: 'bulk' }] });
    subscriber = await join(to, 'subscriber', { channels: [{ label: 'own' }] });
    await subscribe(subscriber, publisher, 'bulk');

    // The rate is that of one reader, since unread messages are bounded and the publisher is not slowed down.
    const sent: SeenMessage[] = [];
    for (let start = 0; start < BULK.length; start += 30) {
      sent.push(...(await send(publisher, 'bulk', BULK.slice(start, start + 30))));
      await sees(subscriber, 'bulk', sent.length);
    }

    expect(await seen(subscriber, 'bulk')).toEqual(sent);
  });

  it('deliver unreliable messages on a path without loss', async () => {
    publisher = await join(from, 'publisher', { channels: [{ label: 'pointer', ordered: false, maxRetransmits: 0 }] });
    subscriber = await join(to, 'subscriber', { receive: ['video'] });
    await subscribe(subscriber, publisher, 'pointer');

    const sent = await send(publisher, 'pointer', [{ kind: 'text', length: 20, seed: 1 }]);

    expect(await sees(subscriber, 'pointer', 1)).toEqual(sent);
    expect(await opened(subscriber, 'pointer')).toMatchObject({ ordered: false, maxRetransmits: 0 });
  });
});

function sorted(messages: readonly SeenMessage[]): readonly string[] {
  return messages.map((message) => JSON.stringify(message)).sort();
}

describe('a data channel', () => {
  it('gives a late subscriber the last message first, exactly once, and then live ones', async () => {
    const publisher = await stage.join('publisher', { receive: ['video'] });
    await call('POST', `/session/${publisher.sessionId}/datachannel/publish`, {
      dataChannels: [{ dataChannelName: 'text', retain: 'last' }],
    }).then((reply) =>
      publisher.page.evaluate(({ name, reply }) => kit.peer(name).answer(reply as never), { name: publisher.name, reply }),
    );
    await openChannel(publisher, 'text');
    const sent = await send(
      publisher,
      'text',
      [1, 2, 3].map((seed) => ({ kind: 'text', length: 10 + seed, seed })),
    );
    const late = await stage.join('late', { receive: ['video'] });
    await subscribe(late, publisher, 'text');

    const [next] = await send(publisher, 'text', [{ kind: 'text', length: 20, seed: 9 }]);
    await sees(late, 'text', 2);

    expect(await seen(late, 'text')).toEqual([sent[2], next]);
    await publisher.page.close();
    await late.page.close();
  });

  it('lets one subscriber reply to the publisher, on a channel negotiated by both', async () => {
    const publisher = await stage.join('publisher', { channels: [{ label: 'first' }] });
    const { dataChannels } = await call<{ dataChannels: { id: number }[] }>('POST', `/session/${publisher.sessionId}/datachannel/publish`, {
      dataChannels: [{ dataChannelName: 'chat', negotiated: true }],
    });
    await openChannel(publisher, 'chat', { negotiated: true, id: dataChannels[0]!.id });
    const subscriber = await stage.join('subscriber', { channels: [{ label: 'first' }] });
    const result = await subscribe(subscriber, publisher, 'chat', { negotiated: true, canReply: true });

    const question = await send(publisher, 'chat', [{ kind: 'text', length: 30, seed: 1 }]);
    expect(await sees(subscriber, 'chat', 1)).toEqual(question);
    const answer = await send(subscriber, 'chat', [{ kind: 'binary', length: 40, seed: 2 }]);

    expect(await sees(publisher, 'chat', 1)).toEqual(answer);
    expect([dataChannels[0]!.id % 2, (result?.id ?? 0) % 2]).toEqual([1, 1]);
    await publisher.page.close();
    await subscriber.page.close();
  });

  it('is closed when the tab of its publisher is, and an event says so', async () => {
    const feed = await followEvents();
    const publisher = await stage.join('publisher', { channels: [{ label: 'chat' }] });
    const subscriber = await stage.join('subscriber', { receive: ['video'] });
    await subscribe(subscriber, publisher, 'chat');

    // A tab that is closed normally ends its connection.
    await publisher.page.evaluate(({ name }) => kit.peer(name).connection.close(), { name: publisher.name });
    await publisher.page.close();

    await waitUntil(
      'the channel of the subscriber is closed',
      () => stateOf(subscriber, 'chat'),
      (state) => state === 'closed',
    );
    await waitUntil(
      'both ends are told of as events',
      () => feed.events.filter(({ type }) => type === 'datachannel.closed' || type === 'datachannel.unsubscribed'),
      (events) => events.length >= 2,
    );
    expect(feed.events).toContainEqual(
      expect.objectContaining({ type: 'datachannel.closed', sessionId: publisher.sessionId, reason: 'session_closed' }),
    );
    expect(feed.events).toContainEqual(
      expect.objectContaining({ type: 'datachannel.unsubscribed', sessionId: subscriber.sessionId, reason: 'session_closed' }),
    );
    expect((await list(subscriber.sessionId)).subscribed).toEqual([]);
    feed.stop();
    await subscriber.page.close();
  });

  it('with an invalid name as its label is closed, and the page sees that', async () => {
    const feed = await followEvents();
    const publisher = await stage.join('publisher', { channels: [{ label: 'my chat' }] });

    await waitUntil(
      'the channel is closed',
      () => stateOf(publisher, 'my chat'),
      (state) => state === 'closed',
    );
    expect(feed.events).toContainEqual(
      expect.objectContaining({ type: 'datachannel.failed', dataChannelName: 'my chat', errorCode: 'invalid_params' }),
    );
    feed.stop();
    await publisher.page.close();
  });

  it('ends the subscription of a reader who stops reading, and does not affect the others', async () => {
    const feed = await followEvents();
    const publisher = await stage.join('publisher', { channels: [{ label: 'bulk' }] });
    const reader = await stage.join('reader', { receive: ['video'] });
    const stopped = await stage.join('stopped', { receive: ['video'] });
    await subscribe(reader, publisher, 'bulk');
    await subscribe(stopped, publisher, 'bulk');

    await stopped.page.crash();
    const sent: SeenMessage[] = [];
    for (let start = 0; start < BULK.length; start += 30) {
      sent.push(...(await send(publisher, 'bulk', BULK.slice(start, start + 30))));
      await sees(reader, 'bulk', sent.length);
    }

    expect(await seen(reader, 'bulk')).toEqual(sent);
    await waitUntil(
      'the subscription of the one who stopped is over',
      () => feed.events.filter(({ type }) => type === 'datachannel.overflow'),
      (events) => events.length > 0,
    );
    expect(feed.events.find(({ type }) => type === 'datachannel.overflow')).toMatchObject({ sessionId: stopped.sessionId });
    feed.stop();
    await publisher.page.close();
    await reader.page.close();
  });
});
