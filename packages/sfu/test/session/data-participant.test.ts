import { DataChannelName } from '@causeway/protocol';
import { ScriptedClient } from '@causeway/testkit/mesh';
import { APP, type Joined, SfuUnderTest } from '../doubles/sfu-under-test.ts';

async function join(world: SfuUnderTest): Promise<Joined> {
  const client = new ScriptedClient();
  client.addDataSection();
  const joined = await world.join(client);
  world.shard.connect(joined.id);
  return joined;
}

function open(world: SfuUnderTest, { id }: Joined, label: string): void {
  const info = { streamId: 0, label, protocol: '', ordered: true, maxRetransmits: undefined, maxPacketLifeTimeMs: undefined };
  world.shard.listener({ type: 'data-channel-opened', transportId: id, ...info });
}

function lastPlan(world: SfuUnderTest, type: 'put-data-publication' | 'put-data-subscription') {
  const command = world.shard.dataCommands.findLast((each) => each.type === type);
  if (command === undefined || !('plan' in command)) throw new Error(`no ${type} was sent`);
  return command.plan;
}

test('a participant is a session that clients find, without a peer connection and without a time limit', async () => {
  const world = new SfuUnderTest();
  const bot = await world.sfu.data(APP, { metadata: 'bot' });
  await world.clock.advance(60_000);

  const { sessions } = await world.sfu.listSessions(APP);

  expect(sessions).toEqual([{ sessionId: bot.sessionId, sfuAppId: APP, metadata: 'bot', connectionState: 'connected' }]);
  expect(world.shard.transports.size).toBe(0);
});

test('what it sends goes to the engine, as a publication of no peer', async () => {
  const world = new SfuUnderTest();
  const bot = await world.sfu.data(APP);
  const score = bot.publish('score', { retain: 'last', ordered: false, maxRetransmits: 0 });
  score.send('1:0');
  score.send(Uint8Array.of(1));

  expect(lastPlan(world, 'put-data-publication')).toMatchObject({
    transportId: undefined,
    stream: undefined,
    retain: 1,
    reliability: { ordered: false, maxRetransmits: 0 },
    account: APP,
  });
  const { publicationId } = lastPlan(world, 'put-data-publication') as { readonly publicationId: string };
  expect(world.shard.dataCommands.slice(-2)).toEqual([
    { type: 'publish-data', publicationId, data: '1:0' },
    { type: 'publish-data', publicationId, data: Uint8Array.of(1) },
  ]);
  expect(await world.sfu.listDataChannels(APP, bot.sessionId)).toMatchObject({ published: [{ dataChannelName: 'score', status: 'open' }] });
});

test('a page subscribes to it by its session id, and its replies are heard', async () => {
  const world = new SfuUnderTest();
  const heard: unknown[] = [];
  const bot = await world.sfu.data(APP);
  bot.publish('questions', { onReply: (message) => heard.push(message) });
  const viewer = await join(world);
  await world.sfu.subscribeDataChannels(APP, viewer.id, {
    dataChannels: [{ remoteSessionId: bot.sessionId, dataChannelName: 'questions', canReply: true }],
  });
  const { publicationId } = lastPlan(world, 'put-data-publication') as { readonly publicationId: string };
  world.shard.listener({ type: 'data-reply-received', publicationId, data: 'why?' });

  expect(lastPlan(world, 'put-data-subscription')).toMatchObject({ transportId: viewer.id, publicationId, canReply: 'one' });
  expect(heard).toEqual(['why?']);
});

test('it hears what a page publishes, answers, and is told when that ends', async () => {
  const world = new SfuUnderTest();
  const publisher = await join(world);
  open(world, publisher, 'chat');
  const heard: unknown[] = [];
  const bot = await world.sfu.data(APP);
  const chat = await bot.subscribe({
    remoteSessionId: publisher.id,
    dataChannelName: 'chat',
    canReply: true,
    onMessage: (message) => heard.push(message),
    onClosed: (reason) => heard.push(reason),
  });
  const { subscriptionId } = lastPlan(world, 'put-data-subscription') as { readonly subscriptionId: string };
  world.shard.listener({ type: 'data-received', subscriptionId, data: 'hello' });
  chat.send('you said: hello');
  expect(world.shard.dataCommands.at(-1)).toEqual({ type: 'reply-data', subscriptionId, data: 'you said: hello' });
  await world.sfu.deleteSession(APP, publisher.id);

  expect(heard).toEqual(['hello', 'session_closed']);
  expect(() => chat.send('too late')).toThrow(expect.objectContaining({ code: 'data_channel_not_found' }));
});

test('what cannot be is refused with a code', async () => {
  const world = new SfuUnderTest();
  const publisher = await join(world);
  open(world, publisher, 'chat');
  const bot = await world.sfu.data(APP);
  const score = bot.publish('score');
  const onMessage = (): void => undefined;
  const chat = { remoteSessionId: publisher.id, dataChannelName: 'chat', onMessage };
  await bot.subscribe(chat);

  expect(() => bot.publish('no name')).toThrow(expect.objectContaining({ code: 'invalid_params' }));
  expect(() => bot.publish('score')).toThrow(expect.objectContaining({ code: 'data_channel_conflict' }));
  expect(() => bot.publish('c', { maxRetransmits: 1, maxPacketLifeTime: 1 })).toThrow(expect.objectContaining({ code: 'invalid_params' }));
  expect(() => score.send(new Uint8Array(256 * 1024 + 1))).toThrow(expect.objectContaining({ code: 'payload_too_large' }));
  expect(() => score.send('é'.repeat(131_073))).toThrow(expect.objectContaining({ code: 'payload_too_large' }));
  await expect(bot.subscribe(chat)).rejects.toMatchObject({ code: 'data_channel_conflict' });
  await expect(bot.subscribe({ ...chat, dataChannelName: 'chess' })).rejects.toMatchObject({ code: 'data_channel_not_found' });
  score.close();
  expect(() => score.send('')).toThrow(expect.objectContaining({ code: 'data_channel_not_found' }));
  bot.close();
  expect(() => bot.publish('score')).toThrow(expect.objectContaining({ code: 'session_closed' }));
});

test('its session cannot be negotiated over HTTP', async () => {
  const world = new SfuUnderTest();
  const bot = await world.sfu.data(APP);
  const camera = await world.joinPublisher('camera');
  const sessionDescription = new ScriptedClient().createOffer();
  const forbidden = { code: 'forbidden' };

  await expect(world.sfu.renegotiate(APP, bot.sessionId, { sessionDescription })).rejects.toMatchObject(forbidden);
  await expect(world.sfu.subscribe(APP, bot.sessionId, { tracks: [camera.track('camera')] })).rejects.toMatchObject(forbidden);
  const dataChannels = [{ dataChannelName: DataChannelName.parse('c') }];
  await expect(world.sfu.publishDataChannels(APP, bot.sessionId, { dataChannels })).rejects.toMatchObject(forbidden);
});

test('its end takes its channels along, and leaves nothing behind', async () => {
  const world = new SfuUnderTest();
  let ended = 0;
  const publisher = await join(world);
  open(world, publisher, 'chat');
  const bot = await world.sfu.data(APP, { onClosed: () => ended++ });
  bot.publish('score');
  await bot.subscribe({ remoteSessionId: publisher.id, dataChannelName: 'chat', onMessage: () => undefined });
  await world.sfu.deleteSession(APP, bot.sessionId);
  await world.sfu.deleteSession(APP, publisher.id);

  expect(ended).toBe(1);
  expect(world.shard.dataCommands.map(({ type }) => type)).toEqual(
    expect.arrayContaining(['remove-data-publication', 'remove-data-subscription']),
  );
  const { sessions } = (await world.sfu.inspect()).objects;
  expect(sessions).toMatchObject({ sessions: 0, openDataChannels: 0, dataFollowers: 0, registrySessions: 0, registryDataChannels: 0 });
});

test('says how much waits for the slowest of its subscribers', async () => {
  const world = new SfuUnderTest();
  const bot = await world.sfu.data(APP);
  const score = bot.publish('score');
  const viewer = await join(world);
  await world.sfu.subscribeDataChannels(APP, viewer.id, { dataChannels: [{ remoteSessionId: bot.sessionId, dataChannelName: 'score' }] });

  const { subscriptionId } = lastPlan(world, 'put-data-subscription') as { readonly subscriptionId: string };
  const counts = { messagesSent: 3, bytesSent: 4, messagesDropped: 0, messagesTooLarge: 0 };
  world.shard.dataSubscriptions = [
    { subscriptionId, ...counts, bufferedBytes: 5_000 },
    { subscriptionId: 'of another channel', ...counts, bufferedBytes: 9_000 },
  ];

  expect(await score.bufferedBytes()).toBe(5_000);
});
