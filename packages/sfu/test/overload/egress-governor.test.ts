import { DataChannelName, SfuError, type SubscribeItem } from '@causeway/protocol';
import { ScriptedClient } from '@causeway/testkit/mesh';
import { APP, type Joined, OTHER_APP, SfuUnderTest } from '../doubles/sfu-under-test.ts';

const INTERVAL_MS = 2_000;
const NOTHING = { down: 0, up: 0, relay: 0, retransmitted: 0, data: 0 };

/** A node whose app may be sent 4 Mbit/s, with subscriptions that carry what the test says. */
class GovernedNode extends SfuUnderTest {
  constructor(maxEgressBps = 4e6) {
    super({ appBounds: { maxEgressBps } });
  }

  /** Viewers of a track, the oldest first. */
  async audience(publisher: Joined, count: number): Promise<readonly Joined[]> {
    const viewers: Joined[] = [];
    for (let index = 0; index < count; index++) {
      const viewer = await this.join(new ScriptedClient());
      this.shard.connect(viewer.id);
      await viewer.receive(publisher.track('camera'));
      viewers.push(viewer);
    }
    return viewers;
  }

  /** Time passes in which each subscription that is not paused carries so much. */
  async carry(bpsEach: number, intervals = 1): Promise<void> {
    for (let interval = 0; interval < intervals; interval++) {
      const bytes = (this.flowing.length * bpsEach * INTERVAL_MS) / 8_000;
      this.shard.usage = [{ account: APP, bytes: { ...NOTHING, down: bytes }, parts: [] }];
      await this.clock.advance(INTERVAL_MS);
    }
  }

  /** Sessions that are sent something. */
  get flowing(): readonly string[] {
    return [...this.shard.subscriptions.values()].filter(({ paused }) => !paused).map(({ transportId }) => transportId);
  }
}

test('when an app is above its bound, enough of its newest subscriptions are sent nothing', async () => {
  const node = new GovernedNode();
  const viewers = await node.audience(await node.joinPublisher('camera'), 6);

  await node.carry(1e6);

  expect(node.flowing).toEqual(viewers.slice(0, 4).map(({ id }) => id));
  expect((await node.sfu.inspect()).apps.heldSubscriptions).toBe(2);
});

test('an app within its bound is left alone', async () => {
  const node = new GovernedNode();
  await node.audience(await node.joinPublisher('camera'), 4);

  await node.carry(0.99e6, 5);

  expect(node.flowing).toHaveLength(4);
});

test('without a bound nothing is measured', async () => {
  const node = new GovernedNode(Number.POSITIVE_INFINITY);
  await node.audience(await node.joinPublisher('camera'), 6);

  await node.carry(1e9);

  expect(node.flowing).toHaveLength(6);
  expect(node.shard.usage).toHaveLength(1);
});

test('new subscriptions are refused while there is no room for them', async () => {
  const node = new GovernedNode();
  const publisher = await node.joinPublisher('camera');
  await node.audience(publisher, 5);
  await node.carry(1e6);
  const late = await node.join(new ScriptedClient());

  const [refused] = await Promise.allSettled([late.subscribe(publisher.track('camera'))]);

  expect(refused).toMatchObject({
    status: 'rejected',
    reason: { code: 'quota_exceeded', message: `the sessions of app ${APP} on this node have reached the egress limit of 4 Mbit/s` },
  });
  expect((await node.sfu.inspect()).apps.refused.egress).toBe(1);
});

test('a session that would begin with subscriptions is refused, one without is not', async () => {
  const node = new GovernedNode();
  const publisher = await node.joinPublisher('camera');
  await node.audience(publisher, 5);
  await node.carry(1e6);
  const client = new ScriptedClient();
  client.addTransceiver('video', { direction: 'recvonly' });
  const request = { sessionDescription: client.createOffer() };

  const outcomes = await Promise.allSettled([
    node.sfu.createSession(APP, { ...request, subscribe: [publisher.track('camera')] }),
    node.sfu.createSession(APP, request),
    node.sfu.createSession(OTHER_APP, request),
  ]);

  expect(outcomes.map(({ status }) => status)).toEqual(['rejected', 'fulfilled', 'fulfilled']);
  expect((outcomes[0] as PromiseRejectedResult).reason).toBeInstanceOf(SfuError);
});

test('what was held is sent again when others have left, the oldest first', async () => {
  const node = new GovernedNode();
  const viewers = await node.audience(await node.joinPublisher('camera'), 6);
  await node.carry(1e6);
  for (const { id } of viewers.slice(0, 2)) await node.sfu.deleteSession(APP, id);

  await node.carry(1e6, 3);

  expect(node.flowing).toEqual(viewers.slice(2, 5).map(({ id }) => id));
});

test('an app whose quota is used up gets no new subscriptions, and once it is paused nothing, until the quota is open again', async () => {
  const node = new GovernedNode(Number.POSITIVE_INFINITY);
  const publisher = await node.joinPublisher('camera');
  const viewers = await node.audience(publisher, 3);
  const ids = viewers.map(({ id }) => id);
  node.sfu.setQuota(APP, 'closed');
  const [outcome] = await Promise.allSettled([node.audience(publisher, 1)]);
  await node.carry(1e6, 2);
  const closed = node.flowing;

  node.sfu.setQuota(APP, 'paused');
  await node.carry(1e6, 2);
  const paused = node.flowing;
  node.sfu.setQuota(APP, 'open');
  await node.carry(1e6, 1);

  expect(outcome).toMatchObject({ status: 'rejected', reason: { code: 'quota_exceeded' } });
  expect(closed).toEqual(ids);
  expect(paused).toEqual([]);
  expect(node.flowing).toEqual(ids);
});

/** A channel of one page that another one receives and may reply on; both also have what the second client subscribes to. */
async function shareData(node: GovernedNode, ...tracks: SubscribeItem[]): Promise<Joined> {
  const [publisher, viewer] = [await joinWithData(node), await joinWithData(node)];
  const reliability = { ordered: true, maxRetransmits: undefined, maxPacketLifeTimeMs: undefined };
  node.shard.listener({ type: 'data-channel-opened', transportId: publisher.id, streamId: 0, label: 'chat', protocol: '', ...reliability });
  const channel = { remoteSessionId: publisher.id, dataChannelName: DataChannelName.parse('chat'), canReply: true };
  await node.sfu.subscribeDataChannels(APP, viewer.id, { dataChannels: [channel] });
  if (tracks.length > 0) await viewer.receive(...tracks);
  return viewer;
}

async function joinWithData(node: GovernedNode): Promise<Joined> {
  const client = new ScriptedClient();
  client.addDataSection();
  const joined = await node.join(client);
  node.shard.connect(joined.id);
  return joined;
}

/** What the engine was last told of the subscription to the data channel. */
function dataSubscription({
  shard,
}: GovernedNode): { readonly isPaused: boolean; readonly canReply: string; readonly isMuted?: boolean } | undefined {
  const plans = shard.dataCommands.flatMap((command) => (command.type === 'put-data-subscription' ? [command.plan] : []));
  const last = plans.at(-1);
  return last && { isPaused: last.isPaused, canReply: last.canReply, ...(last.isMuted !== undefined && { isMuted: last.isMuted }) };
}

test('the data channels of a paused app are paused in both directions, and go on as before once its quota is open', async () => {
  const node = new GovernedNode(Number.POSITIVE_INFINITY);
  await shareData(node);
  const before = dataSubscription(node);

  node.sfu.setQuota(APP, 'paused');
  await node.carry(0, 1);
  const paused = dataSubscription(node);
  node.sfu.setQuota(APP, 'open');
  await node.carry(0, 1);

  expect(before).toEqual({ isPaused: false, canReply: 'one' });
  expect(paused).toEqual({ isPaused: true, canReply: 'none', isMuted: true });
  expect(dataSubscription(node)).toEqual(before);
});

test('a subscriber to data that has paused itself may send nothing in a paused app either, and stays paused after it', async () => {
  const node = new GovernedNode(Number.POSITIVE_INFINITY);
  const { id } = await shareData(node);
  const [channel] = (await node.sfu.listDataChannels(APP, id)).subscribed;
  await node.sfu.updateDataChannels(APP, id, { dataChannels: [{ id: channel?.id, paused: true }] });
  const before = dataSubscription(node);

  node.sfu.setQuota(APP, 'paused');
  await node.carry(0, 1);
  const paused = dataSubscription(node);
  node.sfu.setQuota(APP, 'open');
  await node.carry(0, 1);

  expect(before).toEqual({ isPaused: true, canReply: 'one' });
  expect(paused).toEqual({ isPaused: true, canReply: 'none', isMuted: true });
  expect(dataSubscription(node)).toEqual(before);
});

test('data is held only when neither video nor audio is left to hold', async () => {
  const node = new GovernedNode(1_000);
  const publisher = await node.joinPublisher('camera');
  await shareData(node, publisher.track('camera'));
  const tick = async (data: number): Promise<void> => {
    node.shard.usage = [{ account: APP, bytes: { ...NOTHING, data }, parts: [] }];
    await node.clock.advance(INTERVAL_MS);
  };

  await tick(260);
  const afterVideo = { isSent: node.flowing.length > 0, data: dataSubscription(node) };
  await tick(600);

  expect(afterVideo).toMatchObject({ isSent: false, data: { isPaused: false } });
  expect(dataSubscription(node)).toMatchObject({ isPaused: true });
});

test('a quota that was used up before there was a session holds for the first one', async () => {
  const node = new GovernedNode(Number.POSITIVE_INFINITY);
  node.sfu.setQuota(APP, 'paused');

  const [outcome] = await Promise.allSettled([node.audience(await node.joinPublisher('camera'), 1)]);

  expect(outcome).toMatchObject({ status: 'rejected', reason: { code: 'quota_exceeded' } });
});

test('audio is held only when there is no video left to hold', async () => {
  const node = new GovernedNode(1_000);
  const publisher = await node.joinPublisher('camera');
  publisher.client.addTransceiver('audio', { direction: 'sendonly', trackId: 'voice' });
  await publisher.offer();
  const viewer = await node.join(new ScriptedClient());
  node.shard.connect(viewer.id);
  await viewer.receive(publisher.track('camera'), publisher.track('voice'));
  const kinds = () => [...node.shard.subscriptions.values()].filter(({ paused }) => !paused).map(({ kind }) => kind);

  await node.carry(900);
  const afterVideo = kinds();
  await node.carry(2_000);

  expect(afterVideo).toEqual(['audio']);
  expect(kinds()).toEqual([]);
});

test('a release that was too much is tried again later and later', async () => {
  const node = new GovernedNode();
  await node.audience(await node.joinPublisher('camera'), 2);
  const holds: number[] = [];
  let wasHeld = false;

  for (let interval = 0; interval < 60; interval++) {
    // Each carries more than its estimate once it is sent alone with the other.
    await node.carry(node.flowing.length === 2 ? 2.1e6 : 1e6);
    const isHeld = node.flowing.length < 2;
    if (isHeld && !wasHeld) holds.push(interval);
    wasHeld = isHeld;
  }

  const gaps = holds.slice(1).map((interval, index) => interval - (holds[index] ?? 0));
  expect(gaps.length).toBeGreaterThan(2);
  expect(gaps).toEqual(gaps.toSorted((one, other) => one - other));
  expect(gaps.at(-1)).toBeGreaterThan(2 * (gaps[0] ?? 0));
});

test('traffic measured for the bound is still reported as usage, once', async () => {
  const node = new GovernedNode();
  await node.audience(await node.joinPublisher('camera'), 2);
  await node.carry(1e6, 2);

  const usage = await node.sfu.takeUsage();

  expect(usage).toEqual([{ appId: APP, bytes: { ...NOTHING, down: 1_000_000 }, parts: [] }]);
  expect(await node.sfu.takeUsage()).toEqual([]);
});

test('a subscription that is held keeps its state for the API', async () => {
  const node = new GovernedNode();
  const [, viewer] = await node.audience(await node.joinPublisher('camera'), 2);
  await node.carry(3e6);

  const details = await node.sfu.describeSession(APP, viewer?.id ?? '');

  expect(node.flowing).toHaveLength(1);
  expect(details.subscriptions).toMatchObject([{ status: 'active', paused: false }]);
});

test('nothing is measured any more when the sessions have ended', async () => {
  const node = new GovernedNode();
  const publisher = await node.joinPublisher('camera');
  await node.audience(publisher, 6);
  await node.carry(1e6);

  await node.sfu.close();
  await node.clock.advance(INTERVAL_MS);

  expect(node.clock.armedTimers).toBe(0);
});
