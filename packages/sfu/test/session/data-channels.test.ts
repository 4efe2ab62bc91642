import type { DataChannelInfo, DataPublicationPlan, DataSubscriptionPlan } from '@causeway/media';
import { DataChannelName, type PublishDataChannelItem, type SubscribeDataChannelItem } from '@causeway/protocol';
import { ScriptedClient } from '@causeway/testkit/mesh';
import { StreamIds } from '../../src/session/data/session-data.ts';
import { APP, type Joined, OTHER_APP, SfuUnderTest } from '../doubles/sfu-under-test.ts';

const RELIABLE = { ordered: true, maxRetransmits: undefined, maxPacketLifeTimeMs: undefined };

function name(text: string): DataChannelName {
  return DataChannelName.parse(text);
}

/** A client that has data channels from the start, or none yet. */
async function join(world: SfuUnderTest, { hasData = true, autoPublish = true } = {}): Promise<Joined> {
  const client = new ScriptedClient();
  client.addTransceiver('video', { direction: 'recvonly' });
  if (hasData) client.addDataSection();
  const joined = await world.join(client, { autoPublish });
  world.shard.connect(joined.id);
  return joined;
}

function open(world: SfuUnderTest, { id }: Joined, label: string, changes: Partial<DataChannelInfo> = {}): void {
  const channel = { streamId: 0, label, protocol: '', ...RELIABLE, ...changes };
  world.shard.listener({ type: 'data-channel-opened', transportId: id, ...channel });
}

const publish = (world: SfuUnderTest, { id }: Joined, ...dataChannels: PublishDataChannelItem[]) =>
  world.sfu.publishDataChannels(APP, id, { dataChannels });

const subscribe = (world: SfuUnderTest, { id }: Joined, ...dataChannels: SubscribeDataChannelItem[]) =>
  world.sfu.subscribeDataChannels(APP, id, { dataChannels });

/** Returns the publications that the engine was last told of, one for each id. */
function publications(world: SfuUnderTest): readonly DataPublicationPlan[] {
  const plans = new Map<string, DataPublicationPlan>();
  for (const command of world.shard.dataCommands) {
    if (command.type === 'put-data-publication') plans.set(command.plan.publicationId, command.plan);
    if (command.type === 'remove-data-publication') plans.delete(command.publicationId);
  }
  return [...plans.values()];
}

function subscriptions(world: SfuUnderTest): readonly DataSubscriptionPlan[] {
  const plans = new Map<string, DataSubscriptionPlan>();
  for (const command of world.shard.dataCommands) {
    if (command.type === 'put-data-subscription') plans.set(command.plan.subscriptionId, command.plan);
    if (command.type === 'remove-data-subscription') plans.delete(command.subscriptionId);
  }
  return [...plans.values()];
}

function eventTypes(world: SfuUnderTest): readonly string[] {
  return world.events.map(({ type }) => type).filter((type) => type.startsWith('datachannel.'));
}

describe('a channel that the page opens', () => {
  it('is published under its label, as reliable as the page has made it', async () => {
    const world = new SfuUnderTest();
    const publisher = await join(world);
    open(world, publisher, 'cursor', { streamId: 4, ordered: false, maxRetransmits: 0 });

    expect(publications(world)).toMatchObject([
      {
        transportId: publisher.id,
        stream: { streamId: 4, isNegotiated: false },
        reliability: { ordered: false, maxRetransmits: 0, maxPacketLifeTimeMs: undefined },
        retain: 0,
        isBus: false,
        account: APP,
      },
    ]);
    expect(await world.sfu.listDataChannels(APP, publisher.id)).toEqual({
      sessionId: publisher.id,
      published: [
        {
          dataChannelName: 'cursor',
          id: 4,
          negotiated: false,
          status: 'open',
          ordered: false,
          maxRetransmits: 0,
          retain: 'none',
          bus: false,
        },
      ],
      subscribed: [],
    });
    expect(world.events).toContainEqual(
      expect.objectContaining({ type: 'datachannel.published', sessionId: publisher.id, dataChannelName: 'cursor', streamId: 4 }),
    );
  });

  it('is not published by itself in a session with autoPublish: false, but may be by a call before or after', async () => {
    const world = new SfuUnderTest();
    const publisher = await join(world, { autoPublish: false });
    open(world, publisher, 'after', { streamId: 0 });
    expect(publications(world)).toEqual([]);

    await publish(world, publisher, { dataChannelName: name('after') }, { dataChannelName: name('before'), retain: 'last' });
    open(world, publisher, 'before', { streamId: 2 });

    expect(publications(world)).toMatchObject([
      { stream: { streamId: 0 }, retain: 0 },
      { stream: { streamId: 2 }, retain: 1 },
    ]);
  });

  it.each([
    ['is no name', 'my chat', 'invalid_params'],
    ['is empty', '', 'invalid_params'],
    ['a negotiated channel has', 'taken', 'data_channel_conflict'],
  ])('whose label %s is closed, and an event says why', async (_case, label, errorCode) => {
    const world = new SfuUnderTest();
    const publisher = await join(world);
    await publish(world, publisher, { dataChannelName: name('taken'), negotiated: true });
    open(world, publisher, label, { streamId: 2 });

    expect(publications(world)).toHaveLength(1);
    expect(world.shard.dataCommands).toContainEqual({ type: 'close-data-channel', transportId: publisher.id, streamId: 2 });
    expect(world.events).toContainEqual(expect.objectContaining({ type: 'datachannel.failed', dataChannelName: label, errorCode }));
  });

  it('takes the place of one that had its label, for subscribers on the channel that they have', async () => {
    const world = new SfuUnderTest();
    const publisher = await join(world);
    await publish(world, publisher, { dataChannelName: name('chat'), retain: 'last' });
    open(world, publisher, 'chat', { streamId: 0 });
    await subscribe(world, publisher, { remoteSessionId: publisher.id, dataChannelName: 'chat' });
    open(world, publisher, 'chat', { streamId: 2 });

    expect(publications(world)).toMatchObject([{ stream: { streamId: 2 }, retain: 1 }]);
    expect(subscriptions(world)).toMatchObject([{ publicationId: publications(world)[0]?.publicationId, stream: { streamId: 129 } }]);
    expect(world.events).toContainEqual(expect.objectContaining({ type: 'datachannel.closed', reason: 'replaced' }));
  });

  it('is closed when the session has as many as it may', async () => {
    const world = new SfuUnderTest();
    const publisher = await join(world);
    for (let count = 0; count < 256; count++) open(world, publisher, `c${count}`, { streamId: count * 2 });
    open(world, publisher, 'one-more', { streamId: 600 });

    expect(publications(world)).toHaveLength(256);
    expect(world.events.at(-1)).toMatchObject({ type: 'datachannel.failed', errorCode: 'quota_exceeded' });
  });

  it('takes its publication with it when the page closes it', async () => {
    const world = new SfuUnderTest();
    const publisher = await join(world);
    open(world, publisher, 'chat');
    const [plan] = publications(world);
    world.shard.listener({ type: 'data-publication-closed', publicationId: plan?.publicationId ?? '', reason: 'closed_by_peer' });

    expect((await world.sfu.listDataChannels(APP, publisher.id)).published).toEqual([]);
    expect(world.events.at(-1)).toMatchObject({ type: 'datachannel.closed', dataChannelName: 'chat', reason: 'closed_by_peer' });
    // The engine has forgotten it by itself.
    expect(world.shard.dataCommands.filter(({ type }) => type === 'remove-data-publication')).toEqual([]);
  });
});

describe('publishing by a call', () => {
  it('waits for the page to open the channel, and then has its reliability', async () => {
    const world = new SfuUnderTest();
    const publisher = await join(world);
    const reply = await publish(world, publisher, { dataChannelName: name('text'), retain: 3, bus: true });

    expect(reply).toEqual({
      immediateRenegotiationRequired: false,
      sessionId: publisher.id,
      dataChannels: [{ dataChannelName: 'text', negotiated: false, status: 'pending', ordered: true, retain: 3, bus: true }],
    });
    expect(publications(world)).toEqual([]);
    open(world, publisher, 'text', { maxPacketLifeTimeMs: 500 });

    expect(publications(world)).toMatchObject([{ retain: 3, isBus: true, reliability: { maxPacketLifeTimeMs: 500 } }]);
    expect(eventTypes(world)).toEqual(['datachannel.published']);
  });

  it('gives negotiated channels odd ids from 128 to 1,023, and none twice in a row', async () => {
    const world = new SfuUnderTest();
    const publisher = await join(world);
    const seen: number[] = [];
    for (let round = 0; round < 600; round++) {
      const { dataChannels } = await publish(world, publisher, { dataChannelName: name('c'), negotiated: true });
      seen.push(dataChannels[0]?.id ?? -1);
      await world.sfu.closeDataChannels(APP, publisher.id, { dataChannels: [{ dataChannelName: 'c' }] });
    }

    expect(seen.every((id) => id % 2 === 1 && id > 128 && id < 1024)).toBe(true);
    expect(new Set(seen.slice(0, 448)).size).toBe(448);
    expect(seen[448]).toBe(129);
  });

  it('leaves the ids that peers begin at to them until no others are free', () => {
    const ids = new StreamIds();
    const used = new Set<number>();
    for (let id = ids.next('client', used); id !== undefined; id = ids.next('client', used)) used.add(id);
    const order = [...used];

    expect(used.size).toBe(512);
    expect(order.slice(0, 2)).toEqual([128, 130]);
    expect(order.slice(447, 450)).toEqual([1022, 0, 2]);
  });

  it('may be repeated, and changes what is kept', async () => {
    const world = new SfuUnderTest();
    const publisher = await join(world);
    const first = await publish(world, publisher, { dataChannelName: name('c'), negotiated: true, ordered: false });
    const second = await publish(world, publisher, { dataChannelName: name('c'), negotiated: true, ordered: false });
    const third = await publish(world, publisher, { dataChannelName: name('c'), retain: 'last' });

    expect(second).toEqual(first);
    expect(third.dataChannels[0]).toEqual({ ...first.dataChannels[0], retain: 'last' });
    expect(publications(world)).toMatchObject([{ retain: 1, reliability: { ordered: false } }]);
  });

  it.each([
    [{ dataChannelName: name('c'), negotiated: false }],
    [{ dataChannelName: name('c'), ordered: false }],
    [{ dataChannelName: name('c'), maxRetransmits: 1 }],
  ])('refuses to change what the page has made the channel with: %o', async (item) => {
    const world = new SfuUnderTest();
    const publisher = await join(world);
    await publish(world, publisher, { dataChannelName: name('c'), negotiated: true });

    await expect(publish(world, publisher, item)).rejects.toMatchObject({
      code: 'data_channel_conflict',
      dataChannels: [{ dataChannelName: 'c', errorCode: 'data_channel_conflict' }],
    });
  });

  it('offers m=application where there is none, and needs no SDP after that', async () => {
    const world = new SfuUnderTest();
    const publisher = await join(world, { hasData: false });
    const reply = await publish(world, publisher, { dataChannelName: name('c'), negotiated: true });
    expect(reply).toMatchObject({ immediateRenegotiationRequired: true, sessionDescription: { type: 'offer' } });
    expect(world.shard.dataCommands.filter(({ type }) => type === 'set-data-peer')).toEqual([]);
    publisher.client.sctp = { port: 5000, maxMessageSize: 65_535 };
    await publisher.answer(reply as Parameters<Joined['answer']>[0]);
    const again = await publish(world, publisher, { dataChannelName: name('d'), negotiated: true });

    expect(world.shard.dataCommands).toContainEqual({
      type: 'set-data-peer',
      plan: { transportId: publisher.id, maxMessageBytes: 65_535 },
    });
    expect(again.immediateRenegotiationRequired).toBe(false);
    expect(again.sessionDescription).toBeUndefined();
  });

  it('takes an offer of the client that brings m=application', async () => {
    const world = new SfuUnderTest();
    const publisher = await join(world, { hasData: false });
    publisher.client.addDataSection();
    const reply = await world.sfu.publishDataChannels(APP, publisher.id, {
      dataChannels: [{ dataChannelName: name('c') }],
      sessionDescription: publisher.client.createOffer(),
    });

    expect(reply).toMatchObject({ immediateRenegotiationRequired: false, sessionDescription: { type: 'answer' } });
    publisher.client.applyAnswer({ sdp: reply.sessionDescription?.sdp ?? '' });
  });

  it('refuses an offer without m=application, and publishes nothing', async () => {
    const world = new SfuUnderTest();
    const publisher = await join(world, { hasData: false });
    const request = { dataChannels: [{ dataChannelName: name('c') }], sessionDescription: publisher.client.createOffer() };

    await expect(world.sfu.publishDataChannels(APP, publisher.id, request)).rejects.toMatchObject({ code: 'invalid_session_description' });
    expect((await world.sfu.listDataChannels(APP, publisher.id)).published).toEqual([]);
  });
});

describe('subscribing', () => {
  it('opens a channel under the name, from the publisher, by an id of the SFU', async () => {
    const world = new SfuUnderTest();
    const publisher = await join(world);
    const viewer = await join(world);
    open(world, publisher, 'cursor', { ordered: false, maxRetransmits: 0 });
    const reply = await subscribe(world, viewer, { remoteSessionId: publisher.id, dataChannelName: 'cursor' });

    expect(reply).toEqual({
      immediateRenegotiationRequired: false,
      sessionId: viewer.id,
      dataChannels: [
        {
          remoteSessionId: publisher.id,
          dataChannelName: 'cursor',
          id: 129,
          negotiated: false,
          status: 'pending',
          ordered: false,
          maxRetransmits: 0,
          canReply: false,
          waitForAck: false,
          paused: false,
        },
      ],
    });
    expect(subscriptions(world)).toMatchObject([
      {
        transportId: viewer.id,
        publicationId: publications(world)[0]?.publicationId,
        stream: { streamId: 129, isNegotiated: false },
        label: 'cursor',
        protocol: `sfu;${publisher.id}`,
        canReply: 'none',
        isSticky: true,
        account: APP,
      },
    ]);
  });

  it('says when the channel is open, and returns the same one when asked twice', async () => {
    const world = new SfuUnderTest();
    const publisher = await join(world);
    open(world, publisher, 'chat');
    const item = { remoteSessionId: publisher.id, dataChannelName: 'chat' };
    await subscribe(world, publisher, item);
    world.shard.listener({ type: 'data-subscription-opened', subscriptionId: subscriptions(world)[0]?.subscriptionId ?? '' });
    const again = await subscribe(world, publisher, item);

    expect(again.dataChannels).toMatchObject([{ id: 129, status: 'open', alreadySubscribed: true }]);
    expect(world.events.at(-1)).toMatchObject({ type: 'datachannel.subscribed', remoteSessionId: publisher.id, streamId: 129 });
  });

  it('names what is not there, item by item, and fails only if nothing is', async () => {
    const world = new SfuUnderTest();
    const publisher = await join(world);
    open(world, publisher, 'chat');
    const chat = { remoteSessionId: publisher.id, dataChannelName: 'chat' };
    const wrongName = { remoteSessionId: publisher.id, dataChannelName: 'chess' };
    const wrongSession = { remoteSessionId: 'session-101-00000000-0000-4000-8000-000000000000', dataChannelName: 'chat' };
    const reply = await subscribe(world, publisher, chat, wrongName, wrongSession);

    expect(reply.dataChannels.map(({ errorCode }) => errorCode)).toEqual([undefined, 'data_channel_not_found', 'session_not_found']);
    await expect(subscribe(world, publisher, wrongName)).rejects.toMatchObject({ code: 'data_channel_not_found' });
    await expect(subscribe(world, publisher, wrongName, wrongSession)).rejects.toMatchObject({ code: 'multiple_errors' });
  });

  it('finds nothing of another app', async () => {
    const world = new SfuUnderTest();
    const publisher = await join(world);
    open(world, publisher, 'chat');
    const client = new ScriptedClient();
    client.addDataSection();
    const { sessionId } = await world.sfu.createSession(OTHER_APP, { sessionDescription: client.createOffer() });
    const request = { dataChannels: [{ remoteSessionId: publisher.id, dataChannelName: 'chat' }] };

    await expect(world.sfu.subscribeDataChannels(OTHER_APP, sessionId, request)).rejects.toMatchObject({ code: 'session_not_found' });
  });

  it('follows the name from one publication of the session to the next, on the same channel', async () => {
    const world = new SfuUnderTest();
    const publisher = await join(world);
    const viewer = await join(world);
    open(world, publisher, 'chat', { streamId: 0 });
    await subscribe(world, viewer, { remoteSessionId: publisher.id, dataChannelName: 'chat' });
    await world.sfu.closeDataChannels(APP, publisher.id, { dataChannels: [{ dataChannelName: 'chat' }] });
    expect(subscriptions(world)).toMatchObject([{ publicationId: undefined, stream: { streamId: 129 } }]);
    open(world, publisher, 'chat', { streamId: 2 });

    expect(subscriptions(world)).toMatchObject([{ publicationId: publications(world)[0]?.publicationId, stream: { streamId: 129 } }]);
    expect(eventTypes(world)).toEqual(['datachannel.published', 'datachannel.closed', 'datachannel.published']);
  });

  it('ends with the session of the publisher, and an event says so', async () => {
    const world = new SfuUnderTest();
    const publisher = await join(world);
    const viewer = await join(world);
    open(world, publisher, 'chat');
    await subscribe(world, viewer, { remoteSessionId: publisher.id, dataChannelName: 'chat' });
    world.shard.lose(publisher.id, 'peer_closed');

    expect(subscriptions(world)).toEqual([]);
    expect((await world.sfu.listDataChannels(APP, viewer.id)).subscribed).toEqual([]);
    expect(world.events).toContainEqual(expect.objectContaining({ type: 'datachannel.closed', reason: 'session_closed' }));
    expect(world.events).toContainEqual(
      expect.objectContaining({ type: 'datachannel.unsubscribed', sessionId: viewer.id, reason: 'session_closed' }),
    );
  });

  it('gives the right to reply to the last one that asked for it alone', async () => {
    const world = new SfuUnderTest();
    const [publisher, first, second, third] = [await join(world), await join(world), await join(world), await join(world)];
    open(world, publisher, 'chat');
    const chat = { remoteSessionId: publisher.id, dataChannelName: 'chat' };
    await subscribe(world, first, { ...chat, canReply: true });
    await subscribe(world, second, { ...chat, canReply: 'many' });
    await subscribe(world, third, chat);
    await world.sfu.updateDataChannels(APP, third.id, { dataChannels: [{ id: 129, canReply: true }] });

    expect(subscriptions(world).map(({ canReply }) => canReply)).toEqual(['none', 'many', 'one']);
    expect((await world.sfu.listDataChannels(APP, first.id)).subscribed).toMatchObject([{ canReply: false }]);
    await world.sfu.closeDataChannels(APP, third.id, { dataChannels: [{ id: 129 }] });
    await world.sfu.updateDataChannels(APP, first.id, { dataChannels: [{ ...chat, canReply: true, paused: true }] });

    expect(subscriptions(world)).toMatchObject([{ canReply: 'one', isPaused: true }, { canReply: 'many' }]);
  });

  it.each([
    ['overflow', 'datachannel.overflow'],
    ['closed_by_peer', 'datachannel.unsubscribed'],
    ['channel_refused', 'datachannel.unsubscribed'],
  ] as const)('is over when the engine has ended it: %s', async (reason, type) => {
    const world = new SfuUnderTest();
    const publisher = await join(world);
    open(world, publisher, 'chat');
    await subscribe(world, publisher, { remoteSessionId: publisher.id, dataChannelName: 'chat' });
    const subscriptionId = subscriptions(world)[0]?.subscriptionId ?? '';
    world.shard.listener({ type: 'data-subscription-closed', subscriptionId, reason });

    expect(world.events.at(-1)).toMatchObject({ type, dataChannelName: 'chat', streamId: 129 });
    expect((await world.sfu.listDataChannels(APP, publisher.id)).subscribed).toEqual([]);
  });

  it('is counted, with what befell it', async () => {
    const world = new SfuUnderTest();
    const publisher = await join(world);
    open(world, publisher, 'chat');
    open(world, publisher, 'no name', { streamId: 2 });
    await subscribe(world, publisher, { remoteSessionId: publisher.id, dataChannelName: 'chat' });
    const subscriptionId = subscriptions(world)[0]?.subscriptionId ?? '';
    const before = await world.sfu.inspect();
    world.shard.listener({ type: 'data-message-too-large', subscriptionId, sizeBytes: 2, maxMessageBytes: 1 });
    world.shard.listener({ type: 'data-subscription-closed', subscriptionId, reason: 'overflow' });

    expect(before.objects.sessions).toMatchObject({ openDataChannels: 1, dataSubscriptions: 1, dataFollowers: 1 });
    expect((await world.sfu.inspect()).dataTroubles).toEqual({ failed: 1, overflow: 1, oversized: 1 });
  });

  it('reports messages that are too long for the client', async () => {
    const world = new SfuUnderTest();
    const publisher = await join(world);
    open(world, publisher, 'chat');
    await subscribe(world, publisher, { remoteSessionId: publisher.id, dataChannelName: 'chat' });
    const subscriptionId = subscriptions(world)[0]?.subscriptionId ?? '';
    world.shard.listener({ type: 'data-message-too-large', subscriptionId, sizeBytes: 100_000, maxMessageBytes: 65_535 });

    expect(world.events.at(-1)).toMatchObject({ type: 'datachannel.oversized', sizeBytes: 100_000, maxMessageBytes: 65_535 });
  });
});

describe('an offer of m=application', () => {
  async function scene() {
    const world = new SfuUnderTest();
    const publisher = await join(world);
    open(world, publisher, 'chat');
    const viewer = await join(world, { hasData: false });
    return { world, viewer, chat: { remoteSessionId: publisher.id, dataChannelName: 'chat' } };
  }

  it('that is never answered is withdrawn, and the subscriptions that waited for it end', async () => {
    const { world, viewer, chat } = await scene();
    await subscribe(world, viewer, chat);
    await world.clock.advance(10_000);

    expect((await world.sfu.listDataChannels(APP, viewer.id)).subscribed).toEqual([]);
    expect(world.events.at(-1)).toMatchObject({ type: 'datachannel.failed', errorCode: 'negotiation_timeout' });
  });

  it('that the client rejects ends the subscriptions, and may be made again', async () => {
    const { world, viewer, chat } = await scene();
    viewer.client.refusesData = true;
    const reply = await subscribe(world, viewer, chat);
    await viewer.answer(reply as Parameters<Joined['answer']>[0]);
    expect(world.events.at(-1)).toMatchObject({ type: 'datachannel.failed', errorCode: 'invalid_session_description' });
    viewer.client.refusesData = false;

    expect(await subscribe(world, viewer, chat)).toMatchObject({ immediateRenegotiationRequired: true });
  });

  it('goes together with tracks that are asked for while an offer is open, and one call carries it', async () => {
    const { world, viewer, chat } = await scene();
    const camera = await world.joinPublisher('camera');
    const screen = await world.joinPublisher('screen');
    const first = await viewer.subscribe(camera.track('camera'));
    const waiting = viewer.subscribe(screen.track('screen'));
    await world.clock.advance(1);
    const joined = await subscribe(world, viewer, chat);
    expect(joined.immediateRenegotiationRequired).toBe(false);
    await viewer.answer(first);
    const second = await waiting;
    await viewer.answer(second);

    expect(second.immediateRenegotiationRequired).toBe(true);
    expect(viewer.client.lastRemote?.sections.map(({ kind }) => kind)).toEqual(['video', 'video', 'application']);
    expect(world.shard.dataCommands).toContainEqual(expect.objectContaining({ type: 'set-data-peer' }));
  });

  it('waits for the open one to be answered when the call comes alone', async () => {
    const { world, viewer, chat } = await scene();
    const camera = await world.joinPublisher('camera');
    const first = await viewer.subscribe(camera.track('camera'));
    const waiting = subscribe(world, viewer, chat);
    await world.clock.advance(1);
    await viewer.answer(first);
    const reply = await waiting;
    await viewer.answer(reply as Parameters<Joined['answer']>[0]);

    expect(reply.immediateRenegotiationRequired).toBe(true);
    expect(subscriptions(world)).toHaveLength(1);
  });

  it('is given up when the open one stays unanswered, and nothing of the call remains', async () => {
    const { world, viewer, chat } = await scene();
    const camera = await world.joinPublisher('camera');
    await viewer.subscribe(camera.track('camera'));
    const waiting = subscribe(world, viewer, chat);
    const refused = expect(waiting).rejects.toMatchObject({ code: 'negotiation_in_progress' });
    await world.clock.advance(5_000);
    await refused;

    expect((await world.sfu.listDataChannels(APP, viewer.id)).subscribed).toEqual([]);
    expect(subscriptions(world)).toEqual([]);
  });
});

test('data channels of a session that has ended leave nothing behind', async () => {
  const world = new SfuUnderTest();
  const publisher = await join(world);
  const viewer = await join(world);
  open(world, publisher, 'chat');
  await subscribe(world, viewer, { remoteSessionId: publisher.id, dataChannelName: 'chat', canReply: true });
  await world.sfu.deleteSession(APP, viewer.id);
  await world.sfu.deleteSession(APP, publisher.id);

  const { sessions } = (await world.sfu.inspect()).objects;
  expect(sessions).toMatchObject({ openDataChannels: 0, dataSubscriptions: 0, dataFollowers: 0, registryDataChannels: 0 });
});
